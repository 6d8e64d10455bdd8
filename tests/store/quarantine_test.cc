#include "store/quarantine.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/json_writer.h"
#include "store/event_chain.h"
#include "store/job_history.h"
#include "store/keys.h"
#include "store/memory_event_log.h"
#include "store/projections.h"
#include "store/rocks_db.h"
#include "store/unknown_events.h"
#include "store/verify.h"
#include "tests/store/store_testing.h"

/// Poison and drift: what cannot be applied or is not known stops nothing and is not forgotten.
namespace runledger::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Counts notes, and cannot take some of them.
class Picky final : public Projection {
 public:
  explicit Picky(std::uint32_t version) : version_(version) {}
  [[nodiscard]] std::string_view name() const noexcept override { return "picky"; }
  [[nodiscard]] std::uint32_t version() const noexcept override { return version_; }
  [[nodiscard]] std::vector<Table> tables() const override { return {}; }
  [[nodiscard]] Status apply(const Event& event, TableBatch&) override {
    const auto* note = std::get_if<AccessGranted>(&event.payload);
    if (note != nullptr && version_ == 1 && note->what == "3") {
      return fail(Code::kCorruption, "three is too many");
    }
    if (note != nullptr && version_ == 1 && note->what == "5") {
      throw std::out_of_range("no room for five");
    }
    ++count_;
    return {};
  }
  [[nodiscard]] std::string save() const override { return std::to_string(count_); }
  [[nodiscard]] Status load(std::string_view bytes) override {
    count_ = std::stoi(std::string(bytes));
    return {};
  }
  void reset() override { count_ = 0; }
  [[nodiscard]] Retention retention() const noexcept override { return Retention::kForgets; }

 private:
  std::uint32_t version_;
  int count_ = 0;
};

Projections with_picky(std::uint32_t version) {
  Projections projections = make_projections();
  projections.push_back(std::make_unique<Picky>(version));
  return projections;
}

std::unique_ptr<EventLog> open_picky(const std::filesystem::path& directory,
                                     std::uint32_t version) {
  RocksLogOptions options;
  options.directory = directory;
  auto log = open_rocks_event_log(options, with_picky(version));
  EXPECT_TRUE(log) << log.error().message;
  return log ? std::move(*log) : nullptr;
}

TEST(Quarantine, TakesWhatCannotBeAppliedAndLetsTheRestGoOn) {
  TempDir directory;
  const auto log = open_picky(directory.path(), 1);
  for (std::uint64_t i = 1; i <= 6; ++i) {
    ASSERT_TRUE(append(*log, request_of({note(i)})));
  }

  const auto quarantine = list_quarantine(log->tables()).value();

  EXPECT_TRUE(log->health());
  EXPECT_EQ(log->committed(), Sequence{6});
  EXPECT_THAT(read_all(*log), SizeIs(6)) << "the events are in the log all the same";
  ASSERT_THAT(quarantine, SizeIs(2));
  EXPECT_EQ(quarantine[0].projection, "picky");
  EXPECT_EQ(quarantine[0].sequence, Sequence{3});
  EXPECT_EQ(quarantine[0].reason, "three is too many");
  EXPECT_EQ(quarantine[1].sequence, Sequence{5});
  EXPECT_EQ(quarantine[1].reason, "no room for five");
}

TEST(Quarantine, IsTheSameAfterARebuildAndEmptyOnceTheProjectionIsMended) {
  TempDir directory;
  {
    const auto log = open_picky(directory.path(), 1);
    for (std::uint64_t i = 1; i <= 6; ++i) {
      ASSERT_TRUE(append(*log, request_of({note(i)})));
    }
  }
  {
    RocksLogOptions options;
    options.directory = directory.path();
    const auto db = RocksDb::open(options, rocksdb::Env::Default()).value();
    ASSERT_TRUE(db->db().Delete({}, db->table(Table::kCheckpoints), "picky").ok());
  }
  EXPECT_THAT(list_quarantine(open_picky(directory.path(), 1)->tables()).value(), SizeIs(2));

  const auto mended = open_picky(directory.path(), 2);

  EXPECT_THAT(list_quarantine(mended->tables()).value(), IsEmpty());
}

TEST(Quarantine, TakesAnOutcomeOfAJobThatHasNotBegun) {
  const auto log = make_memory_event_log(make_projections());
  JobSucceeded succeeded;
  succeeded.job = {7, JobType::kStressTesting, portfolio_id(1), day(1)};

  ASSERT_TRUE(append(*log, request_of({NewEvent{at(1), run_id(1), {}, succeeded}})));

  const auto quarantine = list_quarantine(log->tables()).value();
  ASSERT_THAT(quarantine, SizeIs(1));
  EXPECT_EQ(quarantine[0].projection, "job_history");
  EXPECT_THAT(quarantine[0].reason, HasSubstr("job 7"));
  EXPECT_THAT(list_jobs(log->tables(), {}, std::nullopt, 10).value().rows, IsEmpty());
}

/// Adds an event of a kind that this version does not know, as a newer one would have.
void add_newer_event(const std::filesystem::path& directory) {
  RocksLogOptions options;
  options.directory = directory;
  const auto db = RocksDb::open(options, rocksdb::Env::Default()).value();
  rocksdb::ColumnFamilyHandle* const meta = db->table(Table::kMeta);
  const LogHead head = decode_head(db->get(meta, kHeadKey, nullptr).value().value()).value();
  EventEncoder encoder;
  // Of the bytes of a JobCancelled, which has no offsets of its own, the one that says its kind.
  const Event event{.sequence = next(head.sequence),
                    .time = at(9),
                    .run = {},
                    .causation = {},
                    .previous = head.hash,
                    .payload = JobCancelled{}};
  const std::string known(encoder.encode(event));
  for (std::size_t i = 0; i < known.size(); ++i) {
    std::string bytes = known;
    bytes[i] = static_cast<char>(200);
    const auto decoded = decode_event(EventBytes(bytes));
    if (known[i] != 15 || !decoded || !std::holds_alternative<UnknownPayload>(decoded->payload)) {
      continue;
    }
    std::string record;
    write_record(bytes, record);
    ASSERT_TRUE(db->db().Put({}, db->events(), sequence_key(event.sequence), record).ok());
    const LogHead newer{.sequence = event.sequence, .hash = event_hash(bytes)};
    ASSERT_TRUE(db->db().Put({}, meta, to_slice(kHeadKey), encode_head(newer)).ok());
    return;
  }
  FAIL() << "no byte says the kind";
}

TEST(UnknownEvents, OfANewerVersionAreKeptCountedAndGoneOnAfter) {
  TempDir directory;
  ASSERT_TRUE(append(*open_log(directory.path()), request_of({note(1)})));
  add_newer_event(directory.path());

  const auto log = open_log(directory.path());
  ASSERT_TRUE(append(*log, request_of({note(2)})));

  EXPECT_THAT(count_unknown_events(log->tables()).value(), ElementsAre(std::pair(200, 1)));
  EXPECT_THAT(read_all(*log), SizeIs(3));
  EXPECT_THAT(event_to_json(read_all(*log)[1]), HasSubstr("\"payload_type\":200"));
  const auto report =
      verify_store(directory.path(),
                   {.deep = true, .head = {}, .work_directory = directory.path(), .progress = {}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->unknown_events, 1U);
}

}  // namespace
}  // namespace runledger::store::testing
