#include "schema/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace runledger {
namespace {

enum class Action : std::uint8_t { kKill, kHang, kFail };

// Written before threads start, read by the armed site only.
Action action = Action::kKill;
std::uint64_t first_hit = 1;
std::uint64_t failures = 1;  ///< Of kFail: hits that fail, from the first on.
std::atomic<std::uint64_t> hits{0};

[[maybe_unused]] std::string names() {  // Without failpoints there is nothing to list.
  std::string text;
  for (const auto name : kFailpoints) {
    text += text.empty() ? "" : ", ";
    text += name;
  }
  return text;
}

#if defined(RUNLEDGER_FAILPOINTS)
/// The only site whose caller asks whether it is to fail.
constexpr std::string_view kFailingSite = "attempt.calculate";

std::unexpected<Error> wrong_form() {
  return fail(Code::kInvalidArgument, "a failpoint is NAME, NAME:N, NAME:N:kill, NAME:N:hang, or " +
                                          std::string(kFailingSite) +
                                          ":N:fail:TIMES, with numbers from 1");
}

struct Armed {
  std::uint64_t first_hit = 1;
  Action action = Action::kKill;
  std::uint64_t failures = 1;
};

/// Takes the number at the front of ":number..." off `text`.
Result<std::uint64_t> take_number(std::string_view& text) {
  text.remove_prefix(1);
  const auto digits = text.substr(0, text.find(':'));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number == 0) {
    return wrong_form();
  }
  text.remove_prefix(digits.size());
  return number;
}

/// `rest` is what follows the name: "", ":N", ":N:ACTION" or ":N:fail:TIMES".
Result<Armed> parse_what(std::string_view name, std::string_view rest) {
  Armed armed;
  if (rest.empty()) {
    return armed;
  }
  RL_TRY_ASSIGN(armed.first_hit, take_number(rest));
  constexpr std::string_view kFail = ":fail";
  if (rest.starts_with(kFail) && name == kFailingSite) {
    armed.action = Action::kFail;
    rest.remove_prefix(kFail.size());
    if (rest.starts_with(':')) {
      RL_TRY_ASSIGN(armed.failures, take_number(rest));
    }
  } else if (rest == ":hang" || rest == ":kill") {
    armed.action = rest == ":hang" ? Action::kHang : Action::kKill;
    rest = {};
  }
  if (!rest.empty()) {
    return wrong_form();
  }
  return armed;
}
#endif

}  // namespace

Status arm_failpoint(std::string_view spec) {
  if (spec.empty()) {
    return {};
  }
#if !defined(RUNLEDGER_FAILPOINTS)
  return fail(Code::kUnsupported, "this program was built without failpoints");
#else
  const auto name = spec.substr(0, spec.find(':'));
  const auto found = std::ranges::find(kFailpoints, name);
  if (found == kFailpoints.end()) {
    return fail(Code::kInvalidArgument,
                "there is no failpoint '" + std::string(name) + "'; there are: " + names());
  }
  RL_TRY_ASSIGN(const auto armed, parse_what(name, spec.substr(name.size())));
  action = armed.action;
  first_hit = armed.first_hit;
  failures = armed.failures;
  hits.store(0);
  failpoint_detail::armed.store(
      static_cast<std::uint32_t>(std::distance(kFailpoints.begin(), found)) + 1);
  return {};
#endif
}

bool failpoint_detail::hit() noexcept {
  const auto hit = hits.fetch_add(1) + 1;
  if (action == Action::kFail) {
    return hit >= first_hit && hit - first_hit < failures;
  }
  if (hit != first_hit) {
    return false;
  }
  if (action == Action::kKill) {
    kill(getpid(), SIGKILL);
  }
  // Even after its own SIGKILL a thread may run for a moment: it must not get past this.
  while (true) {
    pause();
  }
}

}  // namespace runledger
