#pragma once

#include <string_view>

/// Files of http/report/templates and what http/web is bundled to, embedded by the build.
namespace runledger::http::report {

extern const std::string_view kPageTemplate;
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;
extern const std::string_view kMarkdownTemplate;

}  // namespace runledger::http::report
