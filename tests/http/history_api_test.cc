#include <gmock/gmock.h>

#include "http/api.h"
#include "tests/http/api_fixture.h"

/// The calls about history over one run of two portfolios and three trading days.
namespace runledger::http {
namespace {

using nlohmann::json;
using runledger::testing::ApiFixture;
using runledger::testing::json_of;

class HistoryApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    fixture_ = std::make_unique<ApiFixture>();
    fixture_->import_samples(10);
    run_ = fixture_->run_to_end("?start_date=2017-03-10&end_date=2017-03-14");
  }
  static void TearDownTestSuite() { fixture_.reset(); }

  static json get(const std::string& target) { return json_of(fixture_->get("/api/v1/" + target)); }
  static int total(const std::string& query) {
    return get("admin/batch/jobs/status?limit=1&" + query).at("total_jobs").get<int>();
  }
  static int runs(const std::string& query) {
    return get("admin/batch/history?limit=1&" + query).at("total_count").get<int>();
  }

  static inline std::unique_ptr<ApiFixture> fixture_;
  static inline std::string run_;
};

TEST_F(HistoryApiTest, CountsAllJobsThatMatchAndNotThePage) {
  EXPECT_EQ(total("days_back=0"), 63);
  EXPECT_EQ(total("as_of_from=2017-03-13&as_of_to=2017-03-13"), 21);
  EXPECT_EQ(total("as_of_to=2017-03-10&portfolio_id=Alpha"), 10);
  EXPECT_EQ(total("triggered_by=admin@example.com"), 63);
  EXPECT_EQ(total("triggered_by=nobody"), 0);
  EXPECT_EQ(total("error_category=data"), 0);
  EXPECT_EQ(total("from=2017-01-01&run_id=" + run_), 63);
  EXPECT_EQ(total("to=2017-01-01&days_back=0"), 0);
}

TEST_F(HistoryApiTest, ListsTheJobsThatHadEndedAfterAnEvent) {
  const auto jobs = get("admin/batch/jobs/status?limit=1000&run_id=" + run_).at("jobs");
  for (const std::size_t left : {1U, 20U, 63U}) {
    const auto seq = jobs.at(63 - left).at("seq").get<std::uint64_t>();
    const auto until = [&](std::uint64_t event) {
      return total("run_id=" + run_ + "&until=" + std::to_string(event));
    };
    EXPECT_EQ(until(seq), left);
    EXPECT_EQ(until(seq - 1), left - 1);
  }
  EXPECT_EQ(total("until=0"), 0);
  EXPECT_EQ(total("until=18446744073709551615"), 63);
  EXPECT_EQ(fixture_->get("/api/v1/admin/batch/jobs/status?until=-1").status, 400U);
  EXPECT_EQ(fixture_->get("/api/v1/admin/batch/jobs/status?until=5&status=running").status, 422U);
}

TEST_F(HistoryApiTest, BindsACursorToItsFilter) {
  const auto page = get("admin/batch/jobs/status?limit=5&days_back=0");
  const auto cursor = page.at("next_cursor").get<std::string>();

  EXPECT_EQ(get("admin/batch/jobs/status?limit=7&days_back=0&cursor=" + cursor).at("jobs").size(),
            7U);
  EXPECT_EQ(fixture_
                ->get("/api/v1/admin/batch/jobs/status?limit=5&days_back=0&as_of_to=2017-03-14"
                      "&cursor=" +
                      cursor)
                .status,
            400U);
}

TEST_F(HistoryApiTest, FiltersRunsByTimeScopeAndPortfolio) {
  EXPECT_EQ(runs("as_of_from=2017-03-14"), 1);
  EXPECT_EQ(runs("as_of_from=2017-03-15"), 0);
  EXPECT_EQ(runs("portfolio_id=Alpha"), 1);
  EXPECT_EQ(runs("to=2017-03-15&days=0"), 0);
  const auto days = get("admin/batch/history/summary").at("days");
  ASSERT_EQ(days.size(), 1U);
  EXPECT_EQ(days[0].at("runs"), 1);
  EXPECT_TRUE(days[0].at("p95_seconds").is_number());
}

TEST_F(HistoryApiTest, SumsUpByTypeAndBucket) {
  const auto statistics =
      get("admin/batch/jobs/statistics?bucket=month&job_type=stress_testing&portfolio_id=Alpha");

  ASSERT_EQ(statistics.at("job_types").size(), 1U);
  const auto& type = statistics.at("job_types")[0];
  EXPECT_EQ(type.at("total").at("jobs"), 3);
  EXPECT_EQ(type.at("total").at("success_rate"), 100.0);
  EXPECT_GE(type.at("total").at("max_seconds"),
            type.at("total").at("p50_seconds").get<double>() / 1.01);
  ASSERT_EQ(type.at("buckets").size(), 1U);
  EXPECT_EQ(type.at("buckets")[0].at("jobs"), 3);
}

TEST_F(HistoryApiTest, ListsTheSlowestFirstAndNothingFlakyInAGoodRun) {
  const auto jobs = get("admin/batch/jobs/slowest?limit=5").at("jobs");

  ASSERT_EQ(jobs.size(), 5U);
  for (std::size_t i = 1; i < jobs.size(); ++i) {
    EXPECT_GE(jobs[i - 1].at("duration_seconds"), jobs[i].at("duration_seconds"));
  }
  EXPECT_TRUE(get("admin/batch/jobs/flakiest").at("entries").empty());
}

TEST_F(HistoryApiTest, KnowsTheLastSuccessOfEachType) {
  const auto types = get("portfolios/Alpha/last-success").at("job_types");

  ASSERT_EQ(types.size(), 11U);
  EXPECT_EQ(types[1].at("job_type"), "position_values_update");
  // The last to end; the dates of a run are worked on side by side.
  EXPECT_THAT(types[1].at("last_success").at("status").get<std::string>(),
              ::testing::StartsWith("succeeded"));
  EXPECT_EQ(types[1].at("newest_as_of"), "2017-03-14");
  EXPECT_EQ(types[1].at("trading_days_behind"), 0);
  EXPECT_TRUE(types[2].at("last_success").is_null()) << "greeks: there are no options";
  EXPECT_EQ(get("portfolios/Alpha/last-success?job_type=stress_testing").at("job_types").size(),
            1U);
}

TEST_F(HistoryApiTest, ShowsTheCellsOfEachPortfolioAndTradingDay) {
  const auto grid = get("portfolios/freshness?from=2017-03-09&to=2017-03-14&portfolio_id=Beta");

  EXPECT_EQ(grid.at("dates"), json({"2017-03-09", "2017-03-10", "2017-03-13", "2017-03-14"}));
  ASSERT_EQ(grid.at("portfolios").size(), 1U);
  const auto cells = grid.at("cells")[0].get<std::string>();
  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[0], '.');
  EXPECT_THAT(cells.substr(1), ::testing::MatchesRegex("[fw][fw][fw]"));
  EXPECT_EQ(grid.at("portfolios")[0].at("newest_as_of"), "2017-03-14");
  EXPECT_EQ(grid.at("portfolios")[0].at("fresh"), "fresh");
  EXPECT_EQ(grid.at("portfolios")[0].at("coverage"), 0.75);
  EXPECT_EQ(get("portfolios/freshness").at("dates").size(), 250U);
  EXPECT_EQ(get("portfolios/freshness").at("cells").size(), 2U);
}

}  // namespace
}  // namespace runledger::http
