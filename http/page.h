#pragma once

#include <string>

namespace runledger::http {

/// The page at "/": log in, then watch the current run. Self-contained.
struct Page {
  std::string html;
  std::string content_security_policy;  ///< Allows its own style and script by hash, and no more.
};
[[nodiscard]] Page make_page();

}  // namespace runledger::http
