#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/inputs/calendar.h"
#include "engine/jobs/risk_calculation.h"
#include "tests/engine/jobs/document_check.h"
#include "tests/engine/jobs/random_market.h"
#include "tests/engine/jobs/support.h"

/// Laws over random markets and books; a failure names its seed (RUNLEDGER_SEED repeats it).
namespace runledger::engine::test {
namespace {

using nlohmann::json;

const Date kDay = Date{std::chrono::year{2017} / 6 / 30};

/// Everything that a job gives, as one text.
std::string run_to_text(const Calculation& calculation, JobType type, Date day) {
  const JobOutput output = run_job(calculation, type, portfolio_id(1), day);
  std::string text = output.document + to_string(output.input_hash);
  for (const std::string& warning : output.warnings) {
    text += warning;
  }
  return text;
}

InputRows cut(InputRows rows, Date as_of) {
  std::erase_if(rows.prices, [&](const PriceRow& row) { return row.date > as_of; });
  std::erase_if(rows.rates, [&](const RateRow& row) { return row.date > as_of; });
  std::erase_if(rows.quotes, [&](const QuoteRow& row) { return row.date > as_of; });
  std::erase_if(rows.splits, [&](const SplitRow& row) { return row.ex_date > as_of; });
  std::erase_if(rows.flows, [&](const FlowRow& row) { return row.date > as_of; });
  return rows;
}

TEST(Property, WhatIsDatedLaterChangesNoBit) {
  const Calendar& calendar = Calendar::nyse();
  for (const std::uint64_t seed : test_seeds(60)) {
    const InputRows rows = random_market(seed, kDay, Damage::kReal);
    const auto whole = make_risk_calculation(rows);
    Dice dice(seed);
    const Date as_of = calendar.on_or_before(
        kDay - std::chrono::days{dice.chance(0.5) ? dice.below(20) : dice.below(400)});
    const auto part = make_risk_calculation(cut(rows, as_of));
    for (const JobType type : kAllJobTypes) {
      EXPECT_EQ(run_to_text(*whole, type, as_of), run_to_text(*part, type, as_of))
          << "seed " << seed << " as of " << format_date(as_of) << " " << to_string(type);
    }
  }
}

}  // namespace
}  // namespace runledger::engine::test
