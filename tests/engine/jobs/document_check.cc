#include "tests/engine/jobs/document_check.h"

#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "schema/vocabulary.h"
#include "tests/engine/jobs/support.h"

namespace runledger::engine::test {
namespace {

using nlohmann::json;

const std::set<std::string>& reasons() {
  static const std::set<std::string> kReasons = {
      "no_price",  "stale_price",  "short_history", "no_rate",           "no_volatility",
      "no_equity", "no_positions", "no_options",    "not_applicable",    "singular",
      "no_sector", "no_benchmark", "expired",       "dependency_failed", "constant_series"};
  return kReasons;
}

/// Bounds of a number by the name of its member; rounding may pass them by 1e-9.
struct Bound {
  std::string_view name;
  double least;
  double most;
  std::string_view within = {};  ///< Only for paths that contain it.
};
constexpr double kNone = std::numeric_limits<double>::infinity();
constexpr std::array kBounds = {
    Bound{"coverage", 0, 1},
    Bound{"coverage_current", 0, 1},
    Bound{"coverage_history", 0, 1},
    Bound{"coverage_fresh", 0, 1},
    Bound{"series_coverage", 0, 1},
    Bound{"quality_score", 0, 1},
    Bound{"share", 0, 1},
    Bound{"systematic_share", 0, 1},
    Bound{"idiosyncratic_share", 0, 1},
    Bound{"gross_weight", 0, 1},
    Bound{"net_weight", -1, 1},
    Bound{"top_3", 0, 1},
    Bound{"top_10", 0, 1},
    Bound{"hhi", 0, 10000},
    Bound{"vol_percentile", 0, 1},
    Bound{"shrinkage", 0, 1},
    Bound{"r_squared", 0, 1},
    Bound{"har_r_squared", 0, 1},
    Bound{"vol_trend_r_squared", 0, 1},
    Bound{"rho", -1, 1, "/most_"},
    Bound{"overall", 0, 1},
    Bound{"delta", -1, 1, "/options_detail/"},
    Bound{"std_error", 0, kNone},
    Bound{"residual_sd", 0, kNone},
    Bound{"condition_number", 1, kNone},
    Bound{"systematic_variance", 0, kNone},
    Bound{"idiosyncratic_variance", 0, kNone},
    Bound{"total_variance", 0, kNone},
    Bound{"volatility", 0, kNone},
    Bound{"volatility_sample", 0, kNone},
    Bound{"volatility_ewma", 0, kNone},
    Bound{"volatility_shrunk", 0, kNone},
    Bound{"realized_vol_21", 0, kNone},
    Bound{"realized_vol_63", 0, kNone},
    Bound{"expected_vol_21", 0, kNone},
    Bound{"max_drawdown", -kNone, 0},
    Bound{"drawdown", -kNone, 0},
    Bound{"gross_exposure", 0, kNone},
    Bound{"long_exposure", 0, kNone},
    Bound{"short_exposure", -kNone, 0},
    Bound{"delta_gross", 0, kNone},
    Bound{"gross_leverage", 0, kNone},
    Bound{"positions", 0, kNone},
    Bound{"stale_days", 0, kNone},
    Bound{"average_history_days", 0, 252},
};

class Walk {
 public:
  explicit Walk(std::vector<std::string>& faults) : faults_(faults) {}

  void visit(const json& value, const std::string& path) {
    if (value.is_object()) {
      visit_object(value, path);
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string inner = path + "/" + std::to_string(i);
        if (value[i].is_null()) {
          fault(inner, "is null in an array");
        }
        visit(value[i], inner);
      }
    } else if (value.is_number() && !std::isfinite(value.get<double>())) {
      fault(path, "is not finite");
    }
  }

 private:
  void fault(const std::string& path, const std::string& what) {
    faults_.push_back(path + " " + what);
  }

  void visit_object(const json& object, const std::string& path) {
    for (const auto& [key, value] : object.items()) {
      const std::string inner = path + "/" + key;
      if (value.is_null()) {
        check_reason(object, key, inner);
      }
      if (key.ends_with("_reason")) {
        const std::string of = key.substr(0, key.size() - 7);
        if (!object.contains(of) || !object[of].is_null()) {
          fault(inner, "stands beside no null");
        }
      }
      check_bounds(key, value, inner);
      visit(value, inner);
    }
    check_pairs(object, path);
  }

  void check_reason(const json& object, const std::string& key, const std::string& path) {
    const auto reason = object.find(key + "_reason");
    if (reason == object.end()) {
      fault(path, "is null without a reason");
    } else if (!reason->is_string() || !reasons().contains(reason->get<std::string>())) {
      fault(path, "has the reason " + reason->dump());
    }
  }

  void check_bounds(const std::string& key, const json& value, const std::string& path) {
    if (!value.is_number()) {
      return;
    }
    for (const Bound& bound : kBounds) {
      const double slack = 1e-9;
      const double number = value.get<double>();
      if (key == bound.name && path.find(bound.within) != std::string::npos &&
          !(number >= bound.least - slack && number <= bound.most + slack)) {
        fault(path, "is " + value.dump());
      }
    }
  }

  /// `low` <= `high`, if both are there.
  void check_order(const json& object, const std::string& path, const char* low, const char* high) {
    const auto is_number = [&](const char* name) {
      return object.contains(name) && object[name].is_number();
    };
    if (is_number(low) && is_number(high)) {
      const double least = object[low].get<double>();
      const double most = object[high].get<double>();
      if (least > most + 1e-9 * std::max(1.0, std::abs(least))) {
        fault(path + "/" + low, "is above " + std::string(high));
      }
    }
  }

  void check_pairs(const json& object, const std::string& path) {
    check_order(object, path, "var_hist_95", "es_hist_95");
    check_order(object, path, "var_hist_99", "es_hist_99");
    check_order(object, path, "var_hist_95", "var_hist_99");
    check_order(object, path, "var_param_95", "es_param_95");
    check_order(object, path, "var_param_99", "es_param_99");
    check_order(object, path, "max_drawdown", "drawdown");
    check_order(object, path, "top_3", "top_10");
    check_order(object, path, "positions_priced", "positions");
    check_order(object, path, "options_valued", "options");
    check_order(object, path, "symbols_current", "symbols_needed");
    if (object.contains("matrix") && object["matrix"].is_array()) {
      check_matrix(object, path);
    }
  }

  void check_matrix(const json& object, const std::string& path) {
    const json& matrix = object["matrix"];
    if (matrix.size() != object["symbols"].size()) {
      fault(path + "/matrix", "has not a row a symbol");
      return;
    }
    for (std::size_t i = 0; i < matrix.size(); ++i) {
      if (matrix[i].size() != matrix.size() || matrix[i][i] != 1.0) {
        fault(path + "/matrix/" + std::to_string(i), "is no row with a unit diagonal");
        continue;
      }
      for (std::size_t j = 0; j < matrix.size(); ++j) {
        if (!(std::abs(matrix[i][j].get<double>()) <= 1 + 1e-12) || matrix[i][j] != matrix[j][i]) {
          fault(path + "/matrix/" + std::to_string(i) + "/" + std::to_string(j),
                "is " + matrix[i][j].dump());
        }
      }
    }
  }

  std::vector<std::string>& faults_;
};

}  // namespace

std::vector<std::string> find_faults(const json& document, const std::string& name) {
  std::vector<std::string> faults;
  if (!document.is_object()) {
    faults.push_back(name + " is no object");
    return faults;
  }
  Walk(faults).visit(document, name);
  return faults;
}

std::map<std::string, json> run_all_jobs(const Calculation& calculation,
                                         const PortfolioId& portfolio,
                                         Date as_of) {
  std::map<std::string, json> documents;
  for (const JobType type : kAllJobTypes) {
    documents[std::string(to_string(type))] = run_document(calculation, type, portfolio, as_of);
  }
  return documents;
}

std::vector<std::string> faults_of_all_jobs(const Calculation& calculation,
                                            const PortfolioId& portfolio,
                                            Date as_of) {
  std::vector<std::string> faults;
  for (const auto& [name, document] : run_all_jobs(calculation, portfolio, as_of)) {
    const std::vector<std::string> found = find_faults(document, name);
    faults.insert(faults.end(), found.begin(), found.end());
  }
  return faults;
}

}  // namespace runledger::engine::test
