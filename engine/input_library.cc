#include "engine/input_library.h"

#include <algorithm>
#include <set>

#include "engine/inputs/calendar.h"
#include "engine/inputs/import.h"
#include "engine/run_plan.h"
#include "schema/codec.h"
#include "store/catalog.h"

namespace runledger::engine {
namespace {

// Adds one import of the log to the fold.
Status add_import(const store::EventLog& log, Sequence sequence, InputFold& fold) {
  const auto bytes_of_event = log.find_event(sequence);
  if (!bytes_of_event) {
    return fail(Code::kCorruption, "import event " + std::to_string(raw(sequence)) + ": " +
                                       bytes_of_event.error().message);
  }
  RL_TRY_ASSIGN(const auto event, decode_event(*bytes_of_event));
  if (const auto* deleted = std::get_if<PortfolioDeleted>(&event.payload)) {
    fold.remove(*deleted);
    return {};
  }
  if (const auto* imported = std::get_if<PortfolioImported>(&event.payload)) {
    RL_TRY_ASSIGN(const auto bytes, log.blob(store::BlobKind::kInput, imported->content));
    return fold.add(*imported, bytes);
  }
  if (const auto* input = std::get_if<InputIngested>(&event.payload)) {
    RL_TRY_ASSIGN(const auto bytes, log.blob(store::BlobKind::kInput, input->content));
    return fold.add(*input, bytes);
  }
  return fail(Code::kCorruption,
              "event " + std::to_string(raw(sequence)) + " is listed as an import but is none");
}

std::vector<JobType> types_of(const RunScope& scope) {
  if (scope.market_data_only) {
    return {JobType::kMarketDataUpdate};
  }
  if (scope.correlations_only) {
    return {JobType::kMarketDataUpdate, JobType::kPositionValuesUpdate,
            JobType::kPositionCorrelations};
  }
  return {kAllJobTypes.begin(), kAllJobTypes.end()};
}

// Marks the (date, portfolio) pairs for which `runs` is false.
template <class Runs>
PlannedCondition condition_of(JobType type, SkipReason reason, const RunPlanned& plan, Runs runs) {
  PlannedCondition condition{type, reason, {}};
  condition.skipped.assign((plan.dates.size() * plan.portfolios.size() + 7) / 8, 0);
  std::size_t bit = 0;
  for (const auto date : plan.dates) {
    for (const auto& portfolio : plan.portfolios) {
      if (!runs(portfolio.id, date)) {
        condition.skipped[bit / 8] |= static_cast<std::uint8_t>(1U << (bit % 8));
      }
      ++bit;
    }
  }
  return condition;
}

}  // namespace

InputLibrary::InputLibrary(const store::EventLog& log, std::string profile, Factory factory)
    : log_(log), profile_(std::move(profile)), factory_(factory) {}

Result<std::shared_ptr<const InputLibrary::Shelf>> InputLibrary::build(
    const std::vector<Sequence>& imports) const {
  InputFold fold;
  for (const auto sequence : imports) {
    RL_TRY(add_import(log_, sequence, fold));
  }
  auto rows = fold.take();
  auto shelf = std::make_shared<Shelf>();
  shelf->newest_import = imports.empty() ? Sequence{0} : imports.back();
  shelf->hash = rows.hash;
  for (const auto& portfolio : rows.portfolios) {
    shelf->portfolios.push_back({portfolio.id, portfolio.name, portfolio.content});
  }
  std::ranges::sort(shelf->portfolios, {}, &PlannedPortfolio::name);
  shelf->calculation = factory_(std::move(rows));
  return shelf;
}

Result<std::shared_ptr<const InputLibrary::Shelf>> InputLibrary::shelf(Sequence inputs_through) {
  RL_TRY_ASSIGN(const auto imports, store::import_sequences(log_.tables(), inputs_through));
  const auto newest = imports.empty() ? Sequence{0} : imports.back();
  const std::lock_guard lock(mutex_);
  if (shelf_ == nullptr || shelf_->newest_import != newest) {
    shelf_.reset();
    RL_TRY_ASSIGN(shelf_, build(imports));
  }
  return shelf_;
}

Result<std::shared_ptr<const Calculation>> InputLibrary::calculation(Sequence inputs_through) {
  RL_TRY_ASSIGN(const auto inputs, shelf(inputs_through));
  return inputs->calculation;
}

Result<RunPlanned> InputLibrary::plan(const RunScope& scope, Sequence inputs_through) {
  RL_TRY_ASSIGN(const auto inputs, shelf(inputs_through));
  RunPlanned plan;
  plan.dates = Calendar::nyse().sessions(scope.from, scope.to);
  const std::set<PortfolioId> wanted(scope.portfolios.begin(), scope.portfolios.end());
  if (!scope.market_data_only) {
    for (const auto& portfolio : inputs->portfolios) {
      if (wanted.empty() || wanted.contains(portfolio.id)) {
        plan.portfolios.push_back(portfolio);
      }
    }
    if (!wanted.empty() && plan.portfolios.size() != wanted.size()) {
      return fail(Code::kNotFound, "a portfolio of this run was deleted before it was planned");
    }
  }
  for (const auto type : types_of(scope)) {
    plan.job_types.push_back({type, inputs->calculation->formula_version(type)});
  }
  if (!scope.market_data_only && !scope.correlations_only) {
    plan.conditions.push_back(condition_of(JobType::kGreeksCalculation, SkipReason::kNoOptions,
                                           plan, [&](const PortfolioId& portfolio, Date date) {
                                             return inputs->calculation->holds_options(portfolio,
                                                                                       date);
                                           }));
    plan.conditions.push_back(condition_of(
        JobType::kPositionCorrelations, SkipReason::kNotScheduled, plan,
        [&](const PortfolioId&, Date date) {
          return scope.with_correlations || std::chrono::weekday{date} == std::chrono::Tuesday;
        }));
  }
  plan.inputs_through = inputs_through;
  plan.inputs_hash = inputs->hash;
  plan.numerics_profile = profile_;
  plan.jobs_total = RunPlan::count_jobs(plan);
  return plan;
}

}  // namespace runledger::engine
