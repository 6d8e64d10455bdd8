#include "http/report/assets.h"
#include "http/report/pages.h"
#include "http/report/render.h"

namespace runledger::http::report {
namespace {

// What means something in Markdown or in HTML within it.
std::string escape(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      result += ' ';
      continue;
    }
    if (std::string_view("\\`*_{}[]<>#|~").find(c) != std::string_view::npos) {
      result += '\\';
    }
    result += c;
  }
  return result;
}

}  // namespace

std::string to_markdown(const Report& report) {
  kainjow::mustache::mustache page_template{std::string(kMarkdownTemplate)};
  page_template.set_custom_escape(escape);
  return page_template.render(page_data(report, {.minus = Minus::kHyphen, .columns_max = 0}));
}

}  // namespace runledger::http::report
