#include "schema/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace runledger {
namespace {

enum class Action : std::uint8_t { kKill, kHang };

// Written before threads start, read by the armed site only.
Action action = Action::kKill;
std::atomic<std::uint64_t> hits_left{0};

[[maybe_unused]] std::string names() {  // Without failpoints there is nothing to list.
  std::string text;
  for (const auto name : kFailpoints) {
    text += text.empty() ? "" : ", ";
    text += name;
  }
  return text;
}

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
  std::uint64_t hits = 1;
  std::string_view rest = spec.substr(name.size());
  if (!rest.empty()) {
    rest.remove_prefix(1);
    const auto text = rest.substr(0, rest.find(':'));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hits);
    if (error != std::errc{} || end != text.data() + text.size() || hits == 0) {
      return fail(Code::kInvalidArgument, "a failpoint is NAME:N:ACTION with N from 1");
    }
    rest.remove_prefix(text.size());
  }
  if (rest == ":hang") {
    action = Action::kHang;
  } else if (!rest.empty() && rest != ":kill") {
    return fail(Code::kInvalidArgument, "the action of a failpoint is kill or hang");
  }
  hits_left.store(hits);
  failpoint_detail::armed.store(
      static_cast<std::uint32_t>(std::distance(kFailpoints.begin(), found)) + 1);
  return {};
#endif
}

void failpoint_detail::hit() noexcept {
  if (hits_left.fetch_sub(1) != 1) {
    return;
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
