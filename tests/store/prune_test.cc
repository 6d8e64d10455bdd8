#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/bundle.h"
#include "store/catalog.h"
#include "store/job_history.h"
#include "store/retention.h"
#include "store/rocks_db.h"
#include "store/run_history.h"
#include "store/verify.h"
#include "tests/store/store_testing.h"

/// Pruning: what goes is archived, what stays is whole, and nothing hangs in between.
namespace runledger::store::testing {
namespace {

using ::testing::HasSubstr;

class PruneLog : public ::testing::Test {
 protected:
  void SetUp() override {
    log_ = open_log(directory_.path() / "store");
    for (AppendRequest& request : whole_history(11, 8, 12)) {
      ASSERT_TRUE(append(*log_, std::move(request)));
    }
  }

  /// Prunes the oldest `runs` runs.
  Result<AppendReceipt> prune(std::size_t runs) {
    const auto rows = list_runs(log_->tables(), {}, std::nullopt, 1000).value().rows;
    RetentionPolicy policy;
    policy.runs_max = static_cast<std::uint32_t>(rows.size() - runs);
    const UtcTime now = at(4'000'000'000);
    RL_TRY_ASSIGN(auto plan, plan_prune(*log_, policy, now));
    EXPECT_TRUE(plan.has_value());
    EXPECT_EQ(plan->runs, runs);
    RL_TRY_ASSIGN(const Archive archive, archive_pruned(*log_, *plan, archives()));
    archive_ = archives() / archive.name;
    return append(*log_, prune_request(*plan, archive, now));
  }

  [[nodiscard]] Status verify() const {
    const auto report = verify_store(
        directory_.path() / "store",
        {.deep = true, .head = {}, .work_directory = directory_.path(), .progress = {}});
    return report ? Status() : std::unexpected(report.error());
  }
  void reopen() {
    log_.reset();
    log_ = open_log(directory_.path() / "store");
    ASSERT_NE(log_, nullptr);
  }
  [[nodiscard]] std::filesystem::path archives() const { return directory_.path() / "archive"; }

  TempDir directory_;
  std::unique_ptr<EventLog> log_;
  std::filesystem::path archive_;
};

TEST_F(PruneLog, LeavesWhatALogHasThatBeginsLater) {
  ASSERT_TRUE(prune(3));
  const Sequence cut = log_->pruned();
  EXPECT_GT(cut, Sequence{0});
  const TableDump kept = dump_tables(*log_);

  // Rebuilt from what is left, everything comes out the same.
  log_.reset();
  {
    RocksLogOptions options;
    options.directory = directory_.path() / "store";
    const auto db = RocksDb::open(options, rocksdb::Env::Default()).value();
    for (const auto& projection : all_projections()) {
      ASSERT_TRUE(
          db->db().Delete({}, db->table(Table::kCheckpoints), to_slice(projection->name())).ok());
    }
  }
  reopen();

  EXPECT_EQ(log_->pruned(), cut);
  TableDump rebuilt = dump_tables(*log_);
  rebuilt.erase("checkpoints");
  TableDump expected = kept;
  expected.erase("checkpoints");
  EXPECT_EQ(rebuilt, expected);
  EXPECT_TRUE(verify());
}

TEST_F(PruneLog, KeepsPortfoliosInputsAndTheirEvents) {
  const auto portfolios = list_portfolios(log_->tables()).value();
  const auto imports = import_sequences(log_->tables(), log_->committed()).value();

  ASSERT_TRUE(prune(4));

  EXPECT_EQ(list_portfolios(log_->tables()).value().size(), portfolios.size());
  for (const Sequence sequence : imports) {
    const auto event = log_->find_event(sequence);
    ASSERT_TRUE(event) << raw(sequence) << ": " << event.error().message;
    EXPECT_EQ(decode_event(*event).value().sequence, sequence);
  }
}

TEST_F(PruneLog, RefusesToReadWhatIsGoneAndReadsTheRest) {
  ASSERT_TRUE(prune(2));

  const auto gone = log_->read(Sequence{0}, {});
  const auto left = log_->read(log_->pruned(), {});

  EXPECT_EQ(gone.error().code, Code::kNotFound);
  EXPECT_THAT(gone.error().message, HasSubstr("have been pruned"));
  EXPECT_EQ(left.value().front().sequence, next(log_->pruned()));
}

TEST_F(PruneLog, ForgetsRunsWithTheirJobsAndResults) {
  const auto before = list_runs(log_->tables(), {}, std::nullopt, 100).value().rows;
  const RunRow oldest = before.back();
  JobFilter filter;
  filter.run = oldest.run;

  ASSERT_TRUE(prune(1));

  EXPECT_EQ(find_run(log_->tables(), oldest.run).error().code, Code::kNotFound);
  EXPECT_EQ(log_->run_range(oldest.run).error().code, Code::kNotFound);
  EXPECT_TRUE(list_jobs(log_->tables(), filter, std::nullopt, 10).value().rows.empty());
  EXPECT_EQ(list_runs(log_->tables(), {}, std::nullopt, 100).value().rows.size(),
            before.size() - 1);
}

TEST_F(PruneLog, ArchivesExactlyWhatGoes) {
  const auto events = read_all(*log_);

  ASSERT_TRUE(prune(3));

  const auto footer = read_bundle(archive_, nullptr);
  ASSERT_TRUE(footer) << footer.error().message;
  EXPECT_EQ(footer->last, log_->pruned());
  EXPECT_EQ(footer->events, raw(log_->pruned()));
  const auto cut = decode_event(log_->find_event(log_->committed()).value()).value();
  const auto& pruned = std::get<LogPruned>(cut.payload);
  EXPECT_EQ(pruned.archive_root, footer->root);
  EXPECT_EQ(pruned.through_hash, footer->last_hash);
  EXPECT_EQ(events[raw(log_->pruned())].previous, footer->last_hash) << "the chain goes on";
}

TEST_F(PruneLog, CutsAfterARejectedRunToo) {
  const auto rows = list_runs(log_->tables(), {}, std::nullopt, 100).value().rows;
  std::size_t rejected = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    rejected = rows[i].status == RunStatus::kRejected ? rows.size() - i : rejected;
  }
  ASSERT_GT(rejected, 0U) << "no run of this history was rejected";

  ASSERT_TRUE(prune(rejected));

  EXPECT_TRUE(verify()) << verify().error().message;
}

TEST_F(PruneLog, CanBeRepeatedAndGoesOn) {
  ASSERT_TRUE(prune(2));
  ASSERT_TRUE(append(*log_, request_of({note(1)})));
  ASSERT_TRUE(prune(2));
  ASSERT_TRUE(verify()) << verify().error().message;
  reopen();
  ASSERT_TRUE(append(*log_, request_of({note(2)})));

  EXPECT_TRUE(verify());
  EXPECT_TRUE(log_->maintenance()->reclaim());
  EXPECT_TRUE(verify());
}

TEST_F(PruneLog, RefusesToCutARun) {
  const auto rows = list_runs(log_->tables(), {}, std::nullopt, 100).value().rows;
  PrunePlan plan;
  plan.through = next(rows.back().first);
  plan.prune.through = plan.through;

  const auto receipt = append(*log_, prune_request(plan, std::nullopt, at(1)));

  EXPECT_EQ(receipt.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(log_->health());
  EXPECT_EQ(log_->pruned(), Sequence{0});
}

TEST_F(PruneLog, NeverTakesTheNewestRunOrAnOpenOne) {
  RetentionPolicy policy;
  policy.age_max = std::chrono::nanoseconds{1};
  const auto runs = list_runs(log_->tables(), {}, std::nullopt, 100).value().rows.size();

  const auto plan = plan_prune(*log_, policy, at(4'000'000'000)).value();

  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->runs, runs - 1);
}

TEST_F(PruneLog, FindsThatWhatWasKeptHasBeenChanged) {
  ASSERT_TRUE(prune(3));
  log_.reset();
  {
    RocksLogOptions options;
    options.directory = directory_.path() / "store";
    const auto db = RocksDb::open(options, rocksdb::Env::Default()).value();
    const std::unique_ptr<rocksdb::Iterator> it(db->db().NewIterator({}, db->table(Table::kBase)));
    it->SeekToFirst();
    ASSERT_TRUE(it->Valid());
    ASSERT_TRUE(db->db().Delete({}, db->table(Table::kBase), it->key()).ok());
  }

  EXPECT_EQ(verify().error().code, Code::kCorruption);
}

TEST_F(PruneLog, TakesAsManyRunsAsTheSizeAsksFor) {
  RetentionPolicy policy;
  policy.bytes_max = log_->bytes_on_disk().value() * 3 / 4;

  const auto plan = plan_prune(*log_, policy, at(1)).value();

  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->reason, "size");
  const auto runs = list_runs(log_->tables(), {}, std::nullopt, 100).value().rows.size();
  EXPECT_GE(plan->runs, 1U);
  EXPECT_LT(plan->runs, runs - 1);
}

}  // namespace
}  // namespace runledger::store::testing
