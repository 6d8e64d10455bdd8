#include <fmt/format.h>

#include "http/report/assets.h"
#include "http/report/pages.h"
#include "http/report/render.h"
#include "http/source_hash.h"

namespace runledger::http::report {
namespace {

constexpr std::size_t kColumnsMax = 13;  // That fit on paper.

// JSON within <script>: "<" could end it.
std::string without_tags(const std::string& json) {
  std::string text;
  text.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

HtmlPage to_html(const Report& report) {
  HtmlPage page;
  const auto policy = fmt::format(
      "default-src 'none'; style-src {0}; script-src {1}; "
      "img-src data:; base-uri 'none'; form-action 'none'",
      source_hash(kPageStyle), source_hash(kPageScript));
  page.content_security_policy = policy + "; frame-ancestors 'none'";
  auto data = page_data(report, {.minus = Minus::kTypographic, .columns_max = kColumnsMax});
  data.set("policy", policy);
  data.set("style", std::string(kPageStyle));
  data.set("script", std::string(kPageScript));
  data.set("model", without_tags(to_json(report)));
  kainjow::mustache::mustache page_template{std::string(kPageTemplate)};
  page.html = page_template.render(data);
  return page;
}

}  // namespace runledger::http::report
