#include "http/message.h"

#include <algorithm>
#include <array>
#include <utility>

namespace runledger::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> kMethods = {{
    {Method::kGet, "GET"},
    {Method::kHead, "HEAD"},
    {Method::kPost, "POST"},
    {Method::kPut, "PUT"},
    {Method::kPatch, "PATCH"},
    {Method::kDelete, "DELETE"},
    {Method::kOptions, "OPTIONS"},
}};

constexpr std::array<std::pair<unsigned, std::string_view>, 26> kPhrases = {{
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
}};

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view to_string(Method method) noexcept {
  for (const auto& [value, name] : kMethods) {
    if (value == method) {
      return name;
    }
  }
  return "?";
}

Method parse_method(std::string_view name) noexcept {
  for (const auto& [value, text] : kMethods) {
    if (text == name) {
      return value;
    }
  }
  return Method::kOther;
}

std::string_view to_string(Role role) noexcept {
  return role == Role::kAdmin ? "admin" : "viewer";
}

std::optional<Role> parse_role(std::string_view name) noexcept {
  if (name == "admin") {
    return Role::kAdmin;
  }
  if (name == "viewer") {
    return Role::kViewer;
  }
  return std::nullopt;
}

const std::string* Request::header(std::string_view name) const noexcept {
  for (const auto& header : headers) {
    if (equals_ignoring_case(header.name, name)) {
      return &header.value;
    }
  }
  return nullptr;
}

std::string_view reason_phrase(unsigned status) noexcept {
  for (const auto& [value, phrase] : kPhrases) {
    if (value == status) {
      return phrase;
    }
  }
  return "Unknown";
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

}  // namespace runledger::http
