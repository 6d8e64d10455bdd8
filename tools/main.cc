#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "schema/failpoint.h"
#include "tools/command_line.h"
#include "tools/commands/commands.h"
#include "tools/storage_assert.h"

namespace runledger::tools {
namespace {

using Need = Session::Need;

/// Opens what the options name and runs one command on it.
template <class Options, class Command>
Exit with_session(const GlobalOptions& global, Need need, const Options& options, Command command) {
  auto session = Session::open(global, need);
  if (!session) {
    return std::unexpected(session.error());
  }
  return command(**session, options);
}

// One overload for each command.
struct Dispatch {
  const GlobalOptions& global;

  Exit operator()(const ServeOptions& o) const { return serve(global, o); }
  Exit operator()(const ImportFilesOptions& o) const {
    return with_session(global, Need::kWrite, o, import_files);
  }
  Exit operator()(const ImportPortfolioOptions& o) const {
    return with_session(global, Need::kWrite, o, import_portfolio);
  }
  Exit operator()(const RunOptions& o) const {
    return with_session(global, Need::kWrite, o, tools::run);
  }
  Exit operator()(const WatchOptions& o) const {
    return with_session(global, Need::kWrite, o, watch);
  }
  Exit operator()(const CancelOptions& o) const {
    return with_session(global, Need::kWrite, o, cancel);
  }
  Exit operator()(const RetryOptions& o) const {
    return with_session(global, Need::kWrite, o, retry);
  }
  Exit operator()(const HistoryOptions& o) const {
    return with_session(global, Need::kRead, o, history);
  }
  Exit operator()(const JobsOptions& o) const { return with_session(global, Need::kRead, o, jobs); }
  Exit operator()(const ShowOptions& o) const { return with_session(global, Need::kRead, o, show); }
  Exit operator()(const ResultsOptions& o) const {
    return with_session(global, Need::kRead, o, results);
  }
  Exit operator()(const ReportOptions& o) const {
    return with_session(global, Need::kRead, o, report);
  }
  Exit operator()(const PortfoliosOptions& o) const {
    return with_session(global, Need::kRead, o, portfolios);
  }
  Exit operator()(const UserAddOptions& o) const {
    return with_session(global, Need::kWrite, o, user_add);
  }
  Exit operator()(const UserListOptions& o) const {
    return with_session(global, Need::kRead, o, user_list);
  }
  Exit operator()(const UserRemoveOptions& o) const {
    return with_session(global, Need::kWrite, o, user_remove);
  }
  Exit operator()(const ReplayLogOptions& o) const {
    return with_session(global, Need::kRead, o, replay_log);
  }
  Exit operator()(const ReplayStateOptions& o) const {
    return with_session(global, Need::kRead, o, replay_state);
  }
  Exit operator()(const VerifyOptions& o) const { return verify(global, o); }
  Exit operator()(const BackupOptions& o) const { return backup(global, o); }
  Exit operator()(const RestoreOptions& o) const { return restore(global, o); }
  Exit operator()(const ExportOptions& o) const { return export_events(global, o); }
  Exit operator()(const ImportEventsOptions& o) const { return import_events(global, o); }
  Exit operator()(const PruneOptions& o) const {
    return with_session(global, Need::kWrite, o, prune);
  }
  Exit operator()(const CompletionsOptions& o) const {
    print(o.script);
    return kExitDone;
  }
};

int run_program(int argc, const char* const* argv) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
  if (const char* failpoint = std::getenv("RUNLEDGER_FAILPOINT")) {
    if (const auto armed = arm_failpoint(failpoint); !armed) {
      fmt::print(stderr, "runledger: RUNLEDGER_FAILPOINT: {}\n", armed.error().message);
      return kExitUsage;
    }
  }
  set_on_assert(OnAssert::kExit);
  auto parsed = parse_command_line(argc, argv);
  if (const auto* code = std::get_if<int>(&parsed)) {
    return *code;
  }
  const auto& line = std::get<CommandLine>(parsed);
  const Exit exit = std::visit(Dispatch{line.global}, line.command);
  if (!exit) {
    fmt::print(stderr, "runledger: {}\n", exit.error().message);
    return exit.error().exit_code;
  }
  return *exit;
}

}  // namespace
}  // namespace runledger::tools

int main(int argc, char** argv) {
  try {
    return runledger::tools::run_program(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "runledger: an unexpected fault: %s\n", exception.what());
    return runledger::tools::kExitUnreachable;
  }
}
