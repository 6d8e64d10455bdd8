#pragma once

#include <kainjow/mustache.hpp>

#include "http/report/format.h"
#include "http/report/model.h"

namespace runledger::http::report {

/// How a renderer for people wants the report laid out.
struct PageStyle {
  Minus minus = Minus::kHyphen;
  std::size_t columns_max = 0;  ///< Wider tables are continued below; 0: never.
};

/// The report as the templates take it: every text is ready, nothing is escaped.
[[nodiscard]] kainjow::mustache::data page_data(const Report& report, const PageStyle& style);

}  // namespace runledger::http::report
