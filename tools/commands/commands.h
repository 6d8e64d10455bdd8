#pragma once

#include <string>

#include "tools/options.h"
#include "tools/session.h"

/// One function a command: what it prints goes to standard output, how it goes to standard error.
namespace runledger::tools {

/// Serves until SIGINT or SIGTERM, then drains.
[[nodiscard]] Exit serve(const GlobalOptions& global, const ServeOptions& options);

[[nodiscard]] Exit import_files(Session& session, const ImportFilesOptions& options);
[[nodiscard]] Exit import_portfolio(Session& session, const ImportPortfolioOptions& options);

[[nodiscard]] Exit run(Session& session, const RunOptions& options);
[[nodiscard]] Exit watch(Session& session, const WatchOptions& options);
[[nodiscard]] Exit cancel(Session& session, const CancelOptions& options);
[[nodiscard]] Exit retry(Session& session, const RetryOptions& options);
/// Shows the progress of a run until it ends, then its summary. kExitFailed unless it completed.
/// An interrupt cancels a run of this process, and leaves that of a server alone.
[[nodiscard]] Exit follow_run(Session& session, const std::string& run);

[[nodiscard]] Exit history(Session& session, const HistoryOptions& options);
[[nodiscard]] Exit jobs(Session& session, const JobsOptions& options);
[[nodiscard]] Exit show(Session& session, const ShowOptions& options);
/// Prints a run as GET run/{id} gives it, for people.
void print_run(const nlohmann::ordered_json& run, bool color);

[[nodiscard]] Exit results(Session& session, const ResultsOptions& options);
/// Prints the report of a portfolio, or writes it to a file that is there whole or not at all.
[[nodiscard]] Exit report(Session& session, const ReportOptions& options);
[[nodiscard]] Exit portfolios(Session& session, const PortfoliosOptions& options);

[[nodiscard]] Exit user_add(Session& session, const UserAddOptions& options);
[[nodiscard]] Exit user_list(Session& session, const UserListOptions& options);
[[nodiscard]] Exit user_remove(Session& session, const UserRemoveOptions& options);

[[nodiscard]] Exit replay_log(Session& session, const ReplayLogOptions& options);
[[nodiscard]] Exit replay_state(Session& session, const ReplayStateOptions& options);

[[nodiscard]] Exit verify(const GlobalOptions& global, const VerifyOptions& options);
[[nodiscard]] Exit backup(const GlobalOptions& global, const BackupOptions& options);
[[nodiscard]] Exit restore(const GlobalOptions& global, const RestoreOptions& options);
[[nodiscard]] Exit export_events(const GlobalOptions& global, const ExportOptions& options);
[[nodiscard]] Exit import_events(const GlobalOptions& global, const ImportEventsOptions& options);
[[nodiscard]] Exit prune(Session& session, const PruneOptions& options);

}  // namespace runledger::tools
