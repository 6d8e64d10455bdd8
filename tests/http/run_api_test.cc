#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <gmock/gmock.h>

#include "http/api.h"
#include "tests/http/api_fixture.h"

namespace runledger::http {
namespace {

using runledger::testing::ApiFixture;
using runledger::testing::json_of;
using ::testing::HasSubstr;

// One run over three days for all tests that only look: they share its store.
class RunApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    fixture_ = std::make_unique<ApiFixture>();
    fixture_->import_samples(10);
    run_ = fixture_->run_to_end("?start_date=2017-03-10&end_date=2017-03-14");
  }
  static void TearDownTestSuite() { fixture_.reset(); }

  static inline std::unique_ptr<ApiFixture> fixture_;
  static inline std::string run_;
};

TEST_F(RunApiTest, ShowsTheRunWithItsSummary) {
  const auto run = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_));

  EXPECT_EQ(run.at("batch_run_id"), run_);
  EXPECT_EQ(run.at("triggered_by"), ApiFixture::kAdmin);
  EXPECT_EQ(run.at("jobs").at("total"), 3 + 2 * 3 * 10);
  EXPECT_EQ(run.at("jobs").at("failed"), 0);
  EXPECT_EQ(run.at("jobs").at("pending"), 0);
  EXPECT_TRUE(run.at("summary").is_object());
  EXPECT_TRUE(run.at("progress").is_null());
  EXPECT_TRUE(run.at("phase_durations").is_object());
  EXPECT_THAT(run.at("status").get<std::string>(), ::testing::StartsWith("completed"));
}

TEST_F(RunApiTest, IsIdleAfterTheRun) {
  const auto current = json_of(fixture_->get("/api/v1/admin/batch/run/current"));

  EXPECT_EQ(current.at("status"), "idle");
  EXPECT_TRUE(current.at("batch_run_id").is_null());
  EXPECT_GT(current.at("as_of_sequence"), 0);
}

TEST_F(RunApiTest, ListsTheRunInHistory) {
  const auto page = json_of(fixture_->get("/api/v1/admin/batch/history?days=1"));
  const auto last = json_of(fixture_->get("/api/v1/admin/batch/last-run"));
  const auto one = json_of(fixture_->get("/api/v1/admin/batch/history/" + run_));
  const auto summary = json_of(fixture_->get("/api/v1/admin/batch/history/summary"));

  EXPECT_EQ(page.at("success"), true);
  ASSERT_EQ(page.at("runs").size(), 1U);
  EXPECT_EQ(page.at("runs")[0].at("batch_run_id"), run_);
  EXPECT_TRUE(page.at("next_cursor").is_null());
  EXPECT_EQ(last.at("last_run").at("batch_run_id"), run_);
  EXPECT_EQ(one.at("batch_run_id"), run_);
  EXPECT_EQ(summary.at("total_runs"), 1);
  EXPECT_EQ(summary.at("success_rate_percent"), 100.0);
  EXPECT_EQ(summary.at("most_recent").at("batch_run_id"), run_);
}

TEST_F(RunApiTest, PagesThroughAllJobsOnce) {
  std::set<std::string> ids;
  std::string cursor;
  int pages = 0;
  do {
    const auto page =
        json_of(fixture_->get("/api/v1/admin/batch/jobs/status?limit=20&run_id=" + run_ +
                              (cursor.empty() ? "" : "&cursor=" + cursor)));
    for (const auto& job : page.at("jobs")) {
      EXPECT_TRUE(ids.insert(job.at("job_id").get<std::string>()).second);
    }
    cursor = page.at("next_cursor").is_null() ? "" : page.at("next_cursor").get<std::string>();
    ++pages;
  } while (!cursor.empty() && pages < 10);

  EXPECT_EQ(ids.size(), 63U);
  EXPECT_EQ(pages, 4);
}

TEST_F(RunApiTest, FiltersJobs) {
  const auto count = [&](const std::string& query) {
    return json_of(fixture_->get("/api/v1/admin/batch/jobs/status?limit=1000&" + query))
        .at("total_jobs")
        .get<int>();
  };

  EXPECT_EQ(count("portfolio_id=Alpha"), 30);
  EXPECT_EQ(count("job_type=stress_testing"), 6);
  EXPECT_EQ(count("job_type=stress_testing&portfolio_id=Beta"), 3);
  EXPECT_EQ(count("status=skipped&job_type=greeks_calculation"), 6);
  EXPECT_EQ(count("status=failed"), 0);
  EXPECT_EQ(count("status=running"), 0);
}

TEST_F(RunApiTest, SumsJobsUpByType) {
  const auto body = json_of(fixture_->get("/api/v1/admin/batch/jobs/summary"));

  EXPECT_EQ(body.at("summary").at("total_jobs"), 63);
  EXPECT_EQ(body.at("summary").at("failed"), 0);
  EXPECT_EQ(body.at("by_job_type").at("market_data_update").at("completed"), 3);
  EXPECT_EQ(body.at("by_job_type").at("greeks_calculation").at("skipped"), 6);
}

TEST_F(RunApiTest, WritesTheActivityOfARun) {
  const auto json = json_of(fixture_->get("/api/v1/admin/batch/history/" + run_ + "/logs"));
  const auto text = fixture_->get("/api/v1/admin/batch/history/" + run_ + "/logs?format=txt");
  const auto count =
      json_of(fixture_->get("/api/v1/admin/batch/history/" + run_ + "/logs?count_only=true"));

  EXPECT_EQ(json.at("log_entry_count"), json.at("activity_log").size());
  EXPECT_EQ(count.at("log_entry_count"), json.at("log_entry_count"));
  EXPECT_FALSE(count.contains("activity_log"));
  EXPECT_EQ(text.content_type, "text/plain; charset=utf-8");
  EXPECT_EQ(text.headers.at(0).value, "attachment; filename=\"" + run_ + "_log.txt\"");
  EXPECT_THAT(text.body, HasSubstr("position_values_update of Alpha as of 2017-03-10: succeeded"));
  EXPECT_THAT(text.body, HasSubstr("run finished: completed"));
}

TEST_F(RunApiTest, PagesTheActivityBySequence) {
  const auto path = "/api/v1/admin/batch/history/" + run_ + "/logs";
  const auto all = json_of(fixture_->get(path)).at("activity_log");
  std::vector<nlohmann::json> paged;
  std::string after = "0";
  while (true) {
    const auto page = json_of(fixture_->get(path + "?limit=7&after=" + after));
    for (const auto& entry : page.at("activity_log")) {
      paged.push_back(entry);
    }
    if (page.at("next_after").is_null()) {
      break;
    }
    after = std::to_string(page.at("next_after").get<std::uint64_t>());
  }

  EXPECT_EQ(nlohmann::json(paged), all);
}

TEST_F(RunApiTest, WritesTheActivityUpToAnEvent) {
  const auto path = "/api/v1/admin/batch/history/" + run_ + "/logs";
  auto all = json_of(fixture_->get(path)).at("activity_log");
  ASSERT_GT(all.size(), 20U);
  const auto until = all.at(19).at("seq").get<std::uint64_t>();
  const auto part = json_of(fixture_->get(path + "?until=" + std::to_string(until)));
  all.erase(all.begin() + 20, all.end());

  EXPECT_EQ(part.at("activity_log"), all);
  EXPECT_TRUE(part.at("next_after").is_null());
  EXPECT_EQ(json_of(fixture_->get(path + "?until=0")).at("log_entry_count"), 0);
}

TEST_F(RunApiTest, GivesResultsAsTheyAreStored) {
  const auto response = fixture_->get("/api/v1/portfolios/Alpha/results");
  const auto body = json_of(response);

  EXPECT_EQ(body.at("portfolio"), "Alpha");
  EXPECT_EQ(body.at("as_of"), "2017-03-14");
  EXPECT_EQ(body.at("run_id"), run_);
  EXPECT_TRUE(body.at("results").contains("market_data_update"));
  EXPECT_EQ(body.at("results").at("greeks_calculation").at("skipped"), "no_options");
  EXPECT_TRUE(body.at("results").at("position_values_update").contains("market_value"));
  const auto hash = body.at("sources").at("position_values_update").at("result_hash");
  const auto stored = fixture_->service().log().blob(store::BlobKind::kResult,
                                                     *parse_digest(hash.get<std::string>()));
  ASSERT_TRUE(stored.has_value());
  EXPECT_THAT(response.body, HasSubstr("\"position_values_update\":" + *stored));
}

TEST_F(RunApiTest, GivesResultsOfADateAndAJob) {
  const auto body = json_of(
      fixture_->get("/api/v1/portfolios/Beta/results?as_of=2017-03-10&job_type=stress_testing"));

  EXPECT_EQ(body.at("as_of"), "2017-03-10");
  EXPECT_EQ(body.at("results").size(), 1U);
  EXPECT_EQ(fixture_->get("/api/v1/portfolios/Beta/results?as_of=2017-03-09").status, 404U);
}

TEST_F(RunApiTest, ListsTheHistoryOfAPortfolio) {
  const auto body = json_of(fixture_->get(
      "/api/v1/portfolios/Alpha/history?limit=5&job_type=portfolio_snapshot&snapshots=2"));

  EXPECT_EQ(body.at("jobs").size(), 3U);
  ASSERT_EQ(body.at("snapshots").size(), 2U);
  EXPECT_EQ(body.at("snapshots")[0].at("as_of"), "2017-03-14");
  EXPECT_TRUE(body.at("snapshots")[0].at("result").is_object());
}

TEST_F(RunApiTest, RebuildsTheStateOfARunAtAnEvent) {
  const auto row = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_));
  const auto at = row.at("first_seq").get<std::uint64_t>() + 2;

  const auto then =
      json_of(fixture_->get("/api/v1/admin/batch/run/" + run_ + "/state?at=" + std::to_string(at)));
  const auto now = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_ + "/state"));

  EXPECT_NE(then.at("status"), now.at("status"));
  EXPECT_EQ(now.at("status"), row.at("status"));
}

TEST_F(RunApiTest, FiltersEvents) {
  const auto events = [&](const std::string& query) {
    return json_of(fixture_->get("/api/v1/events?limit=1000&" + query)).at("events");
  };

  const auto of_job = events("run_id=" + run_ + "&portfolio_id=Alpha&job_type=stress_testing");
  ASSERT_GE(of_job.size(), 6U);
  for (const auto& event : of_job) {
    EXPECT_EQ(event.at("job_type"), "stress_testing");
    EXPECT_EQ(event.at("run_id"), run_);
  }
  const auto finished = events("type=RunFinished&run_id=" + run_);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].at("type"), "RunFinished");
  EXPECT_TRUE(events("type=LogPruned").empty());
  EXPECT_TRUE(events("run_id=01900000-0000-7000-8000-000000000001").empty());
}

TEST_F(RunApiTest, ListsEveryEventOnceInOrder) {
  std::uint64_t after = 0;
  std::uint64_t expected = 1;
  while (true) {
    const auto page =
        json_of(fixture_->get("/api/v1/events?limit=37&after=" + std::to_string(after)));
    for (const auto& event : page.at("events")) {
      ASSERT_EQ(event.at("seq"), expected++);
    }
    if (page.at("next_after") == after) {
      EXPECT_EQ(page.at("committed"), after);
      break;
    }
    after = page.at("next_after").get<std::uint64_t>();
  }
  EXPECT_GT(expected, 63U * 2);
}

TEST_F(RunApiTest, JudgesTheDataOfTheNewestUpdate) {
  const auto body = json_of(fixture_->get("/api/v1/admin/batch/data-quality"));

  EXPECT_EQ(body.at("as_of"), "2017-03-14");
  EXPECT_EQ(body.at("batch_run_id"), run_);
  EXPECT_TRUE(body.at("quality_score").is_number());
  EXPECT_EQ(body.at("status") == "passed", body.at("quality_score").get<double>() >= 0.9);
  EXPECT_TRUE(body.at("coverage_details").contains("symbols_needed"));
}

// Each of these starts runs of its own.
class StartRunApiTest : public ::testing::Test {
 protected:
  StartRunApiTest() { fixture_.import_samples(10); }
  ApiFixture fixture_;
};

TEST_F(StartRunApiTest, RepeatsTheAnswerForTheSameKey) {
  const auto start = [&](const std::string& key, const std::string& query) {
    Request request;
    request.method = Method::kPost;
    request.target = "/api/v1/admin/batch/run" + query;
    request.headers = {{"Authorization", "Bearer " + fixture_.admin_token()},
                       {"Idempotency-Key", key}};
    return fixture_.api().handle(request);
  };
  const auto first = start("nightly 2017-03-10", "?as_of=2017-03-10");
  ASSERT_EQ(first.status, 200U) << first.body;
  const auto repeat = start("nightly 2017-03-10", "?as_of=2017-03-10");
  ASSERT_TRUE(fixture_.service().wait_until_idle(std::chrono::minutes{1}));
  const auto later = start("nightly 2017-03-10", "?as_of=2017-03-10");
  const auto other = start("nightly 2017-03-10", "?as_of=2017-03-09");

  EXPECT_EQ(repeat.status, 200U) << repeat.body;
  EXPECT_EQ(later.status, 200U) << later.body;
  EXPECT_EQ(json_of(first).at("batch_run_id"), json_of(repeat).at("batch_run_id"));
  EXPECT_EQ(json_of(first).at("batch_run_id"), json_of(later).at("batch_run_id"));
  EXPECT_EQ(json_of(first).at("duplicate"), false);
  EXPECT_EQ(json_of(later).at("duplicate"), true);
  EXPECT_EQ(other.status, 422U) << other.body;
  EXPECT_EQ(start("", "").status, 400U);
}

TEST_F(StartRunApiTest, StartsMarketDataAlone) {
  const auto started = fixture_.post("/api/v1/admin/batch/trigger/market-data?as_of=2017-03-10");
  ASSERT_EQ(started.status, 200U) << started.body;
  ASSERT_TRUE(fixture_.service().wait_until_idle(std::chrono::minutes{1}));

  const auto run = json_of(fixture_.get(json_of(started).at("run_url").get<std::string>()));
  EXPECT_EQ(run.at("total_jobs"), 1);
}

TEST_F(StartRunApiTest, StartsCorrelationsOfOnePortfolio) {
  const auto started =
      fixture_.post("/api/v1/admin/batch/trigger/correlations?as_of=2017-03-10&portfolio_id=Alpha");
  ASSERT_EQ(started.status, 200U) << started.body;
  ASSERT_TRUE(fixture_.service().wait_until_idle(std::chrono::minutes{1}));

  const auto jobs =
      json_of(fixture_.get("/api/v1/admin/batch/jobs/status?job_type=position_correlations"));
  EXPECT_EQ(jobs.at("total_jobs"), 1);
}

TEST_F(StartRunApiTest, RefreshesDataThatIsNotGood) {
  EXPECT_EQ(json_of(fixture_.get("/api/v1/admin/batch/data-quality")).at("status"), "no_data");

  const auto refreshed = json_of(fixture_.post("/api/v1/admin/batch/data-quality/refresh"));

  EXPECT_EQ(refreshed.at("status"), "refresh_started");
  EXPECT_TRUE(fixture_.service().wait_until_idle(std::chrono::minutes{1}));
  EXPECT_NE(json_of(fixture_.get("/api/v1/admin/batch/data-quality")).at("status"), "no_data");
}

TEST_F(StartRunApiTest, HasNothingToRetryAfterAGoodRun) {
  const auto run = fixture_.run_to_end("?as_of=2017-03-10");

  const auto retried = fixture_.post("/api/v1/admin/batch/run/" + run + "/retry");

  EXPECT_EQ(retried.status, 409U);
  EXPECT_EQ(json_of(retried).at("code"), "nothing_to_retry");
}

TEST_F(RunApiTest, DrawsTheGridOfARun) {
  const auto grid = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_ + "/grid"));

  EXPECT_EQ(grid.at("run_id"), run_);
  EXPECT_EQ(grid.at("at_seq"), grid.at("last_seq"));
  EXPECT_EQ(grid.at("progress_percent"), 100.0);
  EXPECT_EQ(grid.at("portfolios").size(), 2U);
  EXPECT_EQ(grid.at("dates").size(), 3U);
  EXPECT_EQ(grid.at("job_types").at(0), "market_data_update");
  const auto& jobs = grid.at("jobs");
  const auto letters = jobs.at("status").get<std::string>();
  ASSERT_EQ(letters.size(), 63U);
  EXPECT_EQ(jobs.at("attempts").get<std::string>().size(), 63U);
  EXPECT_EQ(grid.at("counts").at("skipped"), std::ranges::count(letters, 'k'));
  EXPECT_EQ(grid.at("counts").at("completed"),
            std::ranges::count(letters, 's') + std::ranges::count(letters, 'w'));
  // Each cell is the job that the list of jobs shows.
  const auto listed =
      json_of(fixture_->get("/api/v1/admin/batch/jobs/status?limit=1000&run_id=" + run_));
  std::map<std::tuple<std::string, std::string, std::string>, std::string> statuses;
  for (const auto& job : listed.at("jobs")) {
    const auto name = job.at("portfolio_name");
    statuses[{name.is_null() ? "" : name, job.at("as_of"), job.at("job_type")}] = job.at("status");
  }
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const int portfolio = jobs.at("portfolio").at(i);
    const auto status = statuses.at(
        {portfolio < 0 ? ""
                       : grid.at("portfolios").at(static_cast<std::size_t>(portfolio)).at("name"),
         grid.at("dates").at(jobs.at("date").at(i).get<std::size_t>()),
         grid.at("job_types").at(jobs.at("type").at(i).get<std::size_t>())});
    const std::map<char, std::string> words = {
        {'s', "succeeded"}, {'w', "succeeded_with_warnings"}, {'k', "skipped"}};
    EXPECT_EQ(words.at(letters[i]), status) << i;
  }
}

TEST_F(RunApiTest, DrawsARunAsItWasAtAnySequence) {
  const auto end = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_ + "/grid"));
  const auto first = end.at("first_seq").get<std::uint64_t>();
  const auto last = end.at("last_seq").get<std::uint64_t>();
  const auto grid_at = [&](std::uint64_t at) {
    return json_of(
        fixture_->get("/api/v1/admin/batch/run/" + run_ + "/grid?at=" + std::to_string(at)));
  };

  const auto begin = grid_at(first);
  EXPECT_EQ(begin.at("status"), "requested");
  EXPECT_TRUE(begin.at("portfolios").empty());
  EXPECT_EQ(grid_at(1).at("at_seq"), first) << "before its begin a run is shown at its begin";
  EXPECT_EQ(grid_at(last + 1000).at("at_seq"), last);
  double before = 0;
  for (auto at = first; at <= last; at += 7) {
    const auto grid = grid_at(at);
    const auto letters = grid.at("jobs").at("status").get<std::string>();
    EXPECT_EQ(grid.at("counts").at("running"), std::ranges::count(letters, 'r')) << at;
    EXPECT_GE(grid.at("progress_percent").get<double>(), before);
    before = grid.at("progress_percent");
  }
  EXPECT_EQ(fixture_->get("/api/v1/admin/batch/run/" + std::string(36, '0') + "/grid").status,
            404U);
}

TEST_F(RunApiTest, DrawsTheAttemptsInSlotsThatNeverOverlap) {
  const auto line = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_ + "/timeline"));

  const auto& attempts = line.at("attempts");
  const auto letters = attempts.at("outcome").get<std::string>();
  std::map<int, double> free_at;
  ASSERT_EQ(attempts.at("job").size(), letters.size());
  const auto run = json_of(fixture_->get("/api/v1/admin/batch/run/" + run_));
  EXPECT_EQ(letters.size(), 63U - run.at("skipped_jobs").get<std::size_t>());
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const int slot = attempts.at("slot").at(i);
    const double start = attempts.at("start_ms").at(i);
    EXPECT_LT(slot, line.at("slots").get<int>());
    EXPECT_GE(start, free_at[slot] - 0.002) << i;  // Rounded to microseconds.
    free_at[slot] = start + attempts.at("duration_ms").at(i).get<double>();
  }
  EXPECT_TRUE(line.at("retries").empty());
}

}  // namespace
}  // namespace runledger::http
