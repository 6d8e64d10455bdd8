#include "http/report/model.h"

namespace runledger::http::report {

std::string_view to_string(Unit unit) noexcept {
  switch (unit) {
    case Unit::kText:
      return "text";
    case Unit::kMoney:
      return "money";
    case Unit::kPrice:
      return "price";
    case Unit::kRatio:
      return "ratio";
    case Unit::kRateChange:
      return "rate_change";
    case Unit::kNumber:
      return "number";
    case Unit::kCount:
      return "count";
    case Unit::kDays:
      return "days";
    case Unit::kDate:
      return "date";
    case Unit::kMoneySquared:
      return "money_squared";
    case Unit::kCode:
      return "code";
  }
  return "text";
}

std::string_view to_string(ChartKind kind) noexcept {
  switch (kind) {
    case ChartKind::kWaterfall:
      return "waterfall";
    case ChartKind::kBars:
      return "bars";
    case ChartKind::kIntervals:
      return "intervals";
    case ChartKind::kLines:
      return "lines";
    case ChartKind::kHeatmap:
      return "heatmap";
  }
  return "bars";
}

}  // namespace runledger::http::report
