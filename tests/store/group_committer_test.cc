#include "store/group_committer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/checkpoint.h"
#include "store/memory_event_log.h"
#include "tests/store/store_testing.h"

namespace runledger::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Counts what is written; fails when told to.
class FakeStore final : public GroupStore {
 public:
  struct Group {
    std::vector<std::uint64_t> events;
    std::vector<std::string> checkpoints;
    std::size_t bytes = 0;
  };

  [[nodiscard]] Result<std::optional<std::string>> get(Table table,
                                                       std::string_view key) const override {
    if (unreadable == table) {
      return fail(Code::kIo, "unreadable");
    }
    const auto found = rows_.find({table, std::string(key)});
    return found == rows_.end() ? std::nullopt : std::optional(found->second);
  }
  void put_event(Sequence sequence, std::string_view record) override {
    group_.events.push_back(raw(sequence));
    group_.bytes += record.size();
  }
  void put_blob(const Blob& blob) override { group_.bytes += blob.packed->size(); }
  void put(Table table, std::string_view key, std::string_view value) override {
    if (table == Table::kCheckpoints) {
      group_.checkpoints.emplace_back(key);
    }
    pending_[{table, std::string(key)}] = value;
  }
  void erase(Table, std::string_view) override {}
  void erase_blob(BlobKind, const Digest&) override {}
  void erase_events(Sequence, Sequence) override {}
  void witness(const LogHead&) override {}
  [[nodiscard]] const TableReader& rows() const noexcept override { return empty_->tables(); }
  [[nodiscard]] Result<std::string> event_record(Sequence) const override {
    return fail(Code::kNotFound, "not here");
  }
  [[nodiscard]] Status commit() override {
    if (broken) {
      return fail(Code::kIo, "broken");
    }
    rows_.insert(pending_.begin(), pending_.end());
    for (auto& [key, value] : pending_) {
      rows_[key] = value;
    }
    pending_.clear();
    groups.push_back(std::exchange(group_, {}));
    return {};
  }
  void publish(Sequence committed, Sequence) override { published = committed; }

  bool broken = false;
  std::optional<Table> unreadable;
  Sequence published{};
  std::vector<Group> groups;

 private:
  std::map<std::pair<Table, std::string>, std::string> rows_;
  std::map<std::pair<Table, std::string>, std::string> pending_;
  Group group_;
  std::unique_ptr<EventLog> empty_ = make_memory_event_log({});
};

class GroupCommitterTest : public ::testing::Test {
 protected:
  GroupCommitter make(AppenderLimits limits = {}) {
    return GroupCommitter({.store = store_,
                           .projections = projections_,
                           .listeners = listeners_,
                           .observer = {},
                           .store_id = StoreId{run_id(1).uuid},
                           .limits = limits},
                          LogHead{});
  }

  PendingAppend pending(AppendRequest request) {
    const std::size_t index = answers_.size();
    answers_.emplace_back();
    return {std::move(request),
            [this, index](Result<AppendReceipt> result) { answers_[index] = std::move(result); }};
  }

  std::vector<std::size_t> group_sizes() const {
    std::vector<std::size_t> sizes;
    for (const auto& group : store_.groups) {
      sizes.push_back(group.events.size());
    }
    return sizes;
  }

  FakeStore store_;
  Projections projections_ = all_projections();
  CommitListeners listeners_;
  std::vector<std::optional<Result<AppendReceipt>>> answers_;
};

TEST_F(GroupCommitterTest, WritesAllThatItWasGivenOnce) {
  GroupCommitter committer = make();
  ASSERT_TRUE(committer.add(pending(request_of({note(1), note(2)}))));
  ASSERT_TRUE(committer.add(pending(request_of({note(3)}))));
  EXPECT_FALSE(answers_[0].has_value());

  ASSERT_TRUE(committer.commit());

  EXPECT_THAT(group_sizes(), ElementsAre(3));
  EXPECT_EQ(store_.published, Sequence{3});
  EXPECT_EQ(answers_[1]->value().first, Sequence{3});
}

TEST_F(GroupCommitterTest, NeverPutsMoreEventsInAGroupThanAllowed) {
  GroupCommitter committer = make({.group_events_max = 4});
  for (const std::size_t events : {2U, 2U, 1U, 3U, 1U}) {
    ASSERT_TRUE(committer.add(
        pending(request_of(std::vector<NewEvent>(events, job_event(run_id(1), 1, 1))))));
  }
  ASSERT_TRUE(committer.commit());

  EXPECT_THAT(group_sizes(), ElementsAre(4, 4, 1));
  EXPECT_EQ(answers_[4]->value().last, Sequence{9});
}

TEST_F(GroupCommitterTest, CommitsARequestLargerThanAGroupByItself) {
  GroupCommitter committer = make({.group_events_max = 2});
  ASSERT_TRUE(committer.add(pending(request_of({note(1)}))));
  ASSERT_TRUE(committer.add(pending(request_of({note(2), note(3), note(4)}))));
  ASSERT_TRUE(committer.add(pending(request_of({note(5)}))));
  ASSERT_TRUE(committer.commit());

  EXPECT_THAT(group_sizes(), ElementsAre(1, 3, 1));
}

TEST_F(GroupCommitterTest, NeverPutsMoreBytesInAGroupThanAllowed) {
  const auto with_blob = [](std::size_t bytes) {
    AppendRequest request = request_of({note(1)});
    request.blobs.push_back(
        {BlobKind::kResult, Digest{}, std::make_shared<const std::string>(bytes, 'b')});
    return request;
  };
  GroupCommitter measure = make();
  ASSERT_TRUE(measure.add(pending(with_blob(1000))));
  ASSERT_TRUE(measure.commit());
  const std::size_t one = store_.groups.back().bytes;
  store_.groups.clear();

  GroupCommitter exact = make({.group_bytes_max = 2 * one});
  ASSERT_TRUE(exact.add(pending(with_blob(1000))));
  ASSERT_TRUE(exact.add(pending(with_blob(1000))));
  ASSERT_TRUE(exact.add(pending(with_blob(1000))));
  ASSERT_TRUE(exact.commit());
  GroupCommitter tight = make({.group_bytes_max = 2 * one - 1});
  ASSERT_TRUE(tight.add(pending(with_blob(1000))));
  ASSERT_TRUE(tight.add(pending(with_blob(1000))));
  ASSERT_TRUE(tight.commit());

  EXPECT_THAT(group_sizes(), ElementsAre(2, 1, 1, 1));
}

TEST_F(GroupCommitterTest, AnswersARepeatInTheSameGroup) {
  GroupCommitter committer = make();
  const auto command = [](const std::string& content) {
    AppendRequest request = request_of({note(1)});
    request.command = CommandKey{command_id(1), sha256(content)};
    return request;
  };
  ASSERT_TRUE(committer.add(pending(command("a"))));
  ASSERT_TRUE(committer.add(pending(command("a"))));
  ASSERT_TRUE(committer.add(pending(command("b"))));
  ASSERT_TRUE(committer.add(pending(request_of({note(2)}))));
  EXPECT_FALSE(answers_[1].has_value()) << "answered before it is durable";

  ASSERT_TRUE(committer.commit());

  EXPECT_THAT(group_sizes(), ElementsAre(2));
  EXPECT_FALSE(answers_[0]->value().duplicate);
  EXPECT_TRUE(answers_[1]->value().duplicate);
  EXPECT_EQ(answers_[1]->value().first, Sequence{1});
  EXPECT_EQ(answers_[2]->error().code, Code::kInvalidArgument);
  EXPECT_EQ(answers_[3]->value().first, Sequence{2});
}

TEST_F(GroupCommitterTest, WritesNothingForAGroupOfRepeats) {
  GroupCommitter committer = make();
  AppendRequest request = request_of({note(1)});
  request.command = CommandKey{command_id(1), sha256("a")};
  AppendRequest repeat = request_of({note(1)});
  repeat.command = request.command;
  ASSERT_TRUE(committer.add(pending(std::move(request))));
  ASSERT_TRUE(committer.commit());

  ASSERT_TRUE(committer.add(pending(std::move(repeat))));
  ASSERT_TRUE(committer.commit());

  EXPECT_THAT(group_sizes(), ElementsAre(1));
  EXPECT_TRUE(answers_[1]->value().duplicate);
}

TEST_F(GroupCommitterTest, AnswersUnknownToWhatHangsOnAFailedWriteOnly) {
  GroupCommitter committer = make();
  AppendRequest known = request_of({note(1)});
  known.command = CommandKey{command_id(1), sha256("a")};
  AppendRequest again = request_of({note(1)});
  again.command = known.command;
  AppendRequest other = request_of({note(1)});
  other.command = CommandKey{command_id(1), sha256("b")};
  ASSERT_TRUE(committer.add(pending(std::move(known))));
  ASSERT_TRUE(committer.commit());
  std::vector<std::string> order;
  committer.on_failure([&](const Error&) {
    order.push_back(answers_[1].has_value() ? "answered first" : "told first");
  });

  store_.broken = true;
  ASSERT_TRUE(committer.add(pending(request_of({note(2)}))));
  ASSERT_TRUE(committer.add(pending(std::move(again))));
  ASSERT_TRUE(committer.add(pending(std::move(other))));
  const Status status = committer.commit();

  EXPECT_EQ(status.error().code, Code::kIo);
  EXPECT_EQ(answers_[1]->error().code, Code::kUnknownOutcome);
  EXPECT_TRUE(answers_[2]->value().duplicate);
  EXPECT_EQ(answers_[3]->error().code, Code::kInvalidArgument);
  EXPECT_EQ(store_.published, Sequence{1});
  EXPECT_THAT(order, ElementsAre("told first"));
}

TEST_F(GroupCommitterTest, AnswersUnavailableToTheRequestThatFoundTheGroupFull) {
  GroupCommitter committer = make({.group_events_max = 1});
  store_.broken = true;
  ASSERT_TRUE(committer.add(pending(request_of({note(1)}))));

  EXPECT_FALSE(committer.add(pending(request_of({note(2)}))));

  EXPECT_EQ(answers_[0]->error().code, Code::kUnknownOutcome);
  EXPECT_EQ(answers_[1]->error().code, Code::kUnavailable);
}

// What comes behind may rest on it: a cancellation of a run whose request was refused.
TEST_F(GroupCommitterTest, StopsWhenItCannotReadWhatARequestNeeds) {
  for (const Table table : {Table::kCommands, Table::kRunIndex}) {
    SCOPED_TRACE(to_string(table));
    store_ = FakeStore();
    answers_.clear();
    GroupCommitter committer = make();
    bool told = false;
    committer.on_failure([&](const Error& error) { told = error.code == Code::kIo; });
    ASSERT_TRUE(committer.add(pending(request_of({note(1)}))));
    AppendRequest unlucky = request_of({NewEvent{at(1), run_id(7), Sequence{0}, RunResumed{}}});
    unlucky.command = CommandKey{command_id(1), sha256("a")};

    store_.unreadable = table;
    const Status status = committer.add(pending(std::move(unlucky)));

    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, Code::kIo);
    EXPECT_TRUE(told);
    EXPECT_EQ(answers_[0]->value().first, Sequence{1});
    EXPECT_EQ(answers_[1]->error().code, Code::kUnavailable);
    EXPECT_THAT(group_sizes(), ElementsAre(1U));
  }
}

TEST_F(GroupCommitterTest, WritesCheckpointsWhenTheyAreDue) {
  GroupCommitter committer = make({.checkpoint_events = 3});
  for (std::uint64_t i = 1; i <= 7; ++i) {
    ASSERT_TRUE(committer.add(pending(request_of({note(i)}))));
    ASSERT_TRUE(committer.commit());
  }
  const std::size_t all = projections_.size();
  std::vector<std::size_t> checkpoints;
  for (const auto& group : store_.groups) {
    checkpoints.push_back(group.checkpoints.size());
  }

  EXPECT_THAT(checkpoints, ElementsAre(0, 0, all, 0, 0, all, 0));
}

TEST_F(GroupCommitterTest, WritesCheckpointsAtTheEndIfAnythingCameSince) {
  GroupCommitter committer = make();
  ASSERT_TRUE(committer.checkpoint());
  EXPECT_THAT(store_.groups, IsEmpty());
  ASSERT_TRUE(committer.add(pending(request_of({note(1)}))));

  ASSERT_TRUE(committer.checkpoint());
  ASSERT_TRUE(committer.checkpoint());

  ASSERT_THAT(store_.groups, SizeIs(2));
  EXPECT_THAT(store_.groups[1].checkpoints,
              ElementsAre("run_history", "job_history", "catalog", "seals", "unknown_events"));
}

}  // namespace
}  // namespace runledger::store::testing
