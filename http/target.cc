#include "http/target.h"

#include <algorithm>

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

#include "schema/utf8.h"

namespace runledger::http {
namespace {

namespace urls = boost::urls;

bool acceptable(std::string_view text) noexcept {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
         });
}

}  // namespace

std::expected<Target, Problem> parse_target(std::string_view target) {
  const auto parsed = urls::parse_origin_form(urls::string_view(target.data(), target.size()));
  if (!parsed) {
    return refuse(400, "malformed_target", "the request target is not a path with a query");
  }
  const urls::url_view url = parsed.value();
  Target result;
  for (const auto& segment : url.segments()) {
    result.segments.push_back(segment);
  }
  if (url.encoded_path() == "/") {
    result.segments.clear();
  }
  urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& param : url.encoded_params()) {
    auto key = param.key.decode(options);
    auto value = param.has_value ? param.value.decode(options) : std::string();
    if (!acceptable(key) || !acceptable(value)) {
      return refuse(400, "malformed_target", "the query is not UTF-8 text");
    }
    if (!key.empty()) {
      result.query.emplace_back(std::move(key), std::move(value));
    }
  }
  if (!std::ranges::all_of(result.segments, acceptable)) {
    return refuse(400, "malformed_target", "the path is not UTF-8 text");
  }
  return result;
}

bool is_utf8(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && is_well_formed_utf8(text);
}

std::string percent_encode(std::string_view text) {
  return urls::encode(urls::string_view(text.data(), text.size()), urls::unreserved_chars);
}

}  // namespace runledger::http
