#pragma once

#include <string>
#include <string_view>

#include "http/report/model.h"

/// A report as bytes. Pure: the same report gives the same bytes. Thread-safe.
namespace runledger::http::report {

/// The model itself; docs/api.md has the names.
[[nodiscard]] std::string to_json(const Report& report);

/// Rows section,name,item,value,unit,reason (RFC 4180). A text that a spreadsheet would take for a
/// formula begins with an apostrophe.
[[nodiscard]] std::string to_csv(const Report& report);

/// Tables for people, as Markdown.
[[nodiscard]] std::string to_markdown(const Report& report);

/// One page that needs nothing else: figures as tables, pictures drawn by its script.
struct HtmlPage {
  std::string html;
  std::string content_security_policy;  ///< For the header; the page carries it as well.
};
[[nodiscard]] HtmlPage to_html(const Report& report);

}  // namespace runledger::http::report
