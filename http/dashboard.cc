#include "http/dashboard.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "http/dashboard_assets.h"
#include "http/message.h"
#include "schema/ids.h"
#include "schema/invariant.h"

namespace runledger::http {
namespace {

constexpr std::size_t kHashDigits = 12;
constexpr int kGzipWindow = 15 + 16;  // The largest window, with gzip's header and trailer.
constexpr int kMemoryLevel = 9;

std::string gzip(std::string_view text) {
  z_stream stream{};
  RL_ASSERT(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                         Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  std::string input(text);
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  RL_ASSERT(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct File {
  std::string_view name;  ///< As the page calls it.
  std::string_view stem;
  std::string_view extension;
  std::string_view content_type;
  std::string_view bytes;
};

Asset make_asset(const File& file) {
  const auto hash = to_string(sha256(file.bytes)).substr(0, kHashDigits);
  Asset asset{"/assets/" + std::string(file.stem) + "." + hash + std::string(file.extension),
              file.content_type, std::string(file.bytes), gzip(file.bytes)};
  if (asset.gzipped.size() >= asset.bytes.size()) {
    asset.gzipped.clear();
  }
  return asset;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// "q=0" and "q=0.000" refuse a coding.
bool is_refused(std::string_view parameters) noexcept {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) {
    return false;
  }
  const auto value = trimmed(parameters.substr(at + 2));
  return value.starts_with('0') && value.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) noexcept {
  while (!accept_encoding.empty()) {
    const auto comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const auto item = accept_encoding.substr(0, comma);
    const auto semicolon = std::min(item.find(';'), item.size());
    if (equals_ignoring_case(trimmed(item.substr(0, semicolon)), "gzip")) {
      return !is_refused(item.substr(semicolon));
    }
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
  }
  return false;
}

Dashboard make_dashboard() {
  const std::array files = {
      File{"/assets/app.js", "app", ".js", "text/javascript; charset=utf-8", kDashboardScript},
      File{"/assets/app.css", "app", ".css", "text/css; charset=utf-8", kDashboardStyle},
      File{"/assets/icon.svg", "icon", ".svg", "image/svg+xml", kDashboardIcon},
  };
  Dashboard dashboard;
  dashboard.page = kDashboardPage;
  for (const auto& file : files) {
    dashboard.assets.push_back(make_asset(file));
    replace_all(dashboard.page, file.name, dashboard.assets.back().path);
  }
  dashboard.content_security_policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
      "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return dashboard;
}

}  // namespace runledger::http
