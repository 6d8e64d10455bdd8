#include "tests/support/sample_events.h"

namespace runledger::testing {
namespace {

constexpr Date kDate{std::chrono::days{17480}};

Uuid uuid_of(std::uint8_t first) {
  Uuid uuid;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    uuid.bytes[i] = static_cast<std::uint8_t>(first + i);
  }
  return uuid;
}

Digest digest_of(std::uint8_t first) {
  Digest digest;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    digest.bytes[i] = static_cast<std::uint8_t>(first ^ (7 * i));
  }
  return digest;
}

RunSummary sample_summary() {
  return {.jobs_total = 41,
          .succeeded = 30,
          .with_warnings = 3,
          .failed = 2,
          .skipped = 8,
          .cancelled = 1,
          .retries = 4,
          .interruptions = 5,
          .records = 1234,
          .duration = nanoseconds{987654321},
          .by_job_type = {{JobType::kGreeksCalculation, 1, 2, 3, 4, 5, nanoseconds{6}}},
          .error_categories = {{ErrorCategory::kTimeout, 2}},
          .portfolios_full = 2,
          .portfolios_limited = 1,
          .portfolios_failed = 1,
          .positions_processed = 57,
          .average_history_days = 251.5,
          .coverage = 0.9875};
}

std::vector<Payload> run_payloads() {
  const PortfolioId portfolio{uuid_of(0x30)};
  return {
      EngineStarted{Epoch{7}, "runledger 0.1.0", "g++ 12, x86-64-v3"},
      RunRequested{"ops@example.com", true,
                   RunScope{{portfolio}, kDate, kDate + std::chrono::days{1}, true, false, true},
                   RunId{uuid_of(0x60)}},
      RunRejected{"already running"},
      RunPlanned{{kDate},
                 {{portfolio, "balanced", digest_of(1)}},
                 {{JobType::kMarketDataUpdate, 1}, {JobType::kFactorAnalysis, 2}},
                 {{JobType::kGreeksCalculation, SkipReason::kNoOptions, {0x01}}},
                 Sequence{9},
                 digest_of(2),
                 "profile",
                 2},
      RunStarted{Epoch{7}},
      RunCancelRequested{"ops@example.com"},
      RunResumed{Epoch{8}},
      RunFinished{RunStatus::kPartial, sample_summary(), "why"},
  };
}

std::vector<Payload> job_payloads() {
  const JobRef job{3, JobType::kStressTesting, PortfolioId{uuid_of(0x30)}, kDate};
  return {
      JobAttempted{job, Attempt{2}, Epoch{7}},
      JobProgressed{job, 5, 22, "scenarios", "half way"},
      JobRetryScheduled{job, Attempt{1}, UtcTime{nanoseconds{1511200000000000000}},
                        ErrorCategory::kTransient, "busy"},
      JobSucceeded{.job = job,
                   .attempt = Attempt{2},
                   .epoch = Epoch{7},
                   .records = 22,
                   .duration = nanoseconds{123456},
                   .unit = "scenarios",
                   .quality = {QualityFlag::kLimited, 0.75, 200.25},
                   .warnings = {"short history: XLRE", "suspicious price: SPY"},
                   .input_hash = digest_of(3),
                   .result_hash = digest_of(4),
                   .formula_version = 1,
                   .uncovered = {PortfolioId{uuid_of(0x50)}},
                   .reused_from = {}},
      JobFailed{job, Attempt{3}, ErrorCategory::kData, "no_prices", "none on 2017-11-10"},
      JobSkipped{job, SkipReason::kDependencyFailed, 2},
      JobCancelled{job},
      JobInterrupted{job, Attempt{2}, Epoch{7}},
  };
}

std::vector<Payload> other_payloads() {
  const PortfolioId portfolio{uuid_of(0x30)};
  return {
      PortfolioImported{portfolio, "balanced", digest_of(1), "balanced.csv", 12, 250000.5, kDate},
      PortfolioDeleted{portfolio, "balanced"},
      InputIngested{InputKind::kQuotes, digest_of(5), "quotes.csv", 4532, 1, kDate,
                    kDate + std::chrono::days{3}},
      AccessGranted{"ops@example.com", "login", "127.0.0.1"},
      AccessDenied{"who@example.com", "login", "127.0.0.1"},
      LogPruned{Sequence{1}, Sequence{20}, digest_of(6), 2, "events-1-20.rlea", digest_of(7),
                digest_of(8), "age"},
      InputIngested{InputKind::kDividends, digest_of(9), "dividends.csv", 40, 12, kDate, kDate},
      JobSucceeded{.job = JobRef{4, JobType::kPortfolioSnapshot, portfolio, kDate},
                   .attempt = Attempt{1},
                   .epoch = Epoch{7},
                   .records = 3,
                   .duration = nanoseconds{4567},
                   .unit = "positions",
                   .quality = {QualityFlag::kFull, 1, 252},
                   .warnings = {},
                   .input_hash = digest_of(10),
                   .result_hash = digest_of(11),
                   .formula_version = 2,
                   .uncovered = {},
                   .reused_from = Sequence{17}},
      RunRequested{.triggered_by = "cli",
                   .force = false,
                   .scope = {.portfolios = {},
                             .from = kDate,
                             .to = kDate,
                             .with_correlations = false,
                             .market_data_only = false,
                             .correlations_only = false,
                             .recalculate = true},
                   .retry_of = {}},
  };
}

}  // namespace

std::vector<Event> sample_events() {
  std::vector<Event> events;
  std::uint64_t sequence = 1;
  for (auto payloads : {run_payloads(), job_payloads(), other_payloads()}) {
    for (auto& payload : payloads) {
      const auto number = sequence++;
      events.push_back(
          {.sequence = Sequence{number},
           .time = UtcTime{nanoseconds{1510340400123456789 + static_cast<std::int64_t>(number)}},
           .run = RunId{uuid_of(static_cast<std::uint8_t>(0x60 + number))},
           .causation = Sequence{number - 1},
           .previous = digest_of(static_cast<std::uint8_t>(number)),
           .payload = std::move(payload)});
    }
  }
  return events;
}

}  // namespace runledger::testing
