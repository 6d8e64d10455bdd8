#include "http/problem.h"

#include "schema/json_writer.h"

namespace runledger::http {

unsigned status_of(Code code) noexcept {
  switch (code) {
    case Code::kInvalidArgument:
      return 422;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kCancelled:
    case Code::kUnavailable:
    case Code::kUnknownOutcome:
      return 503;
    case Code::kExhausted:
      return 507;
    case Code::kUnsupported:
      return 501;
    case Code::kDenied:
      return 403;
    case Code::kCorruption:
    case Code::kIo:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

Problem::Problem(const Error& error)
    : status(status_of(error.code)), code(runledger::to_string(error.code)), detail(error.message) {
  if (status == 503) {
    headers.push_back({"Retry-After", "2"});
  }
}

std::unexpected<Problem> refuse(unsigned status, std::string_view code, std::string detail) {
  return std::unexpected<Problem>(Problem(status, code, std::move(detail)));
}

Response to_response(const Problem& problem) {
  JsonWriter json;
  json.begin_object();
  json.field("type", "urn:runledger:problem:" + problem.code);
  json.field("title", reason_phrase(problem.status));
  json.field("status", static_cast<std::uint32_t>(problem.status));
  json.field("detail", problem.detail);
  json.field("code", problem.code);
  json.end_object();
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.headers = problem.headers;
  response.body = json.take();
  if (!problem.members.empty()) {
    response.body.pop_back();
    response.body += "," + problem.members + "}";
  }
  return response;
}

}  // namespace runledger::http
