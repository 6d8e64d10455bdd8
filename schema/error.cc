#include "schema/error.h"

namespace runledger {

std::string_view to_string(Code code) noexcept {
  switch (code) {
    case Code::kInvalidArgument:
      return "invalid_argument";
    case Code::kNotFound:
      return "not_found";
    case Code::kConflict:
      return "conflict";
    case Code::kDeadlineExceeded:
      return "deadline_exceeded";
    case Code::kCancelled:
      return "cancelled";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kExhausted:
      return "exhausted";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kCorruption:
      return "corruption";
    case Code::kIo:
      return "io";
    case Code::kUnknownOutcome:
      return "unknown_outcome";
    case Code::kDenied:
      return "denied";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

}  // namespace runledger
