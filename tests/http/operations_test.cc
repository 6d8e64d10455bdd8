#include <gmock/gmock.h>

#include "http/api.h"
#include "tests/http/api_fixture.h"

namespace runledger::http {
namespace {

using runledger::testing::ApiFixture;
using runledger::testing::json_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OperationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fixture_.import_samples(10);
    for (const char* day : {"2017-03-10", "2017-03-13", "2017-03-14"}) {
      runs_.push_back(fixture_.run_to_end(std::string("?as_of=") + day));
    }
  }

  ApiFixture fixture_;
  std::vector<std::string> runs_;
};

TEST_F(OperationsTest, ShowsTheStoreAndThatNothingInItNeedsALook) {
  const auto store = json_of(fixture_.get("/api/v1/admin/store"));

  EXPECT_EQ(store.at("committed"), raw(fixture_.service().log().committed()));
  EXPECT_EQ(store.at("pruned_through"), 0);
  EXPECT_GT(store.at("bytes"), 0);
  EXPECT_GT(store.at("free_bytes"), 0);
  EXPECT_EQ(store.at("seals"), 2);
  EXPECT_THAT(store.at("quarantine"), IsEmpty());
  EXPECT_THAT(store.at("unknown_events"), IsEmpty());
}

TEST_F(OperationsTest, ShowsTheServerItself) {
  const auto system = json_of(fixture_.get("/api/v1/admin/system"));

  EXPECT_EQ(system.at("committed"), raw(fixture_.service().log().committed()));
  EXPECT_EQ(system.at("head_hash").get<std::string>().size(), 64U);
  EXPECT_EQ(system.at("store").at("seals"), 2);
  EXPECT_GT(system.at("compute_threads"), 0);
  EXPECT_THAT(system.at("numerics_profile").get<std::string>(), HasSubstr("x86-64-v3"));
  EXPECT_THAT(system.at("sessions"), IsEmpty());
  for (const auto& projection : system.at("projections")) {
    EXPECT_EQ(projection.at("position"), system.at("committed"));
    EXPECT_EQ(projection.at("lag"), 0);
  }
  fixture_.restart();
  // A clean end saves every state: nothing is folded again but what the start itself appended.
  const auto again = json_of(fixture_.get("/api/v1/admin/system"));
  EXPECT_GT(again.at("epoch"), system.at("epoch"));
  for (const auto& projection : again.at("projections")) {
    EXPECT_LT(projection.at("replayed_at_start"), 10) << projection;
  }
}

TEST_F(OperationsTest, PrunesAndGoesOnWithTheRest) {
  const auto would = json_of(fixture_.post("/api/v1/admin/prune?keep_runs=1&dry_run=true"));
  EXPECT_EQ(would.at("pruned"), false);
  EXPECT_EQ(would.at("runs"), 2);

  const auto done = json_of(fixture_.post("/api/v1/admin/prune?keep_runs=1"));

  EXPECT_EQ(done.at("pruned"), true);
  EXPECT_THAT(done.at("archive").get<std::string>(), HasSubstr("events-"));
  const auto through = done.at("through_seq").get<std::uint64_t>();
  const auto events = json_of(fixture_.get("/api/v1/events?after=0&limit=1"));
  EXPECT_EQ(events.at("events")[0].at("seq"), through + 1);
  EXPECT_EQ(events.at("pruned_through"), through);
  EXPECT_EQ(fixture_.get("/api/v1/admin/batch/run/" + runs_[0]).status, 404U);
  EXPECT_EQ(fixture_.get("/api/v1/admin/batch/run/" + runs_[2]).status, 200U);
  EXPECT_EQ(json_of(fixture_.get("/api/v1/admin/batch/history")).at("runs").size(), 1U);
  fixture_.restart();
  EXPECT_THAT(fixture_.run_to_end("?as_of=2017-03-10"), ::testing::Not(IsEmpty()));
}

TEST_F(OperationsTest, SaysThatThereIsNothingToPrune) {
  const auto done = json_of(fixture_.post("/api/v1/admin/prune?keep_days=400"));

  EXPECT_EQ(done.at("pruned"), false);
  EXPECT_EQ(done.at("runs"), 0);
  EXPECT_TRUE(done.at("through_seq").is_null());
}

TEST_F(OperationsTest, MakesABackupWhileItRuns) {
  const auto first = fixture_.post("/api/v1/admin/backups");
  ASSERT_EQ(first.status, 201U) << first.body;
  const auto second = json_of(fixture_.post("/api/v1/admin/backups"));

  EXPECT_EQ(json_of(first).at("backup"), 1);
  EXPECT_EQ(second.at("backup"), 2);
  EXPECT_EQ(second.at("committed"), raw(fixture_.service().log().committed()));
}

TEST_F(OperationsTest, RefusesWhatItCannotDo) {
  EXPECT_EQ(fixture_.post("/api/v1/admin/prune").status, 422U);
  EXPECT_EQ(fixture_.post("/api/v1/admin/prune?keep_runs=-1").status, 400U);
  const auto& viewer = fixture_.viewer_token();
  EXPECT_EQ(fixture_.send(Method::kPost, "/api/v1/admin/prune?keep_runs=1", viewer).status, 403U);
  EXPECT_EQ(fixture_.send(Method::kPost, "/api/v1/admin/backups", viewer).status, 403U);
  EXPECT_EQ(fixture_.send(Method::kGet, "/api/v1/admin/store", viewer).status, 200U);
}

}  // namespace
}  // namespace runledger::http
