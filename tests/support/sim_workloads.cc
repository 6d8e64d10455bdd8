#include <utility>

#include "schema/codec.h"
#include "tests/support/sim_context.h"

namespace runledger::testing {
namespace {

/// Looks at the log for an answer: with a disk that works, and not after the power has failed, when
/// nobody hears the answer any more.
template <class Look>
void look(SimContext& context, Look check) {
  if (context.disk->has_power()) {
    const SimDisk::Calm calm(*context.disk);
    check(*context.checker, context.node->log());
  }
}

void request(SimContext& context,
             RunRequested what,
             std::optional<store::CommandKey> key = std::nullopt) {
  const auto tag = what.triggered_by;
  const auto run = RunId::make(context.world.clock().wall_now(), context.draw.entropy());
  context.node->coordinator().request_run(
      {run, std::move(what)}, key,
      [&context, tag, keyed = key.has_value()](const Result<Sequence>& answer) {
        look(context, [&](SimChecker& checker, const store::EventLog& log) {
          checker.run_answered(log, tag, keyed, answer);
        });
      });
}

RunRequested request_of(SimContext& context, RunScope scope, bool force = false) {
  return {.triggered_by = context.new_tag("run"),
          .force = force,
          .scope = std::move(scope),
          .retry_of = std::nullopt};
}

/// The run that the history is about.
class RangeRun final : public SimWorkload {
 public:
  explicit RangeRun(bool backfill) : backfill_(backfill) {}
  void step(SimContext& context) override {
    if (std::exchange(asked_, true) && !context.chance(0.003)) {
      return;
    }
    auto scope = toy_scope(context.days);
    scope.with_correlations = backfill_;
    context.count(backfill_ ? SimCount::kBackfill : SimCount::kStart);
    request(context, request_of(context, std::move(scope)));
  }

 private:
  bool backfill_;
  bool asked_ = false;
};

/// One day after the other, as soon as nothing runs.
class SmallRuns final : public SimWorkload {
 public:
  void step(SimContext& context) override {
    if (context.checker->model().active() || !context.chance(0.05)) {
      return;
    }
    context.count(SimCount::kStart);
    request(context, request_of(context, toy_scope(1)));
  }
};

class ForcedStarts final : public SimWorkload {
 public:
  void step(SimContext& context) override {
    if (context.chance(0.003)) {
      context.count(SimCount::kStartForced);
      request(context, request_of(context, toy_scope(context.days), true));
    }
  }
};

class Cancels final : public SimWorkload {
 public:
  void step(SimContext& context) override {
    if (!context.chance(0.004)) {
      return;
    }
    // Two people press the button at once, now and then.
    const auto times = 1 + context.below(2);
    for (std::uint64_t i = 0; i < times; ++i) {
      context.count(SimCount::kCancel);
      context.node->coordinator().cancel_run(
          {std::nullopt, "cancel"}, [&context](const Result<RunId>& answer) {
            look(context, [&](SimChecker& checker, const store::EventLog& log) {
              checker.cancel_answered(log, answer);
            });
          });
    }
  }
};

void submit(SimContext& context,
            const std::string& tag,
            std::optional<store::CommandKey> key = std::nullopt) {
  engine::Coordinator::Submission submission;
  const std::string bytes = "content of " + tag;
  submission.facts.emplace_back(InputIngested{.kind = InputKind::kPrices,
                                              .content = sha256(bytes),
                                              .file_name = "prices.csv",
                                              .rows = 1,
                                              .symbols = 1,
                                              .first_date = {},
                                              .last_date = {}});
  // The tag is in the last event: where it is, all of the submission must be.
  submission.facts.emplace_back(AccessGranted{"someone@example.com", tag, "simulation"});
  submission.blobs.push_back({store::BlobKind::kInput, sha256(bytes),
                              std::make_shared<const std::string>(pack_blob(bytes))});
  submission.command = key;
  context.node->coordinator().submit(
      std::move(submission), [&context, tag](const Result<store::AppendReceipt>& answer) {
        look(context, [&](SimChecker& checker, const store::EventLog& log) {
          checker.submission_answered(log, tag, answer);
        });
      });
}

class Imports final : public SimWorkload {
 public:
  void step(SimContext& context) override {
    const auto times = context.chance(0.01) ? 1 + context.below(4) : 0;
    for (std::uint64_t i = 0; i < times; ++i) {
      context.count(SimCount::kImport);
      submit(context, context.new_tag("import"));
    }
  }
};

/// Commands with an idempotency key, sent again and again, in any order, to later engines too, and
/// now and then with other content.
class Repeats final : public SimWorkload {
 public:
  void step(SimContext& context) override {
    if (!context.chance(0.02)) {
      return;
    }
    if (context.sent.empty() || context.chance(0.3)) {
      return send_new(context);
    }
    const auto index = context.below(context.sent.size());
    auto& command = context.sent[index];
    if (context.chance(0.15)) {
      return send_other(context, command);
    }
    context.count(index + 1 < context.sent.size() ? SimCount::kRepeatReordered
                                                  : SimCount::kRepeatSame);
    if (command.boot != context.boots) {
      context.count(SimCount::kRepeatAfterRestart);
    }
    send(context, command, command.key);
  }

 private:
  static void send_new(SimContext& context) {
    SentCommand command;
    command.submission = context.chance(0.6);
    command.tag = context.new_tag("keyed");
    command.key = {CommandId::make(context.world.clock().wall_now(), context.draw.entropy()),
                   sha256(command.tag)};
    command.request = request_of(context, toy_scope(1));
    command.request.triggered_by = command.tag;
    command.boot = context.boots;
    send(context, command, command.key);
    context.sent.push_back(std::move(command));
  }

  static void send(SimContext& context, const SentCommand& command, const store::CommandKey& key) {
    if (command.submission) {
      submit(context, command.tag, key);
    } else {
      request(context, command.request, key);
    }
  }

  // Once the first has been carried out, the same key must not do anything else.
  static void send_other(SimContext& context, const SentCommand& command) {
    if (!context.checker->made_by(command.tag)) {
      return;
    }
    context.count(SimCount::kRepeatOther);
    auto other = request_of(context, toy_scope(1));
    const auto tag = other.triggered_by;
    context.node->coordinator().request_run(
        {RunId::make(context.world.clock().wall_now(), context.draw.entropy()), std::move(other)},
        store::CommandKey{command.key.id, sha256(tag)},
        [&context, tag](const Result<Sequence>& answer) {
          if (answer) {
            context.checker->fail("a key was used for something else, and that was carried out");
          } else if (answer.error().code == Code::kInvalidArgument) {
            context.count(SimCount::kOtherContentRefused);
          }
          look(context, [&](SimChecker& checker, const store::EventLog& log) {
            checker.run_answered(log, tag, false, answer);
          });
        });
  }
};

/// The orderly end of the process, which becomes a hasty one when it takes too long.
class Drains final : public SimWorkload {
 public:
  void step(SimContext& context) override {
    if (!context.chance(0.002)) {
      return;
    }
    context.count(SimCount::kDrain);
    context.draining = true;
    context.drained.reset();
    context.patience = context.below(100);
    context.node->coordinator().drain(
        [&context] { context.drained = context.node->log().committed(); });
  }
};

}  // namespace

std::vector<std::unique_ptr<SimWorkload>> draw_workloads(SimContext& context) {
  std::vector<std::unique_ptr<SimWorkload>> workloads;
  switch (context.below(3)) {
    case 0:
      workloads.push_back(std::make_unique<RangeRun>(false));
      break;
    case 1:
      workloads.push_back(std::make_unique<RangeRun>(true));
      break;
    default:
      workloads.push_back(std::make_unique<SmallRuns>());
      break;
  }
  if (context.chance(0.5)) {
    workloads.push_back(std::make_unique<ForcedStarts>());
  }
  if (context.chance(0.5)) {
    workloads.push_back(std::make_unique<Cancels>());
  }
  if (context.chance(0.5)) {
    workloads.push_back(std::make_unique<Imports>());
  }
  if (context.chance(0.5)) {
    workloads.push_back(std::make_unique<Repeats>());
  }
  if (context.chance(0.5)) {
    workloads.push_back(std::make_unique<Drains>());
  }
  return workloads;
}

}  // namespace runledger::testing
