#include "http/target.h"

#include <algorithm>

#include <boost/url/encode.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url_view.hpp>

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
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    if (lead == 0) {
      return false;
    }
    if (lead < 0x80) {
      ++i;
      continue;
    }
    std::size_t length = 0;
    unsigned char low = 0x80;  // Range of the second byte: no overlong forms, no surrogates.
    unsigned char high = 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF) {
      length = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      length = 3;
      low = lead == 0xE0 ? 0xA0 : 0x80;
      high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4;
      low = lead == 0xF0 ? 0x90 : 0x80;
      high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
      return false;
    }
    if (i + length > text.size() || byte(i + 1) < low || byte(i + 1) > high) {
      return false;
    }
    for (std::size_t k = 2; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) {
        return false;
      }
    }
    i += length;
  }
  return true;
}

std::string percent_encode(std::string_view text) {
  return urls::encode(urls::string_view(text.data(), text.size()), urls::unreserved_chars);
}

}  // namespace runledger::http
