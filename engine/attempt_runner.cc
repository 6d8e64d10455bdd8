#include "engine/attempt_runner.h"

#include <algorithm>
#include <cmath>
#include <exception>

#include "schema/codec.h"
#include "schema/failpoint.h"

namespace runledger::engine {
namespace {

// Texts of an attempt become part of an event, whose size is limited.
constexpr std::size_t kCodeBytesMax = 256;
constexpr std::size_t kDetailBytesMax = std::size_t{16} * 1024;
constexpr std::size_t kWarningBytesMax = 1024;
constexpr std::size_t kWarningsMax = 1000;
constexpr double kRounding = 1e-9;  // Of a share that is a quotient of sums.

// Cuts `text` at the end of a UTF-8 character.
void clip(std::string& text, std::size_t bytes_max) {
  static constexpr std::string_view kMark = " ...";
  if (text.size() <= bytes_max) {
    return;
  }
  auto end = bytes_max - kMark.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  text.resize(end);
  text += kMark;
}

JobError invalid(std::string detail) {
  return {ErrorCategory::kInternal, "invalid_result", std::move(detail)};
}

/// What a calculation gives is a fact for ever once it is in the log: what no reader could read, or
/// what is no result at all, is a failure of the attempt instead.
std::expected<JobOutput, JobError> checked(std::expected<JobOutput, JobError> result) {
  if (!result) {
    clip(result.error().code, kCodeBytesMax);
    clip(result.error().detail, kDetailBytesMax);
    return result;
  }
  const auto& quality = result->quality;
  if (!(quality.coverage >= 0.0 && quality.coverage <= 1.0 + kRounding)) {
    return std::unexpected(invalid("its coverage is not between 0 and 1"));
  }
  if (!std::isfinite(quality.average_history_days) || quality.average_history_days < 0) {
    return std::unexpected(invalid("its length of history is not a number of days"));
  }
  const bool object = result->document.starts_with('{') && result->document.ends_with('}');
  if (!object && !result->nothing_to_do) {
    return std::unexpected(invalid("its document is not a JSON object"));
  }
  if (!result->finite) {
    return std::unexpected(invalid("a number of its document is not finite"));
  }
  result->warnings.resize(std::min(result->warnings.size(), kWarningsMax));
  for (auto& warning : result->warnings) {
    clip(warning, kWarningBytesMax);
  }
  return result;
}

}  // namespace

void AttemptInbox::put(AttemptOutcome outcome) {
  const std::lock_guard lock(mutex_);
  if (!wake_) {
    return;
  }
  outcomes_.push_back(std::move(outcome));
  if (outcomes_.size() == 1) {
    wake_();
  }
}

std::vector<AttemptOutcome> AttemptInbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

void AttemptInbox::close() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
  outcomes_.clear();
}

AttemptRunner::AttemptRunner(Work work, const Clock& clock, std::shared_ptr<AttemptInbox> inbox)
    : work_(std::move(work)), clock_(clock), inbox_(std::move(inbox)) {}

void AttemptRunner::request_stop(const char* why) noexcept {
  const char* none = nullptr;
  stop_reason_.compare_exchange_strong(none, why);
  stop_.request_stop();
}

std::optional<MonoTime> AttemptRunner::started() const noexcept {
  const auto ns = started_ns_.load(std::memory_order_acquire);
  return ns == 0 ? std::nullopt : std::optional(MonoTime{nanoseconds{ns}});
}

AttemptProgress AttemptRunner::progress() const noexcept {
  return {done_.load(std::memory_order_relaxed), total_.load(std::memory_order_relaxed),
          unit_.load(std::memory_order_relaxed)};
}

std::expected<JobOutput, JobError> AttemptRunner::calculate() noexcept {
  const auto token = stop_.get_token();
  if (token.stop_requested()) {
    return std::unexpected(JobError{ErrorCategory::kTransient, kStopCancelled, "not begun"});
  }
  try {
    const JobProgress progress = [this](std::uint64_t done, std::uint64_t total,
                                        std::string_view unit) {
      total_.store(total, std::memory_order_relaxed);
      // A literal, by contract. NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage)
      unit_.store(unit.data(), std::memory_order_relaxed);
      done_.store(done, std::memory_order_relaxed);
    };
    if (RL_FAILPOINT_FAILS("attempt.calculate")) {
      return std::unexpected(
          JobError{ErrorCategory::kTransient, "failpoint", "made to fail by a failpoint"});
    }
    auto result = work_.calculation->run(work_.spec, token, progress);
    if (!result && stop_reason() == kStopDeadline) {
      return std::unexpected(JobError{ErrorCategory::kTimeout, kStopDeadline,
                                      "the attempt ran past its deadline and was stopped"});
    }
    return result;
  } catch (const std::bad_alloc&) {
    return std::unexpected(
        JobError{ErrorCategory::kTransient, "out_of_memory", "memory ran out during the attempt"});
  } catch (const std::exception& e) {
    return std::unexpected(JobError{ErrorCategory::kInternal, "exception", e.what()});
  } catch (...) {
    return std::unexpected(JobError{ErrorCategory::kInternal, "exception", "of unknown type"});
  }
}

std::optional<AttemptResult> AttemptRunner::reuse() const noexcept {
  if (work_.earlier == nullptr || stop_.stop_requested()) {
    return std::nullopt;
  }
  try {
    const auto input_hash = work_.calculation->input_hash(work_.spec);
    if (!input_hash) {
      return std::nullopt;
    }
    auto found = work_.earlier->find(work_.spec, *input_hash,
                                     work_.calculation->formula_version(work_.spec.type));
    if (!found) {
      return std::nullopt;
    }
    return AttemptResult{.nothing_to_do = std::nullopt,
                         .records = found->records,
                         .unit = std::move(found->unit),
                         .quality = found->quality,
                         .warnings = std::move(found->warnings),
                         .input_hash = found->input_hash,
                         .result_hash = found->result_hash,
                         .formula_version = found->formula_version,
                         .uncovered = std::move(found->uncovered),
                         .reused_from = found->reused_from};
  } catch (const std::exception&) {
    return std::nullopt;  // The calculation will say what is wrong.
  }
}

AttemptOutcome AttemptRunner::compute() noexcept {
  auto result = checked(calculate());
  AttemptOutcome outcome{.command = {work_.job, work_.attempt, work_.epoch, {}, AttemptResult{}},
                         .blob = {}};
  if (!result) {
    outcome.command.result = std::unexpected(std::move(result).error());
    return outcome;
  }
  auto& output = *result;
  AttemptResult recorded{.nothing_to_do = output.nothing_to_do,
                         .records = output.records,
                         .unit = std::string(output.unit),
                         .quality = output.quality,
                         .warnings = std::move(output.warnings),
                         .input_hash = output.input_hash,
                         .result_hash = {},
                         .formula_version = output.formula_version,
                         .uncovered = std::move(output.uncovered),
                         .reused_from = std::nullopt};
  if (!output.nothing_to_do) {
    recorded.result_hash = sha256(output.document);
    outcome.blob = store::Blob{store::BlobKind::kResult, recorded.result_hash,
                               std::make_shared<const std::string>(pack_blob(output.document))};
  }
  outcome.command.result = std::move(recorded);
  return outcome;
}

void AttemptRunner::run() noexcept {
  const auto begin = clock_.mono_now();
  started_ns_.store(begin.time_since_epoch().count(), std::memory_order_release);
  RL_FAILPOINT("attempt.before_run");
  AttemptOutcome outcome;
  if (auto reused = reuse()) {
    outcome.command = {work_.job, work_.attempt, work_.epoch, {}, std::move(*reused)};
  } else {
    outcome = compute();
  }
  outcome.command.duration = clock_.mono_now() - begin;
  RL_FAILPOINT("attempt.after_run");
  inbox_->put(std::move(outcome));
}

}  // namespace runledger::engine
