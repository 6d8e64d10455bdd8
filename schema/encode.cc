#include <algorithm>
#include <vector>

#include <flatbuffers/flatbuffers.h>

#include "event_generated.h"
#include "schema/codec.h"
#include "schema/invariant.h"

namespace runledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

fb::Uuid to_fb(const Uuid& uuid) {
  return fb::Uuid{flatbuffers::span<const std::uint8_t, 16>(uuid.bytes)};
}

fb::Digest to_fb(const Digest& digest) {
  return fb::Digest{flatbuffers::span<const std::uint8_t, 32>(digest.bytes)};
}

std::int32_t days(Date date) {
  return static_cast<std::int32_t>(date.time_since_epoch().count());
}

fb::JobType to_fb(JobType type) {
  return static_cast<fb::JobType>(type);
}

fb::JobRef to_fb(const JobRef& job) {
  return fb::JobRef{job.index, days(job.as_of), to_fb(job.type), to_fb(job.portfolio.uuid)};
}

flatbuffers::Optional<std::int32_t> to_fb(const std::optional<Date>& date) {
  return date ? flatbuffers::Optional<std::int32_t>(days(*date)) : flatbuffers::nullopt;
}

Offset<flatbuffers::Vector<const fb::Uuid*>> uuids(FlatBufferBuilder& b,
                                                   const std::vector<PortfolioId>& ids) {
  std::vector<fb::Uuid> values;
  values.reserve(ids.size());
  for (const auto& id : ids) {
    values.push_back(to_fb(id.uuid));
  }
  return b.CreateVectorOfStructs(values);
}

Offset<fb::RunSummary> summary_of(FlatBufferBuilder& b, const RunSummary& s) {
  std::vector<Offset<fb::JobTypeCount>> types;
  types.reserve(s.by_job_type.size());
  for (const auto& c : s.by_job_type) {
    types.push_back(fb::CreateJobTypeCount(b, to_fb(c.type), c.succeeded, c.failed, c.skipped,
                                           c.cancelled, c.records, c.duration.count()));
  }
  std::vector<Offset<fb::CategoryCount>> categories;
  categories.reserve(s.error_categories.size());
  for (const auto& c : s.error_categories) {
    categories.push_back(
        fb::CreateCategoryCount(b, static_cast<fb::ErrorCategory>(c.category), c.attempts));
  }
  const auto by_type = b.CreateVector(types);
  const auto by_category = b.CreateVector(categories);
  return fb::CreateRunSummary(b, s.jobs_total, s.succeeded, s.with_warnings, s.failed, s.skipped,
                              s.cancelled, s.retries, s.interruptions, s.records,
                              s.duration.count(), by_type, by_category, s.portfolios_full,
                              s.portfolios_limited, s.portfolios_failed, s.positions_processed,
                              s.average_history_days, s.coverage, s.reused);
}

Offset<fb::RunPlanned> planned_of(FlatBufferBuilder& b, const RunPlanned& p) {
  std::vector<std::int32_t> dates;
  dates.reserve(p.dates.size());
  for (const auto date : p.dates) {
    dates.push_back(days(date));
  }
  std::vector<Offset<fb::PlannedPortfolio>> portfolios;
  portfolios.reserve(p.portfolios.size());
  for (const auto& portfolio : p.portfolios) {
    const auto id = to_fb(portfolio.id.uuid);
    const auto content = to_fb(portfolio.content);
    const auto name = b.CreateString(portfolio.name);
    portfolios.push_back(fb::CreatePlannedPortfolio(b, &id, name, &content));
  }
  std::vector<Offset<fb::PlannedJobType>> types;
  types.reserve(p.job_types.size());
  for (const auto& type : p.job_types) {
    types.push_back(fb::CreatePlannedJobType(b, to_fb(type.type), type.formula_version));
  }
  std::vector<Offset<fb::PlannedCondition>> conditions;
  conditions.reserve(p.conditions.size());
  for (const auto& c : p.conditions) {
    const auto skipped = b.CreateVector(c.skipped);
    conditions.push_back(fb::CreatePlannedCondition(
        b, to_fb(c.type), static_cast<fb::SkipReason>(c.reason), skipped));
  }
  const auto inputs_hash = to_fb(p.inputs_hash);
  const auto date_vector = b.CreateVector(dates);
  const auto portfolio_vector = b.CreateVector(portfolios);
  const auto type_vector = b.CreateVector(types);
  const auto condition_vector = b.CreateVector(conditions);
  const auto profile = b.CreateString(p.numerics_profile);
  return fb::CreateRunPlanned(b, date_vector, portfolio_vector, type_vector, condition_vector,
                              raw(p.inputs_through), &inputs_hash, profile, p.jobs_total);
}

// Builds each payload; the type of the union member follows from the overload.
struct PayloadWriter {
  FlatBufferBuilder& b;

  struct Written {
    fb::Payload type;
    Offset<void> offset;
  };
  template <class Table>
  static Written written(Offset<Table> offset) {
    return {fb::PayloadTraits<Table>::enum_value, offset.Union()};
  }

  Written operator()(const EngineStarted& e) const {
    const auto build = b.CreateString(e.build);
    const auto profile = b.CreateString(e.numerics_profile);
    return written(fb::CreateEngineStarted(b, raw(e.epoch), build, profile));
  }
  Written operator()(const RunRequested& e) const {
    const auto by = b.CreateString(e.triggered_by);
    const auto portfolios = uuids(b, e.scope.portfolios);
    const auto retry_of = e.retry_of ? to_fb(e.retry_of->uuid) : fb::Uuid{};
    return written(fb::CreateRunRequested(b, by, e.force, portfolios, days(e.scope.from),
                                          days(e.scope.to), e.scope.with_correlations,
                                          e.scope.market_data_only, e.scope.correlations_only,
                                          e.retry_of ? &retry_of : nullptr, e.scope.recalculate));
  }
  Written operator()(const RunRejected& e) const {
    return written(fb::CreateRunRejected(b, b.CreateString(e.reason)));
  }
  Written operator()(const RunPlanned& e) const { return written(planned_of(b, e)); }
  Written operator()(const RunStarted& e) const {
    return written(fb::CreateRunStarted(b, raw(e.epoch)));
  }
  Written operator()(const RunCancelRequested& e) const {
    return written(fb::CreateRunCancelRequested(b, b.CreateString(e.requested_by)));
  }
  Written operator()(const RunResumed& e) const {
    return written(fb::CreateRunResumed(b, raw(e.epoch)));
  }
  Written operator()(const RunFinished& e) const {
    const auto summary = summary_of(b, e.summary);
    const auto reason = b.CreateString(e.reason);
    return written(fb::CreateRunFinished(b, static_cast<fb::RunStatus>(e.status), summary, reason));
  }
  Written operator()(const JobAttempted& e) const {
    const auto job = to_fb(e.job);
    return written(fb::CreateJobAttempted(b, &job, raw(e.attempt), raw(e.epoch)));
  }
  Written operator()(const JobProgressed& e) const {
    const auto job = to_fb(e.job);
    const auto unit = b.CreateString(e.unit);
    const auto message = b.CreateString(e.message);
    return written(fb::CreateJobProgressed(b, &job, e.done, e.total, unit, message));
  }
  Written operator()(const JobRetryScheduled& e) const {
    const auto job = to_fb(e.job);
    const auto error = b.CreateString(e.error);
    return written(fb::CreateJobRetryScheduled(b, &job, raw(e.attempt),
                                               e.due.time_since_epoch().count(),
                                               static_cast<fb::ErrorCategory>(e.category), error));
  }
  Written operator()(const JobSucceeded& e) const {
    const auto job = to_fb(e.job);
    const auto input_hash = to_fb(e.input_hash);
    const auto result_hash = to_fb(e.result_hash);
    const fb::DataQuality quality{e.quality.coverage, e.quality.average_history_days,
                                  static_cast<fb::QualityFlag>(e.quality.flag)};
    const auto unit = b.CreateString(e.unit);
    const auto warnings = e.warnings.empty() ? 0 : b.CreateVectorOfStrings(e.warnings);
    const auto uncovered = e.uncovered.empty() ? 0 : uuids(b, e.uncovered);
    return written(fb::CreateJobSucceeded(b, &job, raw(e.attempt), raw(e.epoch), e.records,
                                          e.duration.count(), unit, &quality, warnings, &input_hash,
                                          &result_hash, e.formula_version, uncovered,
                                          raw(e.reused_from.value_or(Sequence{0}))));
  }
  Written operator()(const JobFailed& e) const {
    const auto job = to_fb(e.job);
    const auto error = b.CreateString(e.error);
    const auto detail = b.CreateString(e.detail);
    return written(fb::CreateJobFailed(b, &job, raw(e.attempt),
                                       static_cast<fb::ErrorCategory>(e.category), error, detail));
  }
  Written operator()(const JobSkipped& e) const {
    const auto job = to_fb(e.job);
    const auto because = e.because_of ? flatbuffers::Optional<std::uint32_t>(*e.because_of)
                                      : flatbuffers::Optional<std::uint32_t>();
    return written(fb::CreateJobSkipped(b, &job, static_cast<fb::SkipReason>(e.reason), because));
  }
  Written operator()(const JobCancelled& e) const {
    const auto job = to_fb(e.job);
    return written(fb::CreateJobCancelled(b, &job));
  }
  Written operator()(const JobInterrupted& e) const {
    const auto job = to_fb(e.job);
    return written(fb::CreateJobInterrupted(b, &job, raw(e.attempt), raw(e.epoch)));
  }
  Written operator()(const PortfolioImported& e) const {
    const auto id = to_fb(e.portfolio.uuid);
    const auto content = to_fb(e.content);
    const auto name = b.CreateString(e.name);
    const auto file = b.CreateString(e.file_name);
    const auto equity = e.equity ? flatbuffers::Optional<double>(*e.equity) : flatbuffers::nullopt;
    return written(fb::CreatePortfolioImported(b, &id, name, &content, file, e.positions, equity,
                                               to_fb(e.equity_date)));
  }
  Written operator()(const PortfolioDeleted& e) const {
    const auto id = to_fb(e.portfolio.uuid);
    return written(fb::CreatePortfolioDeleted(b, &id, b.CreateString(e.name)));
  }
  Written operator()(const InputIngested& e) const {
    const auto content = to_fb(e.content);
    const auto file = b.CreateString(e.file_name);
    if (e.kind > InputKind::kScenarios) {
      const auto kind = b.CreateString(to_string(e.kind));
      return written(fb::CreateNamedInputIngested(b, kind, &content, file, e.rows, e.symbols,
                                                  to_fb(e.first_date), to_fb(e.last_date)));
    }
    return written(fb::CreateInputIngested(b, static_cast<fb::InputKind>(e.kind), &content, file,
                                           e.rows, e.symbols, to_fb(e.first_date),
                                           to_fb(e.last_date)));
  }
  Written operator()(const AccessGranted& e) const {
    const auto email = b.CreateString(e.email);
    const auto what = b.CreateString(e.what);
    return written(fb::CreateAccessGranted(b, email, what, b.CreateString(e.remote)));
  }
  Written operator()(const AccessDenied& e) const {
    const auto email = b.CreateString(e.email);
    const auto what = b.CreateString(e.what);
    return written(fb::CreateAccessDenied(b, email, what, b.CreateString(e.remote)));
  }
  Written operator()(const LogPruned& e) const {
    const auto archive = b.CreateString(e.archive);
    const auto reason = b.CreateString(e.reason);
    const auto hash = to_fb(e.through_hash);
    const auto root = to_fb(e.archive_root);
    const auto base = to_fb(e.base);
    return written(fb::CreateLogPruned(b, raw(e.first), raw(e.through), &hash, e.runs, archive,
                                       &root, &base, reason));
  }
  Written operator()(const UnknownPayload&) const {
    RL_ASSERT(false && "an unknown payload is never written");
    return {fb::Payload::NONE, 0};
  }
};

}  // namespace

struct EventEncoder::Impl {
  FlatBufferBuilder builder{1024};
};

EventEncoder::EventEncoder() : impl_(std::make_unique<Impl>()) {}
EventEncoder::~EventEncoder() = default;

std::string_view EventEncoder::encode(const Event& event) {
  auto& b = impl_->builder;
  b.Clear();
  const auto payload = std::visit(PayloadWriter{b}, event.payload);
  const auto run = to_fb(event.run.uuid);
  const auto previous = to_fb(event.previous);
  const auto root = fb::CreateEvent(b, raw(event.sequence), event.time.time_since_epoch().count(),
                                    event.run.is_nil() ? nullptr : &run, raw(event.causation),
                                    &previous, payload.type, payload.offset);
  fb::FinishEventBuffer(b, root);
  return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

}  // namespace runledger
