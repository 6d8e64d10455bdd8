#include <cmath>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/support.h"

/// The documents against those of an independent implementation (tests/golden/README.md).
namespace runledger::engine::test {
namespace {

using nlohmann::json;

/// Tolerances of formulas.md section 0.
struct Tolerance {
  double relative = 1e-9;
  double absolute = 1e-9;
};

/// The case holds American puts: values within 1e-4 x strike, delta within 1e-4, the other Greeks
/// within 1e-3; what adds them up with stocks is much closer.
enum class HangsOnAmericanPrices : bool { kNo, kYes };

bool is_ratio(const std::string& name) {
  static const std::set<std::string> kRatios = {"alpha",     "beta",           "beta_raw",
                                                "std_error", "unrealized_pct", "daily_return"};
  return kRatios.contains(name);
}

bool is_greek(const std::string& name) {
  return name.starts_with("gamma") || name.starts_with("vega") || name.starts_with("theta") ||
         name.starts_with("rho");
}

class Comparison {
 public:
  explicit Comparison(HangsOnAmericanPrices american) : american_(american) {}

  void expect_equal(const json& golden, const json& ours, const std::string& path) {
    if (golden.is_object()) {
      expect_object(golden, ours, path);
    } else if (golden.is_array()) {
      ASSERT_TRUE(ours.is_array()) << path;
      ASSERT_EQ(golden.size(), ours.size()) << path;
      for (std::size_t i = 0; i < golden.size(); ++i) {
        expect_equal(golden[i], ours[i], path + "/" + std::to_string(i));
      }
    } else if (golden.is_number()) {
      ASSERT_TRUE(ours.is_number()) << path << " is " << ours.dump() << ", not " << golden.dump();
      expect_near(golden.get<double>(), ours.get<double>(), path);
    } else {
      EXPECT_EQ(golden, ours) << path;
    }
  }

 private:
  void expect_object(const json& golden, const json& ours, const std::string& path) {
    ASSERT_TRUE(ours.is_object()) << path;
    for (const auto& [key, value] : golden.items()) {
      if (key == "t_stat" && golden.contains("std_error") && golden["std_error"].is_number() &&
          golden["std_error"].get<double>() < 1e-12) {
        continue;  // an exact fit: the quotient of rounding errors
      }
      if (!ours.contains(key)) {
        ADD_FAILURE() << path << "/" << key << " is missing";
        continue;
      }
      expect_equal(value, ours[key], path + "/" + key);
    }
  }

  void expect_near(double golden, double ours, const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    Tolerance tolerance;
    if (!is_ratio(name) && std::abs(golden) > 1) {
      tolerance.absolute = 1e-6;  // money
    }
    if (american_ == HangsOnAmericanPrices::kYes) {
      tolerance.relative = is_greek(name) ? 1e-3 : 1e-6;
      tolerance.absolute = name == "delta" ? 1e-4 : (std::abs(golden) > 1 ? 1e-3 : 1e-7);
    }
    const double scale = std::max(std::abs(golden), std::abs(ours));
    EXPECT_LE(std::abs(golden - ours), std::max(tolerance.absolute, tolerance.relative * scale))
        << path << ": " << ours << ", not " << golden;
  }

  HangsOnAmericanPrices american_;
};

HangsOnAmericanPrices hangs_on_american_prices(const GoldenCase& golden) {
  return golden.golden["inputs"].contains("quotes") ? HangsOnAmericanPrices::kYes
                                                    : HangsOnAmericanPrices::kNo;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, DocumentsEqualThoseOfTheIndependentImplementation) {
  const GoldenCase golden = load_golden(GetParam());
  const auto calculation = make_risk_calculation(golden.inputs);

  for (const JobType type : kAllJobTypes) {
    const std::string name(to_string(type));
    ASSERT_TRUE(golden.golden["results"].contains(name));
    const json ours = run_document(*calculation, type, golden.portfolio, golden.as_of);
    Comparison(hangs_on_american_prices(golden))
        .expect_equal(golden.golden["results"][name], ours, name);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases,
                         Golden,
                         testing::Values("balanced", "long_short", "aapl_options"),
                         [](const auto& parameter) { return parameter.param; });

TEST(GoldenSnapshots, EqualFromTheDateOfTheEquityOn) {
  const GoldenCase golden = load_golden("aapl_options");
  const auto calculation = make_risk_calculation(golden.inputs);
  ASSERT_EQ(golden.golden["snapshots"].size(), 2U);

  for (json snapshot : golden.golden["snapshots"]) {
    const auto day = snapshot["as_of"].get<std::string>();
    snapshot.erase("as_of");
    const json ours =
        run_document(*calculation, JobType::kPortfolioSnapshot, golden.portfolio, date(day));
    Comparison(hangs_on_american_prices(golden)).expect_equal(snapshot, ours, day);
  }
}

}  // namespace
}  // namespace runledger::engine::test
