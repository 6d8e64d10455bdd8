#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/arguments.h"
#include "http/message.h"
#include "http/problem.h"

/// A row of the route table. Arguments are checked against it, the OpenAPI document is made from
/// it. Names and texts are literals.
namespace runledger::http {

/// Who may call.
enum class Access : std::uint8_t { kPublic, kViewer, kAdmin };

enum class BodyKind : std::uint8_t { kNone, kJson, kCsv };

/// A top-level member of a JSON answer.
struct FieldSpec {
  std::string_view name;
  std::string_view type;  ///< JSON Schema type; "string|null" where it may be null.
};

struct ResponseSpec {
  unsigned status = 200;
  std::string_view description;
  std::vector<FieldSpec> fields = {};  ///< Always present in a JSON answer.
  std::string_view content_type = "application/json";
};

/// One call of a handler.
struct Call {
  const Request& request;
  const Arguments& arguments;
  const Principal& principal;
};

/// Blocks until done. Thread-safe: several calls run side by side.
using Handler = std::function<Outcome(const Call& call)>;

struct Route {
  Method method = Method::kGet;
  std::string_view path;  ///< "/api/v1/portfolios/{portfolio}"
  std::string_view operation;
  std::string_view tag;
  std::string_view summary;
  Access access = Access::kViewer;
  std::vector<ParameterSpec> parameters = {};
  BodyKind body = BodyKind::kNone;
  std::size_t body_bytes_max = 0;
  std::vector<FieldSpec> body_fields = {};  ///< Required members of a JSON body.
  /// For browsers: not in the OpenAPI document, and any query is taken, as it is for the page.
  bool is_page = false;
  std::vector<ResponseSpec> responses = {};  ///< Besides those that any call may give.
  Handler handler = {};
};

}  // namespace runledger::http
