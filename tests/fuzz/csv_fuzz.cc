#include <algorithm>

#include "engine/inputs/import.h"
#include "schema/invariant.h"
#include "tests/fuzz/fuzz.h"

// A file of every kind: refused with lines that exist, or taken, and what was taken can be read
// back when a run loads its inputs.
namespace runledger::engine {
namespace {

constexpr Date kToday{std::chrono::year{2026} / 1 / 5};

void check_issues(const std::vector<ImportIssue>& issues, std::string_view text) {
  RL_ASSERT(!issues.empty());
  RL_ASSERT(issues.size() <= kIssuesMax + 1);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) +
                     static_cast<std::size_t>(std::ranges::count(text, '\r')) + 1;
  for (const auto& issue : issues) {
    RL_ASSERT(!issue.code.empty() && !issue.message.empty());
    RL_ASSERT(issue.line <= lines);
  }
}

void check_input(InputKind kind, std::string_view text) {
  const auto prepared = prepare_input(kind, "upload.csv", std::string(text), kToday);
  if (!prepared) {
    return check_issues(prepared.error(), text);
  }
  InputFold fold;
  RL_ASSERT(
      fold.add(std::get<InputIngested>(prepared->file.event), prepared->file.bytes).has_value());
  static_cast<void>(fold.take());
}

void check_portfolio(std::string_view text) {
  PortfolioImportRequest request;
  request.name = "P";
  request.bytes = text;
  const auto prepared = prepare_portfolio(std::move(request), kToday);
  if (!prepared) {
    return check_issues(prepared.error(), text);
  }
  InputFold fold;
  RL_ASSERT(fold.add(std::get<PortfolioImported>(prepared->file.event), prepared->file.bytes)
                .has_value());
  RL_ASSERT(fold.take().portfolios.size() == 1);
}

}  // namespace
}  // namespace runledger::engine

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_byte(input);
  if (choice % 7 == 0) {
    engine::check_portfolio(input);
  } else {
    engine::check_input(static_cast<InputKind>(choice % 7), input);
  }
  return 0;
}
