#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The command line as plain values. Texts are checked where they are used.
namespace runledger::tools {

/// What every command takes.
struct GlobalOptions {
  std::string data = "runledger-data";
  std::string server;  ///< URL; empty: work on `data` in this process.
  std::string token;
  std::string email;
  std::string password;
  bool json = false;
  bool no_color = false;
  std::string log_level = "info";
  std::string log_format = "text";
  unsigned threads = 0;  ///< Of the compute pool; 0: one a core.
};

struct ServeOptions {
  std::string listen = "127.0.0.1:8321";
  std::string backup_dir;                 ///< Empty: no backups by the server.
  std::string archive_dir;                ///< Empty: "archive" in the data directory.
  unsigned keep_days = 0;                 ///< 0: runs are kept for ever.
  unsigned keep_gb = 0;                   ///< 0: whatever the size.
  std::vector<std::string> allow_origin;  ///< Whose pages may use the live feed.
};

struct ImportFilesOptions {
  std::string kind;
  std::vector<std::string> files;
};

struct ImportPortfolioOptions {
  std::string name;
  std::optional<std::string> equity;
  std::optional<std::string> equity_date;
  std::string file;
};

struct RunOptions {
  std::vector<std::string> portfolios;
  std::optional<std::string> as_of;
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::optional<std::string> key;
  bool with_correlations = false;
  bool recalculate = false;
  bool force = false;
};

struct WatchOptions {
  std::optional<std::string> run;  ///< Absent: the current one.
};

struct CancelOptions {};

struct RetryOptions {
  std::string run;
};

/// Times as RFC 3339 has them, or days; as-of dates as YYYY-MM-DD.
struct PeriodOptions {
  std::optional<std::string> from;
  std::optional<std::string> to;
  std::optional<std::string> as_of_from;
  std::optional<std::string> as_of_to;
};

struct HistoryOptions {
  std::uint32_t days = 30;
  std::uint32_t limit = 50;
  std::optional<std::string> status;
  std::optional<std::string> portfolio;
  std::optional<std::string> triggered_by;
  PeriodOptions period;
};

struct JobsOptions {
  std::optional<std::string> portfolio;
  std::optional<std::string> job;
  std::optional<std::string> status;
  std::optional<std::string> run;
  std::optional<std::string> error_category;
  std::optional<std::string> triggered_by;
  PeriodOptions period;
  std::uint32_t days = 30;
  std::uint32_t limit = 100;
};

struct ShowOptions {
  std::optional<std::string> run;  ///< Absent: the newest one.
  bool logs = false;
};

struct ResultsOptions {
  std::string portfolio;
  std::optional<std::string> as_of;
  std::optional<std::string> job;
};

struct ReportOptions {
  std::string portfolio;
  std::optional<std::string> as_of;
  std::string format = "html";
  std::optional<std::string> output;  ///< File; absent: standard output.
};

struct PortfoliosOptions {};

struct UserAddOptions {
  std::string email;
  std::string role = "viewer";
  bool password_from_stdin = false;
};

struct UserListOptions {};

struct UserRemoveOptions {
  std::string email;
};

struct ReplayLogOptions {
  std::uint64_t after = 0;
  std::optional<std::uint64_t> limit;
  std::optional<std::string> run;
};

struct ReplayStateOptions {
  std::string run;
  std::optional<std::uint64_t> at;
};

struct VerifyOptions {
  bool deep = false;
  std::optional<std::string> head;     ///< Hash of an event that must be there.
  std::optional<std::string> archive;  ///< A bundle to check instead of a store.
  std::optional<std::string> work_dir;
};

struct BackupOptions {
  std::string to;  ///< Directory; empty: the server's own.
  std::optional<std::uint32_t> keep;
  bool list = false;
};

struct RestoreOptions {
  std::string from;
  std::optional<std::uint32_t> backup;  ///< Absent: the newest.
};

struct ExportOptions {
  std::string file;
  std::string format;  ///< "bundle" or "jsonl"; empty: by the name of the file.
};

struct ImportEventsOptions {
  std::string file;
};

struct PruneOptions {
  std::optional<std::uint32_t> keep_days;
  std::optional<std::uint32_t> keep_runs;
  std::optional<std::uint32_t> keep_gb;
  bool dry_run = false;
};

struct CompletionsOptions {
  std::string script;  ///< Ready to print.
};

using CommandOptions = std::variant<ServeOptions,
                                    ImportFilesOptions,
                                    ImportPortfolioOptions,
                                    RunOptions,
                                    WatchOptions,
                                    CancelOptions,
                                    RetryOptions,
                                    HistoryOptions,
                                    JobsOptions,
                                    ShowOptions,
                                    ResultsOptions,
                                    ReportOptions,
                                    PortfoliosOptions,
                                    UserAddOptions,
                                    UserListOptions,
                                    UserRemoveOptions,
                                    ReplayLogOptions,
                                    ReplayStateOptions,
                                    VerifyOptions,
                                    BackupOptions,
                                    RestoreOptions,
                                    ExportOptions,
                                    ImportEventsOptions,
                                    PruneOptions,
                                    CompletionsOptions>;

struct CommandLine {
  GlobalOptions global;
  CommandOptions command;
};

/// Exit codes of every command.
inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;       ///< The run, import or comparison failed.
inline constexpr int kExitUsage = 2;        ///< The command line or a value in it is wrong.
inline constexpr int kExitCorruption = 3;   ///< Stored bytes are not what was written.
inline constexpr int kExitUnreachable = 4;  ///< The server or data directory cannot be used.

}  // namespace runledger::tools
