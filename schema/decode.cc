#include <algorithm>
#include <cmath>
#include <type_traits>

#include <flatbuffers/flatbuffers.h>

#include "event_generated.h"
#include "schema/codec.h"

namespace runledger {
namespace {

// Thrown inside this file only: what the verifier lets through and we do not.
struct BadValue {
  const char* what;
};

// Checks an enumerator against the range of values that this version knows.
template <class E, class F>
E enumerator(F stored, E first, E last, const char* what) {
  const auto value = static_cast<std::uint8_t>(stored);
  if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) {
    throw BadValue{what};
  }
  return static_cast<E>(value);
}

Uuid uuid_of(const fb::Uuid* stored) {
  Uuid uuid;
  if (stored != nullptr) {
    std::copy_n(stored->bytes()->data(), uuid.bytes.size(), uuid.bytes.begin());
  }
  return uuid;
}

Digest digest_of(const fb::Digest* stored) {
  Digest digest;
  if (stored != nullptr) {
    std::copy_n(stored->bytes()->data(), digest.bytes.size(), digest.bytes.begin());
  }
  return digest;
}

// Days from year 1678 to 2262: what a nanosecond clock can hold.
Date date_of(std::int32_t days) {
  constexpr std::int32_t kLimit = 106751;
  if (days < -kLimit || days > kLimit) {
    throw BadValue{"date out of range"};
  }
  return Date{std::chrono::days{days}};
}

std::optional<Date> date_of(flatbuffers::Optional<std::int32_t> days) {
  return days ? std::optional<Date>(date_of(*days)) : std::nullopt;
}

double finite(double value) {
  if (!std::isfinite(value)) {
    throw BadValue{"number that is not finite"};
  }
  return value;
}

std::string text_of(const flatbuffers::String* stored) {
  return stored != nullptr ? stored->str() : std::string();
}

JobType job_type_of(fb::JobType type) {
  return enumerator(type, kAllJobTypes.front(), kAllJobTypes.back(), "job type");
}

ErrorCategory category_of(fb::ErrorCategory category) {
  return enumerator(category, ErrorCategory::kTransient, ErrorCategory::kInternal,
                    "error category");
}

SkipReason skip_reason_of(fb::SkipReason reason) {
  return enumerator(reason, SkipReason::kNoOptions, SkipReason::kNotApplicable, "skip reason");
}

JobRef job_of(const fb::JobRef* stored) {
  if (stored == nullptr) {
    throw BadValue{"job is absent"};
  }
  return {.index = stored->index(),
          .type = job_type_of(stored->type()),
          .portfolio = PortfolioId{uuid_of(&stored->portfolio())},
          .as_of = date_of(stored->as_of())};
}

std::vector<PortfolioId> portfolios_of(const flatbuffers::Vector<const fb::Uuid*>* stored) {
  std::vector<PortfolioId> ids;
  if (stored != nullptr) {
    ids.reserve(stored->size());
    for (const auto* id : *stored) {
      ids.push_back(PortfolioId{uuid_of(id)});
    }
  }
  return ids;
}

template <class Table>
const Table& present(const Table* table, const char* what) {
  if (table == nullptr) {
    throw BadValue{what};
  }
  return *table;
}

Payload from(const fb::EngineStarted& e) {
  return EngineStarted{Epoch{e.epoch()}, text_of(e.build()), text_of(e.numerics_profile())};
}

Payload from(const fb::RunRequested& e) {
  RunRequested out;
  out.triggered_by = text_of(e.triggered_by());
  out.force = e.force();
  out.scope = {.portfolios = portfolios_of(e.portfolios()),
               .from = date_of(e.from()),
               .to = date_of(e.to()),
               .with_correlations = e.with_correlations(),
               .market_data_only = e.market_data_only(),
               .correlations_only = e.correlations_only(),
               .recalculate = e.recalculate()};
  if (e.retry_of() != nullptr) {
    out.retry_of = RunId{uuid_of(e.retry_of())};
  }
  return out;
}

Payload from(const fb::RunRejected& e) {
  return RunRejected{text_of(e.reason())};
}

Payload from(const fb::RunPlanned& e) {
  RunPlanned out;
  if (e.dates() != nullptr) {
    for (const auto date : *e.dates()) {
      out.dates.push_back(date_of(date));
    }
  }
  if (e.portfolios() != nullptr) {
    for (const auto* p : *e.portfolios()) {
      out.portfolios.push_back(
          {PortfolioId{uuid_of(p->portfolio())}, text_of(p->name()), digest_of(p->content())});
    }
  }
  if (e.job_types() != nullptr) {
    for (const auto* t : *e.job_types()) {
      out.job_types.push_back({job_type_of(t->type()), t->formula_version()});
    }
  }
  if (e.conditions() != nullptr) {
    for (const auto* c : *e.conditions()) {
      PlannedCondition condition{job_type_of(c->type()), skip_reason_of(c->reason()), {}};
      if (c->skipped() != nullptr) {
        condition.skipped.assign(c->skipped()->begin(), c->skipped()->end());
      }
      out.conditions.push_back(std::move(condition));
    }
  }
  out.inputs_through = Sequence{e.inputs_through()};
  out.inputs_hash = digest_of(e.inputs_hash());
  out.numerics_profile = text_of(e.numerics_profile());
  out.jobs_total = e.jobs_total();
  return out;
}

Payload from(const fb::RunStarted& e) {
  return RunStarted{Epoch{e.epoch()}};
}
Payload from(const fb::RunCancelRequested& e) {
  return RunCancelRequested{text_of(e.requested_by())};
}
Payload from(const fb::RunResumed& e) {
  return RunResumed{Epoch{e.epoch()}};
}

RunSummary summary_of(const fb::RunSummary& s) {
  RunSummary out{.jobs_total = s.jobs_total(),
                 .succeeded = s.succeeded(),
                 .with_warnings = s.with_warnings(),
                 .failed = s.failed(),
                 .skipped = s.skipped(),
                 .cancelled = s.cancelled(),
                 .retries = s.retries(),
                 .interruptions = s.interruptions(),
                 .records = s.records(),
                 .duration = nanoseconds{s.duration_ns()},
                 .by_job_type = {},
                 .error_categories = {},
                 .portfolios_full = s.portfolios_full(),
                 .portfolios_limited = s.portfolios_limited(),
                 .portfolios_failed = s.portfolios_failed(),
                 .positions_processed = s.positions_processed(),
                 .average_history_days = finite(s.average_history_days()),
                 .coverage = finite(s.coverage()),
                 .reused = s.reused()};
  if (s.by_job_type() != nullptr) {
    for (const auto* c : *s.by_job_type()) {
      out.by_job_type.push_back({job_type_of(c->type()), c->succeeded(), c->failed(), c->skipped(),
                                 c->cancelled(), c->records(), nanoseconds{c->duration_ns()}});
    }
  }
  if (s.error_categories() != nullptr) {
    for (const auto* c : *s.error_categories()) {
      out.error_categories.push_back({category_of(c->category()), c->attempts()});
    }
  }
  return out;
}

Payload from(const fb::RunFinished& e) {
  return RunFinished{
      enumerator(e.status(), RunStatus::kRequested, RunStatus::kRejected, "run status"),
      summary_of(present(e.summary(), "summary is absent")), text_of(e.reason())};
}

Payload from(const fb::JobAttempted& e) {
  return JobAttempted{job_of(e.job()), Attempt{e.attempt()}, Epoch{e.epoch()}};
}

Payload from(const fb::JobProgressed& e) {
  return JobProgressed{job_of(e.job()), e.done(), e.total(), text_of(e.unit()),
                       text_of(e.message())};
}

Payload from(const fb::JobRetryScheduled& e) {
  return JobRetryScheduled{job_of(e.job()), Attempt{e.attempt()}, UtcTime{nanoseconds{e.due_ns()}},
                           category_of(e.category()), text_of(e.error())};
}

Payload from(const fb::JobSucceeded& e) {
  JobSucceeded out;
  out.job = job_of(e.job());
  out.attempt = Attempt{e.attempt()};
  out.epoch = Epoch{e.epoch()};
  out.records = e.records();
  out.duration = nanoseconds{e.duration_ns()};
  out.unit = text_of(e.unit());
  const auto& quality = present(e.quality(), "quality is absent");
  out.quality = {enumerator(quality.flag(), QualityFlag::kFull, QualityFlag::kFailed, "quality"),
                 finite(quality.coverage()), finite(quality.average_history_days())};
  if (e.warnings() != nullptr) {
    for (const auto* warning : *e.warnings()) {
      out.warnings.push_back(text_of(warning));
    }
  }
  out.input_hash = digest_of(e.input_hash());
  out.result_hash = digest_of(e.result_hash());
  out.formula_version = e.formula_version();
  out.uncovered = portfolios_of(e.uncovered());
  if (e.reused_from() != 0) {
    out.reused_from = Sequence{e.reused_from()};
  }
  return out;
}

Payload from(const fb::JobFailed& e) {
  return JobFailed{job_of(e.job()), Attempt{e.attempt()}, category_of(e.category()),
                   text_of(e.error()), text_of(e.detail())};
}

Payload from(const fb::JobSkipped& e) {
  const auto because = e.because_of();
  return JobSkipped{job_of(e.job()), skip_reason_of(e.reason()),
                    because ? std::optional(because.value()) : std::nullopt};
}

Payload from(const fb::JobCancelled& e) {
  return JobCancelled{job_of(e.job())};
}

Payload from(const fb::JobInterrupted& e) {
  return JobInterrupted{job_of(e.job()), Attempt{e.attempt()}, Epoch{e.epoch()}};
}

Payload from(const fb::PortfolioImported& e) {
  PortfolioImported out;
  out.portfolio = PortfolioId{uuid_of(e.portfolio())};
  out.name = text_of(e.name());
  out.content = digest_of(e.content());
  out.file_name = text_of(e.file_name());
  out.positions = e.positions();
  if (e.equity()) {
    out.equity = finite(*e.equity());
  }
  out.equity_date = date_of(e.equity_date());
  return out;
}

Payload from(const fb::PortfolioDeleted& e) {
  return PortfolioDeleted{PortfolioId{uuid_of(e.portfolio())}, text_of(e.name())};
}

Payload from(const fb::InputIngested& e) {
  return InputIngested{
      enumerator(e.kind(), InputKind::kPrices, InputKind::kScenarios, "input kind"),
      digest_of(e.content()),
      text_of(e.file_name()),
      e.rows(),
      e.symbols(),
      date_of(e.first_date()),
      date_of(e.last_date())};
}

Payload from(const fb::NamedInputIngested& e) {
  const auto kind = parse_input_kind(text_of(e.kind()));
  if (!kind) {
    return UnknownPayload{static_cast<std::uint8_t>(fb::Payload::NamedInputIngested)};
  }
  return InputIngested{*kind,       digest_of(e.content()),  text_of(e.file_name()), e.rows(),
                       e.symbols(), date_of(e.first_date()), date_of(e.last_date())};
}

Payload from(const fb::AccessGranted& e) {
  return AccessGranted{text_of(e.email()), text_of(e.what()), text_of(e.remote())};
}
Payload from(const fb::AccessDenied& e) {
  return AccessDenied{text_of(e.email()), text_of(e.what()), text_of(e.remote())};
}

Payload from(const fb::LogPruned& e) {
  return LogPruned{Sequence{e.first()},         Sequence{e.through()},
                   digest_of(e.through_hash()), e.runs(),
                   text_of(e.archive()),        digest_of(e.archive_root()),
                   digest_of(e.base()),         text_of(e.reason())};
}

template <class Table>
Payload decode_as(const fb::Event& event) {
  return from(present(static_cast<const Table*>(event.payload()), "payload is absent"));
}

Payload payload_of(const fb::Event& event) {
  switch (event.payload_type()) {
    case fb::Payload::NONE:
      throw BadValue{"payload is absent"};
    case fb::Payload::EngineStarted:
      return decode_as<fb::EngineStarted>(event);
    case fb::Payload::RunRequested:
      return decode_as<fb::RunRequested>(event);
    case fb::Payload::RunRejected:
      return decode_as<fb::RunRejected>(event);
    case fb::Payload::RunPlanned:
      return decode_as<fb::RunPlanned>(event);
    case fb::Payload::RunStarted:
      return decode_as<fb::RunStarted>(event);
    case fb::Payload::RunCancelRequested:
      return decode_as<fb::RunCancelRequested>(event);
    case fb::Payload::RunResumed:
      return decode_as<fb::RunResumed>(event);
    case fb::Payload::RunFinished:
      return decode_as<fb::RunFinished>(event);
    case fb::Payload::JobAttempted:
      return decode_as<fb::JobAttempted>(event);
    case fb::Payload::JobProgressed:
      return decode_as<fb::JobProgressed>(event);
    case fb::Payload::JobRetryScheduled:
      return decode_as<fb::JobRetryScheduled>(event);
    case fb::Payload::JobSucceeded:
      return decode_as<fb::JobSucceeded>(event);
    case fb::Payload::JobFailed:
      return decode_as<fb::JobFailed>(event);
    case fb::Payload::JobSkipped:
      return decode_as<fb::JobSkipped>(event);
    case fb::Payload::JobCancelled:
      return decode_as<fb::JobCancelled>(event);
    case fb::Payload::JobInterrupted:
      return decode_as<fb::JobInterrupted>(event);
    case fb::Payload::PortfolioImported:
      return decode_as<fb::PortfolioImported>(event);
    case fb::Payload::PortfolioDeleted:
      return decode_as<fb::PortfolioDeleted>(event);
    case fb::Payload::InputIngested:
      return decode_as<fb::InputIngested>(event);
    case fb::Payload::AccessGranted:
      return decode_as<fb::AccessGranted>(event);
    case fb::Payload::AccessDenied:
      return decode_as<fb::AccessDenied>(event);
    case fb::Payload::LogPruned:
      return decode_as<fb::LogPruned>(event);
    case fb::Payload::NamedInputIngested:
      return decode_as<fb::NamedInputIngested>(event);
  }
  return UnknownPayload{static_cast<std::uint8_t>(event.payload_type())};
}

}  // namespace

Result<Event> decode_event(const EventBytes& bytes) {
  const auto view = bytes.view();
  const auto* data = reinterpret_cast<const std::uint8_t*>(view.data());
  flatbuffers::Verifier verifier(data, view.size());
  if (view.size() < 8 || !fb::EventBufferHasIdentifier(data) || !fb::VerifyEventBuffer(verifier)) {
    return fail(Code::kCorruption, "not an event: the verifier rejects its bytes");
  }
  const auto& stored = *fb::GetEvent(data);
  try {
    Event event;
    event.sequence = Sequence{stored.sequence()};
    event.time = UtcTime{nanoseconds{stored.time_ns()}};
    event.run = RunId{uuid_of(stored.run())};
    event.causation = Sequence{stored.causation()};
    event.previous = digest_of(stored.previous());
    event.payload = payload_of(stored);
    return event;
  } catch (const BadValue& bad) {
    return fail(Code::kCorruption, std::string("event with a value that cannot be: ") + bad.what);
  }
}

}  // namespace runledger
