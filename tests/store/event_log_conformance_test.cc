#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/codec.h"
#include "store/memory_event_log.h"
#include "store/rocks_event_log.h"
#include "store/run_history.h"
#include "tests/store/store_testing.h"

/// What every EventLog promises, whatever it is made of.
namespace runledger::store::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

enum class Kind { kMemory, kRocks };

class EventLogConformance : public ::testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<EventLog> make(CommitObserver observer = {}) {
    if (GetParam() == Kind::kMemory) {
      return make_memory_event_log(all_projections(), std::move(observer));
    }
    RocksLogOptions options;
    options.directory = directory_.path();
    auto log = open_rocks_event_log(options, all_projections(), std::move(observer));
    EXPECT_TRUE(log.has_value()) << log.error().message;
    return std::move(*log);
  }

  TempDir directory_;
};

TEST_P(EventLogConformance, IsEmptyAtFirst) {
  const auto log = make();

  EXPECT_EQ(log->committed(), Sequence{});
  EXPECT_THAT(log->read(Sequence{}, {}).value(), IsEmpty());
  EXPECT_TRUE(log->health().has_value());
  EXPECT_FALSE(log->store_id().is_nil());
}

TEST_P(EventLogConformance, GivesSequencesFromOneWithoutAHole) {
  const auto log = make();

  const auto first = append(*log, request_of({note(1), note(2)})).value();
  const auto second = append(*log, request_of({note(3)})).value();

  EXPECT_EQ(first.first, Sequence{1});
  EXPECT_EQ(first.last, Sequence{2});
  EXPECT_EQ(second.first, Sequence{3});
  EXPECT_FALSE(second.duplicate);
  EXPECT_EQ(log->committed(), Sequence{3});
}

TEST_P(EventLogConformance, ReadsBackWhatWasAppended) {
  const auto log = make();
  NewEvent appended = job_event(run_id(7), 4, 10);
  appended.causation = Sequence{1};
  ASSERT_TRUE(append(*log, request_of({note(1), appended})));

  const std::vector<Event> events = read_all(*log);

  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[1].time, appended.time);
  EXPECT_EQ(events[1].run, appended.run);
  EXPECT_EQ(events[1].causation, appended.causation);
  EXPECT_EQ(events[1].payload, appended.payload);
}

TEST_P(EventLogConformance, ChainsEachEventToTheOneBefore) {
  const auto log = make();
  ASSERT_TRUE(append(*log, request_of({note(1), note(2)})));
  ASSERT_TRUE(append(*log, request_of({note(3)})));

  const auto recorded = log->read(Sequence{}, {}).value();

  Digest expected;
  for (const RecordedEvent& each : recorded) {
    EXPECT_EQ(decode_event(each.bytes).value().previous, expected);
    expected = event_hash(each.bytes.view());
  }
}

TEST_P(EventLogConformance, ReadsAfterASequenceUpToTheLimits) {
  const auto log = make();
  for (std::uint64_t i = 1; i <= 10; ++i) {
    ASSERT_TRUE(append(*log, request_of({note(i)})));
  }

  EXPECT_THAT(log->read(Sequence{7}, {}).value(), SizeIs(3));
  EXPECT_THAT(log->read(Sequence{2}, {.events_max = 4, .bytes_max = 1000000}).value(), SizeIs(4));
  EXPECT_EQ(log->read(Sequence{2}, {}).value().front().sequence, Sequence{3});
  EXPECT_THAT(log->read(Sequence{10}, {}).value(), IsEmpty());
  EXPECT_THAT(log->read(Sequence{99}, {}).value(), IsEmpty());
}

TEST_P(EventLogConformance, ReadsAtLeastOneEventWhateverTheLimits) {
  const auto log = make();
  ASSERT_TRUE(append(*log, request_of({note(1), note(2)})));

  EXPECT_THAT(log->read(Sequence{}, {.events_max = 10, .bytes_max = 1}).value(), SizeIs(1));
  EXPECT_THAT(log->read(Sequence{}, {.events_max = 0, .bytes_max = 1000000}).value(), SizeIs(1));
}

TEST_P(EventLogConformance, CountsTheBytesOfWholeRecordsAgainstTheLimit) {
  const auto log = make();
  ASSERT_TRUE(append(*log, request_of({note(1), note(2), note(3)})));
  const auto all = log->read(Sequence{}, {}).value();
  const std::size_t two = all[0].bytes.size() + all[1].bytes.size() + 2 * kRecordHeaderBytes;

  EXPECT_THAT(log->read(Sequence{}, {.events_max = 10, .bytes_max = two}).value(), SizeIs(2));
  EXPECT_THAT(log->read(Sequence{}, {.events_max = 10, .bytes_max = two - 1}).value(), SizeIs(1));
}

TEST_P(EventLogConformance, AnswersARepeatedCommandWithItsFirstReceipt) {
  const auto log = make();
  AppendRequest request = request_of({note(1), note(2)});
  request.command = CommandKey{command_id(5), sha256("start")};
  AppendRequest repeat = request_of({note(1), note(2)});
  repeat.command = request.command;
  ASSERT_TRUE(append(*log, std::move(request)));
  ASSERT_TRUE(append(*log, request_of({note(3)})));

  const auto receipt = append(*log, std::move(repeat)).value();

  EXPECT_TRUE(receipt.duplicate);
  EXPECT_EQ(receipt.first, Sequence{1});
  EXPECT_EQ(receipt.last, Sequence{2});
  EXPECT_EQ(log->committed(), Sequence{3});
}

TEST_P(EventLogConformance, RefusesACommandIdWithOtherContent) {
  const auto log = make();
  AppendRequest request = request_of({note(1)});
  request.command = CommandKey{command_id(5), sha256("start")};
  AppendRequest other = request_of({note(2)});
  other.command = CommandKey{command_id(5), sha256("stop")};
  ASSERT_TRUE(append(*log, std::move(request)));

  const auto refused = append(*log, std::move(other));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_EQ(log->committed(), Sequence{1});
  EXPECT_TRUE(append(*log, request_of({note(3)})).has_value());
}

TEST_P(EventLogConformance, RefusesRequestsThatAreNoneBeforeQueueingThem) {
  const auto log = make();
  const auto refuse = [&log](AppendRequest request) {
    const Status status = log->append(std::move(request), [](auto) { FAIL(); });
    return !status && status.error().code == Code::kInvalidArgument;
  };
  AppendRequest derived = request_of({note(1)});
  derived.rows.put(Table::kRuns, "key", "value");
  NewEvent unknown = note(1);
  unknown.payload = UnknownPayload{99};
  AppendRequest without_bytes = request_of({note(1)});
  without_bytes.blobs.push_back({BlobKind::kResult, sha256("x"), nullptr});

  EXPECT_TRUE(refuse(request_of({})));
  EXPECT_TRUE(refuse(request_of({unknown})));
  EXPECT_TRUE(refuse(std::move(derived)));
  EXPECT_TRUE(refuse(std::move(without_bytes)));
  EXPECT_EQ(log->committed(), Sequence{});
}

TEST_P(EventLogConformance, RefusesAnEventThatIsTooLargeAndGoesOn) {
  const auto log = make();
  ASSERT_TRUE(append(*log, request_of({note(1)})));

  const auto refused =
      append(*log, request_of({note(2), job_event(run_id(1), 1, kEventBytesMax + 1)}));

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
  EXPECT_EQ(append(*log, request_of({note(3)})).value().first, Sequence{2});
  EXPECT_THAT(read_all(*log), SizeIs(2));
}

TEST_P(EventLogConformance, KeepsBlobsWithTheEventThatNamesThem) {
  const auto log = make();
  const std::string result(100000, 'r');
  AppendRequest request = request_of({note(1)});
  request.blobs = {blob_of(BlobKind::kResult, result), blob_of(BlobKind::kInput, "a,b\n1,2\n")};
  ASSERT_TRUE(append(*log, std::move(request)));

  EXPECT_EQ(log->blob(BlobKind::kResult, sha256(result)).value(), result);
  EXPECT_EQ(log->blob(BlobKind::kInput, sha256("a,b\n1,2\n")).value(), "a,b\n1,2\n");
  EXPECT_EQ(log->blob(BlobKind::kInput, sha256(result)).error().code, Code::kNotFound);
}

TEST_P(EventLogConformance, ServesNoBlobWhoseContentIsNotItsName) {
  const auto log = make();
  Blob mislabelled = blob_of(BlobKind::kResult, "one");
  mislabelled.digest = sha256("two");
  AppendRequest request = request_of({note(1)});
  request.blobs = {mislabelled};
  ASSERT_TRUE(append(*log, std::move(request)));

  const auto blob = log->blob(BlobKind::kResult, sha256("two"));

  ASSERT_FALSE(blob.has_value());
  EXPECT_EQ(blob.error().code, Code::kCorruption);
}

TEST_P(EventLogConformance, WritesAndErasesRowsOfUsers) {
  const auto log = make();
  AppendRequest add = request_of({note(1)});
  add.rows.put(Table::kUsers, "ann@example.org", "hash");
  add.rows.put(Table::kSecrets, "key", "secret");
  AppendRequest remove = request_of({note(2)});
  remove.rows.erase(Table::kUsers, "ann@example.org");
  ASSERT_TRUE(append(*log, std::move(add)));

  EXPECT_EQ(log->tables().get(Table::kUsers, "ann@example.org").value(), "hash");
  ASSERT_TRUE(append(*log, std::move(remove)));
  EXPECT_EQ(log->tables().get(Table::kUsers, "ann@example.org").value(), std::nullopt);
  EXPECT_EQ(log->tables().get(Table::kSecrets, "key").value(), "secret");
}

TEST_P(EventLogConformance, ScansHalfOpenRangesInBothOrders) {
  const auto log = make();
  AppendRequest request = request_of({note(1)});
  for (const char* key : {"a", "b", "ba", "c", "d\xff"}) {
    request.rows.put(Table::kUsers, key, key);
  }
  ASSERT_TRUE(append(*log, std::move(request)));
  const auto keys = [&log](std::string_view begin, std::string_view end, ScanOrder order,
                           std::size_t limit) {
    std::vector<std::string> found;
    EXPECT_TRUE(log->tables().scan(Table::kUsers, begin, end, order,
                                   [&](std::string_view key, std::string_view value) {
                                     EXPECT_EQ(key, value);
                                     found.emplace_back(key);
                                     return found.size() < limit;
                                   }));
    return found;
  };

  EXPECT_THAT(keys("b", "c", ScanOrder::kAscending, 9), ElementsAre("b", "ba"));
  EXPECT_THAT(keys("b", "c", ScanOrder::kDescending, 9), ElementsAre("ba", "b"));
  EXPECT_THAT(keys("c", "", ScanOrder::kAscending, 9), ElementsAre("c", "d\xff"));
  EXPECT_THAT(keys("", "", ScanOrder::kDescending, 2), ElementsAre("d\xff", "c"));
  EXPECT_THAT(keys("c", "b", ScanOrder::kAscending, 9), IsEmpty());
  EXPECT_THAT(keys("b", "b", ScanOrder::kDescending, 9), IsEmpty());
  EXPECT_THAT(keys("d", prefix_end("d\xff\xff"), ScanOrder::kAscending, 9), ElementsAre("d\xff"));
}

TEST_P(EventLogConformance, KnowsTheRangeOfARun) {
  const auto log = make();
  ASSERT_TRUE(append(*log, request_of({note(1), job_event(run_id(1), 1, 1)})));
  ASSERT_TRUE(append(*log, request_of({job_event(run_id(2), 1, 1), note(2)})));
  ASSERT_TRUE(append(*log, request_of({job_event(run_id(1), 2, 1), note(3)})));

  const auto range = log->run_range(run_id(1)).value();

  EXPECT_EQ(range.first, Sequence{2});
  EXPECT_EQ(range.last, Sequence{5});
  EXPECT_EQ(log->run_range(run_id(2)).value().first, Sequence{3});
  EXPECT_EQ(log->run_range(run_id(2)).value().last, Sequence{3});
  EXPECT_EQ(log->run_range(run_id(3)).error().code, Code::kNotFound);
}

TEST_P(EventLogConformance, KeepsTheRangesOfManyRunsInTurn) {
  const auto log = make();
  constexpr std::uint64_t kRuns = 150;
  for (std::uint64_t pass = 0; pass < 2; ++pass) {
    for (std::uint64_t run = 1; run <= kRuns; ++run) {
      ASSERT_TRUE(append(*log, request_of({job_event(run_id(run), 1, 1)})));
    }
  }

  for (std::uint64_t run = 1; run <= kRuns; ++run) {
    EXPECT_EQ(log->run_range(run_id(run)).value().first, Sequence{run});
    EXPECT_EQ(log->run_range(run_id(run)).value().last, Sequence{kRuns + run});
  }
}

TEST_P(EventLogConformance, TellsReadersThenObserverThenCallerThenListeners) {
  std::vector<std::string> order;
  EventLog* seen = nullptr;
  const auto log = make([&](const Event& event) {
    order.push_back("observer " + std::to_string(raw(event.sequence)) + " of " +
                    std::to_string(raw(seen->committed())) +
                    (find_run(seen->tables(), event.run) ? " with row" : " without row"));
  });
  seen = log.get();
  std::promise<void> notified;
  const auto subscription = log->notify_committed([&](Sequence committed) {
    order.push_back("listener " + std::to_string(raw(committed)));
    notified.set_value();
  });
  NewEvent requested = note(1);
  requested.run = run_id(1);
  requested.payload = RunRequested{};

  ASSERT_TRUE(log->append(request_of({requested, job_event(run_id(1), 1, 1)}),
                          [&](const Result<AppendReceipt>& receipt) {
                            order.push_back(
                                "caller " + std::to_string(raw(receipt->last)) + " of " +
                                std::to_string(raw(seen->committed())) +
                                (find_run(seen->tables(), run_id(1)) ? " with row" : ""));
                          }));
  notified.get_future().wait();

  EXPECT_THAT(order, ElementsAre("observer 1 of 2 with row", "observer 2 of 2 with row",
                                 "caller 2 of 2 with row", "listener 2"));
}

TEST_P(EventLogConformance, HandsTheObserverWhatIsRecorded) {
  std::vector<Event> observed;
  const auto log = make([&](const Event& event) { observed.push_back(event); });
  ASSERT_TRUE(append(*log, request_of({note(1), job_event(run_id(2), 3, 50)})));
  ASSERT_TRUE(append(*log, request_of({note(2)})));
  log->close();

  EXPECT_EQ(observed, read_all(*log));
}

TEST_P(EventLogConformance, CallsNoListenerAfterItsSubscriptionIsGone) {
  const auto log = make();
  std::atomic<int> calls = 0;
  auto subscription = log->notify_committed([&](Sequence) { ++calls; });
  ASSERT_TRUE(append(*log, request_of({note(1)})));
  ASSERT_TRUE(append(*log, request_of({note(2)})));
  subscription.reset();
  const int before = calls;
  EXPECT_GE(before, 1);

  ASSERT_TRUE(append(*log, request_of({note(3)})));
  log->close();

  EXPECT_EQ(calls, before);
}

TEST_P(EventLogConformance, LetsAListenerEndItsOwnSubscription) {
  const auto log = make();
  std::unique_ptr<Subscription> subscription;
  int calls = 0;
  subscription = log->notify_committed([&](Sequence) {
    ++calls;
    subscription.reset();
  });
  ASSERT_TRUE(append(*log, request_of({note(1)})));
  ASSERT_TRUE(append(*log, request_of({note(2)})));
  log->close();

  EXPECT_EQ(calls, 1);
}

TEST_P(EventLogConformance, LetsASubscriptionOutliveTheLog) {
  auto log = make();
  auto subscription = log->notify_committed([](Sequence) {});

  log.reset();
  subscription.reset();
}

TEST_P(EventLogConformance, TakesAppendsFromItsCallbacksAndObservers) {
  EventLog* self = nullptr;
  std::promise<Sequence> third;
  std::promise<Sequence> second;
  const auto log = make([&](const Event& event) {
    if (event.sequence == Sequence{1}) {
      ASSERT_TRUE(self->append(request_of({note(2)}), [&](const Result<AppendReceipt>& receipt) {
        second.set_value(receipt->last);
      }));
    }
  });
  self = log.get();

  ASSERT_TRUE(log->append(request_of({note(1)}), [&](const Result<AppendReceipt>& receipt) {
    ASSERT_EQ(receipt->last, Sequence{1});
    ASSERT_TRUE(self->append(request_of({note(3)}), [&](const Result<AppendReceipt>& inner) {
      third.set_value(inner->last);
    }));
  }));

  EXPECT_EQ(second.get_future().get(), Sequence{2});
  EXPECT_EQ(third.get_future().get(), Sequence{3});
}

TEST_P(EventLogConformance, RefusesAppendsAfterCloseAndStillReads) {
  const auto log = make();
  ASSERT_TRUE(append(*log, request_of({note(1)})));

  log->close();
  log->close();

  EXPECT_EQ(append(*log, request_of({note(2)})).error().code, Code::kUnavailable);
  EXPECT_THAT(read_all(*log), SizeIs(1));
}

TEST_P(EventLogConformance, FinishesWhatIsQueuedWhenItCloses) {
  const auto log = make();
  std::atomic<int> answered = 0;
  for (std::uint64_t i = 0; i < 500; ++i) {
    ASSERT_TRUE(log->append(request_of({note(i)}), [&](const Result<AppendReceipt>& receipt) {
      answered += receipt.has_value() ? 1 : 0;
    }));
  }

  log->close();

  EXPECT_EQ(answered, 500);
  EXPECT_EQ(log->committed(), Sequence{500});
}

TEST_P(EventLogConformance, KeepsOrderAndHolesOutUnderManyProducers) {
  constexpr int kProducers = 16;
  constexpr std::uint64_t kEach = 50;
  std::vector<Sequence> observed;
  const auto log = make([&](const Event& event) { observed.push_back(event.sequence); });
  std::atomic<bool> done = false;
  std::atomic<std::uint64_t> woken = 0;
  const auto subscription =
      log->notify_committed([&](Sequence committed) { woken = raw(committed); });
  std::jthread reader([&] {
    Sequence after{};
    while (!done || after < log->committed()) {
      const auto page = log->read(after, {}).value();
      for (const RecordedEvent& event : page) {
        EXPECT_EQ(event.sequence, next(after));
        after = event.sequence;
      }
      std::this_thread::yield();
    }
    EXPECT_EQ(after, Sequence{kProducers * kEach});
  });

  std::mutex mutex;
  std::map<Sequence, std::uint64_t> receipts;
  {
    std::vector<std::jthread> producers;
    for (int producer = 0; producer < kProducers; ++producer) {
      producers.emplace_back([&, producer] {
        Sequence before{};
        for (std::uint64_t i = 0; i < kEach; ++i) {
          const std::uint64_t number = static_cast<std::uint64_t>(producer) * kEach + i;
          const auto receipt = append(*log, request_of({note(number)})).value();
          EXPECT_GT(receipt.first, before);
          EXPECT_GE(log->committed(), receipt.last);
          before = receipt.last;
          const std::lock_guard lock(mutex);
          receipts.emplace(receipt.first, number);
        }
      });
    }
  }
  done = true;
  reader.join();
  log->close();

  const std::vector<Event> events = read_all(*log);
  ASSERT_THAT(events, SizeIs(kProducers * kEach));
  ASSERT_THAT(observed, SizeIs(kProducers * kEach));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(observed[i], Sequence{i + 1});
    EXPECT_EQ(std::get<AccessGranted>(events[i].payload).what,
              std::to_string(receipts.at(Sequence{i + 1})));
  }
  EXPECT_EQ(woken, kProducers * kEach);
}

TEST_P(EventLogConformance, GivesTheSameBytesAndRowsAsTheReference) {
  const auto log = make();
  const auto reference = make_memory_event_log(all_projections());
  HistoryMaker history(42);
  for (int round = 0; round < 4; ++round) {
    auto requests = history.imports(20);
    for (AppendRequest& request : history.run(60)) {
      requests.push_back(std::move(request));
    }
    for (AppendRequest& request : requests) {
      AppendRequest copy = request_of(request.events);
      ASSERT_TRUE(append(*log, std::move(request)));
      ASSERT_TRUE(append(*reference, std::move(copy)));
    }
  }

  const auto ours = log->read(Sequence{}, {.events_max = 100000, .bytes_max = 1U << 30U}).value();
  const auto theirs =
      reference->read(Sequence{}, {.events_max = 100000, .bytes_max = 1U << 30U}).value();

  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    ASSERT_EQ(ours[i].bytes.view(), theirs[i].bytes.view());
  }
  TableDump our_rows = dump_tables(*log);
  our_rows["checkpoints"].clear();
  EXPECT_EQ(our_rows, dump_tables(*reference));
}

INSTANTIATE_TEST_SUITE_P(Logs,
                         EventLogConformance,
                         ::testing::Values(Kind::kMemory, Kind::kRocks),
                         [](const auto& tested) {
                           return tested.param == Kind::kMemory ? "Memory" : "Rocks";
                         });

}  // namespace
}  // namespace runledger::store::testing
