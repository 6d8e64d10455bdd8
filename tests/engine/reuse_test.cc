#include <map>

#include <gtest/gtest.h>

#include "engine/service.h"
#include "store/job_history.h"
#include "store/run_history.h"
#include "tests/engine/inputs/import_testing.h"
#include "tests/support/temporary_directory.h"

/// A run takes over what an earlier one computed from the same inputs, and nothing else.
namespace runledger::engine {
namespace {

class Reuse : public ::testing::Test {
 protected:
  Reuse() { open(); }

  void SetUp() override {
    for (const auto& [kind, file] :
         {std::pair{InputKind::kPrices, "prices.csv"}, std::pair{InputKind::kRates, "rates.csv"},
          std::pair{InputKind::kSectors, "sectors.csv"}}) {
      ASSERT_TRUE(
          service_->import_input(kind, file, file_of_repository(std::string("data/") + file)));
    }
    for (const char* name : {"balanced", "tech_growth"}) {
      ASSERT_TRUE(service_->import_portfolio(
          {.id = {},
           .name = name,
           .file_name = "p.csv",
           .bytes = file_of_repository("data/portfolios/" + std::string(name) + ".csv"),
           .equity = 1e6,
           .equity_date = date("2017-10-02")}));
    }
  }

  void open() {
    service_.reset();
    ServiceOptions options;
    options.data_directory = directory_.path();
    auto opened = open_service(options, clock_);
    ASSERT_TRUE(opened) << opened.error().message;
    service_ = std::move(*opened);
  }

  store::RunRow run(StartRunRequest request = {}) {
    request.from = date("2017-10-30");
    request.to = date("2017-11-02");
    const auto started = service_->start_run(request, std::nullopt);
    EXPECT_TRUE(started) << started.error().message;
    EXPECT_TRUE(service_->wait_until_idle(std::chrono::minutes{2}));
    return store::find_run(service_->log().tables(), started->run).value();
  }

  /// Result hash of each job that succeeded in a run.
  std::map<std::uint32_t, Digest> results_of(const RunId& run) {
    store::JobFilter filter;
    filter.run = run;
    const auto page = store::list_jobs(service_->log().tables(), filter, std::nullopt, 10000);
    std::map<std::uint32_t, Digest> results;
    for (const auto& row : page->rows) {
      if (!row.result_hash.is_nil()) {
        results.emplace(row.job.index, row.result_hash);
      }
    }
    return results;
  }

  testing::TemporaryDirectory directory_;
  SystemClock clock_;
  std::unique_ptr<Service> service_;
};

TEST_F(Reuse, ASecondRunOnTheSameInputsComputesNothing) {
  const auto first = run();
  ASSERT_EQ(first.summary->reused, 0U);

  open();
  const auto second = run();

  EXPECT_EQ(second.summary->reused, second.summary->succeeded);
  EXPECT_EQ(second.summary->succeeded, first.summary->succeeded);
  EXPECT_EQ(second.summary->records, first.summary->records);
  EXPECT_EQ(second.status, first.status);
  EXPECT_EQ(results_of(second.run), results_of(first.run));
}

TEST_F(Reuse, NamesTheJobThatComputedTheResult) {
  const auto first = run();
  run();
  const auto third = run();

  store::JobFilter filter;
  filter.run = third.run;
  const auto page = store::list_jobs(service_->log().tables(), filter, std::nullopt, 1000);
  for (const auto& row : page->rows) {
    if (row.status != JobStatus::kSkipped) {
      ASSERT_TRUE(row.reused_from);
      EXPECT_LE(*row.reused_from, first.last) << "the second run computed nothing";
      EXPECT_GT(*row.reused_from, first.first);
    }
  }
}

TEST_F(Reuse, ARunThatIsToRecalculateComputesEverything) {
  const auto first = run();
  StartRunRequest request;
  request.recalculate = true;
  const auto second = run(request);

  EXPECT_EQ(second.summary->reused, 0U);
  EXPECT_EQ(results_of(second.run), results_of(first.run));
}

TEST_F(Reuse, ALaterPriceChangesNothingAndAnEarlierOneOnlyWhatDependsOnIt) {
  run();
  const std::string header = "symbol,date,open,high,low,close,volume\n";
  ASSERT_TRUE(service_->import_input(InputKind::kPrices, "later.csv",
                                     header + "NVDA,2017-11-10,200,210,190,205.5,1000\n"));
  const auto after_later = run();
  EXPECT_EQ(after_later.summary->reused, after_later.summary->succeeded);

  // NVDA is held by one of the two portfolios and is no factor.
  ASSERT_TRUE(service_->import_input(InputKind::kPrices, "fix.csv",
                                     header + "NVDA,2017-11-01,200,210,190,205.5,1000\n"));
  const auto after_fix = run();
  EXPECT_GT(after_fix.summary->reused, 0U);
  EXPECT_LT(after_fix.summary->reused, after_fix.summary->succeeded);
  store::JobFilter filter;
  filter.run = after_fix.run;
  const auto page = store::list_jobs(service_->log().tables(), filter, std::nullopt, 1000);
  for (const auto& row : page->rows) {
    if (row.job.as_of < date("2017-11-01") && row.status != JobStatus::kSkipped) {
      EXPECT_TRUE(row.reused_from) << to_string(row.job.type) << " " << format_date(row.job.as_of);
    }
  }
}

TEST_F(Reuse, ChangedParametersAreComputedAnew) {
  run();
  ASSERT_TRUE(service_->import_input(InputKind::kParameters, "parameters.csv",
                                     "parameter,value\newma_decay,0.97\n"));
  EXPECT_EQ(run().summary->reused, 0U);
}

}  // namespace
}  // namespace runledger::engine
