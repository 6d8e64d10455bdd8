#include "tools/command_line.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "schema/build_info.h"
#include "tools/config_file.h"

namespace runledger::tools {
namespace {

constexpr const char* kConfigFile = "runledger.toml";

// Fills `line` while CLI11 parses. Each add_* function declares one command; its callback stores
// the options that were parsed.
class Declaration {
 public:
  Declaration() {
    app_.set_version_flag("--version", std::string(build_info()));
    app_.require_subcommand(1);
    add_global();
    add_serve();
    add_import();
    add_run();
    add_follow();
    add_history();
    add_results();
    add_user();
    add_replay();
    add_store();
    add_completions();
  }

  [[nodiscard]] std::variant<CommandLine, int> parse(int argc, const char* const* argv) {
    if (const auto applied = apply_file(argc, argv); !applied) {
      std::cerr << "runledger: " << applied.error().message << "\n";
      return kExitUsage;
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      const int code = app_.exit(error);
      return code == 0 ? kExitDone : kExitUsage;
    }
    if (chosen_ == nullptr) {
      std::cerr << app_.help();
      return kExitUsage;
    }
    line_.command = chosen_();
    settle_place(argc, argv);
    return std::move(line_);
  }

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& text) {
    auto* sub = parent.add_subcommand(name, text);
    sub->fallthrough();
    return sub;
  }

  template <class Options>
  void on(CLI::App* sub, Options& options) {
    sub->callback(
        [this, &options] { chosen_ = [&options]() -> CommandOptions { return options; }; });
  }

  // The file comes first, so that the environment and flags can change what it says. That is why
  // its name is looked for before CLI11 parses.
  [[nodiscard]] Status apply_file(int argc, const char* const* argv) {
    constexpr std::string_view kFlag = "--config";
    std::optional<std::string> path;
    for (int i = 1; i < argc && !path; ++i) {
      const std::string_view argument(argv[i]);
      if (argument == kFlag && i + 1 < argc) {
        path = argv[i + 1];
      } else if (argument.starts_with("--config=")) {
        path = argument.substr(kFlag.size() + 1);
      }
    }
    if (const char* named = std::getenv("RUNLEDGER_CONFIG");  // NOLINT(concurrency-mt-unsafe)
        !path && named != nullptr && *named != '\0') {
      path = named;
    }
    std::error_code error;
    if (!path && std::filesystem::exists(kConfigFile, error)) {
      path = kConfigFile;
    }
    return path ? apply_config_file(*path, line_.global, serve_) : Status{};
  }

  void add_global() {
    auto& global = line_.global;
    app_.add_option("--config", config_,
                    "TOML file with the names of flags; default runledger.toml")
        ->envname("RUNLEDGER_CONFIG");
    app_.add_option("--data", global.data, "Data directory")
        ->envname("RUNLEDGER_DATA")
        ->capture_default_str();
    app_.add_option("--server", global.server, "URL of a server to work on instead")
        ->envname("RUNLEDGER_SERVER");
    app_.add_option("--token", global.token, "Token for the server")->envname("RUNLEDGER_TOKEN");
    app_.add_option("--email", global.email, "E-mail to log in with")->envname("RUNLEDGER_EMAIL");
    // No flag: the arguments of a process can be seen by others.
    app_.add_option("--password", global.password, "")->envname("RUNLEDGER_PASSWORD")->group("");
    app_.add_flag("--json", global.json, "JSON for programs instead of tables");
    app_.add_flag("--no-color", global.no_color, "No colours (as does NO_COLOR)");
    app_.add_option("--log-level", global.log_level, "Least level of log lines")
        ->envname("RUNLEDGER_LOG_LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
        ->capture_default_str();
    app_.add_option("--log-format", global.log_format, "Form of log lines")
        ->envname("RUNLEDGER_LOG_FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str();
    app_.add_option("--threads", global.threads, "Threads that compute; 0: one a core")
        ->envname("RUNLEDGER_THREADS")
        ->check(CLI::Range(0, 1024));
  }

  void add_serve() {
    auto* sub = command(app_, "serve", "Run the server");
    sub->add_option("--listen", serve_.listen, "ADDRESS:PORT; port 0: any free one")
        ->envname("RUNLEDGER_LISTEN")
        ->capture_default_str();
    sub->add_option("--backup-dir", serve_.backup_dir, "Where backups of this server go")
        ->envname("RUNLEDGER_BACKUP_DIR");
    sub->add_option("--archive-dir", serve_.archive_dir,
                    "Where pruned events go; default: archive in the data directory")
        ->envname("RUNLEDGER_ARCHIVE_DIR");
    sub->add_option("--keep-days", serve_.keep_days, "Prune runs that ended longer ago; 0: never")
        ->envname("RUNLEDGER_KEEP_DAYS")
        ->check(CLI::Range(0, 36500));
    sub->add_option("--keep-gb", serve_.keep_gb, "Prune until the store is smaller; 0: never")
        ->envname("RUNLEDGER_KEEP_GB")
        ->check(CLI::Range(0, 1'000'000));
    sub->add_option("--allow-origin", serve_.allow_origin,
                    "Web pages of this origin may use the live feed: https://desk.example")
        ->envname("RUNLEDGER_ALLOW_ORIGIN");
    on(sub, serve_);
  }

  void add_import() {
    auto* sub = command(app_, "import", "Import input files or a portfolio");
    sub->require_subcommand(1);
    for (const char* kind :
         {"prices", "rates", "sectors", "quotes", "splits", "dividends", "flows", "parameters"}) {
      auto* files = command(*sub, kind, fmt::format("Import {} from CSV files", kind));
      files->add_option("files", import_files_.files, "Files")->required();
      files->callback([this, kind] {
        import_files_.kind = kind;
        chosen_ = [this]() -> CommandOptions { return import_files_; };
      });
    }
    auto* events = command(*sub, "events", "Make a new store of what export wrote");
    events->add_option("file", import_events_.file, "Bundle or JSON lines")->required();
    on(events, import_events_);
    auto* portfolio = command(*sub, "portfolio", "Create a portfolio or replace its positions");
    portfolio->add_option("--name", import_portfolio_.name, "Name")->required();
    portfolio->add_option("--equity", import_portfolio_.equity, "Equity in its currency");
    portfolio->add_option("--equity-date", import_portfolio_.equity_date, "Day of the equity");
    portfolio->add_option("file", import_portfolio_.file, "Positions as CSV")->required();
    on(portfolio, import_portfolio_);
  }

  void add_run() {
    auto* sub = command(app_, "run", "Start a run and follow it to its end");
    sub->add_option("--portfolio", run_.portfolios, "Id or name; repeatable; default: all")
        ->allow_extra_args(false);
    auto* as_of = sub->add_option("--as-of", run_.as_of, "Trading day; default: last with prices");
    auto* from = sub->add_option("--from", run_.from, "First day of a range");
    auto* to = sub->add_option("--to", run_.to, "Last day of a range");
    from->needs(to)->excludes(as_of);
    to->needs(from)->excludes(as_of);
    sub->add_flag("--with-correlations", run_.with_correlations, "Correlations on every date");
    sub->add_flag("--recalculate", run_.recalculate,
                  "Compute also what an earlier run computed from the same inputs");
    sub->add_flag("--force", run_.force, "Cancel a run that is running first");
    sub->add_option("--idempotency-key", run_.key, "A repeat with this key follows the first run");
    on(sub, run_);
  }

  void add_follow() {
    auto* watch = command(app_, "watch", "Follow the current run, or a given one");
    watch->add_option("run", watch_.run, "Id of a run");
    on(watch, watch_);
    on(command(app_, "cancel", "Cancel the current run"), cancel_);
    auto* retry = command(app_, "retry", "Run again what failed in a run, and follow it");
    retry->add_option("run", retry_.run, "Id of a run")->required();
    on(retry, retry_);
  }

  /// @param what  "ended": what the times are of.
  static void add_period(CLI::App& app, PeriodOptions& period, const std::string& what) {
    app.add_option("--from", period.from, "Only what was " + what + " then or later: time or day");
    app.add_option("--to", period.to,
                   "Only what was " + what + " before that time, or by that day");
    app.add_option("--as-of-from", period.as_of_from, "First as-of date");
    app.add_option("--as-of-to", period.as_of_to, "Last as-of date");
  }

  void add_history() {
    auto* history = command(app_, "history", "Runs, newest first");
    history->add_option("--days", history_.days, "How far back, without --from; 0: everything")
        ->capture_default_str();
    history->add_option("--limit", history_.limit, "At most so many")->capture_default_str();
    history->add_option("--status", history_.status, "Only this status");
    history->add_option("--portfolio", history_.portfolio, "Only runs of this portfolio");
    history->add_option("--triggered-by", history_.triggered_by, "Only what this user started");
    add_period(*history, history_.period, "requested");
    on(history, history_);
    auto* jobs = command(app_, "jobs", "Jobs, newest first");
    jobs->add_option("--portfolio", jobs_.portfolio, "Only this portfolio");
    jobs->add_option("--job", jobs_.job, "Only this job type");
    jobs->add_option("--status", jobs_.status, "Only this status");
    jobs->add_option("--run", jobs_.run, "Only this run");
    jobs->add_option("--error-category", jobs_.error_category, "Only this kind of error");
    jobs->add_option("--triggered-by", jobs_.triggered_by, "Only runs that this user started");
    add_period(*jobs, jobs_.period, "ended");
    jobs->add_option("--days", jobs_.days, "How far back, without --from; 0: everything")
        ->capture_default_str();
    jobs->add_option("--limit", jobs_.limit, "At most so many")->capture_default_str();
    on(jobs, jobs_);
    auto* show = command(app_, "show", "One run with its summary; default: the newest");
    show->add_option("run", show_.run, "Id of a run");
    show->add_flag("--logs", show_.logs, "What happened, line by line");
    on(show, show_);
  }

  void add_results() {
    auto* results = command(app_, "results", "Results of a portfolio");
    results->add_option("--portfolio", results_.portfolio, "Id or name")->required();
    results->add_option("--as-of", results_.as_of, "Day; default: the newest with results");
    results->add_option("--job", results_.job, "Only this job type");
    on(results, results_);
    on(command(app_, "portfolios", "All portfolios"), portfolios_);
    auto* report = command(app_, "report", "Risk report of a portfolio, with figures and pictures");
    report->add_option("--portfolio", report_.portfolio, "Id or name")->required();
    report->add_option("--as-of", report_.as_of, "Day; default: the newest with results");
    report->add_option("--format", report_.format, "html, md, json or csv")
        ->check(CLI::IsMember({"html", "md", "json", "csv"}))
        ->capture_default_str();
    report->add_option("--output", report_.output, "File; default: standard output");
    on(report, report_);
  }

  void add_user() {
    auto* sub = command(app_, "user", "Users of the server");
    sub->require_subcommand(1);
    auto* add = command(*sub, "add", "Add a user, or give one a new password and role");
    add->add_option("email", user_add_.email, "E-mail")->required();
    add->add_option("--role", user_add_.role, "admin or viewer")
        ->check(CLI::IsMember({"admin", "viewer"}))
        ->capture_default_str();
    add->add_flag("--password-stdin", user_add_.password_from_stdin,
                  "Read the password from standard input (else RUNLEDGER_NEW_PASSWORD, else ask)");
    on(add, user_add_);
    on(command(*sub, "list", "All users"), user_list_);
    auto* remove = command(*sub, "remove", "Remove a user");
    remove->add_option("email", user_remove_.email, "E-mail")->required();
    on(remove, user_remove_);
  }

  void add_replay() {
    auto* sub = command(app_, "replay", "Read the log");
    sub->require_subcommand(1);
    auto* log = command(*sub, "log", "Events, one a line");
    log->add_option("--after", replay_log_.after, "Begin after this sequence");
    log->add_option("--limit", replay_log_.limit, "At most so many");
    log->add_option("--run", replay_log_.run, "Only this run");
    on(log, replay_log_);
    auto* state = command(*sub, "state", "State of a run after an event, rebuilt from the log");
    state->add_option("--run", replay_state_.run, "Id of a run")->required();
    state->add_option("--at", replay_state_.at, "Sequence; default: the newest");
    on(state, replay_state_);
  }

  void add_store() {
    auto* verify = command(app_, "verify", "Check that nothing in the store was changed or lost");
    verify->add_flag("--deep", verify_.deep, "Also results, inputs, projections and all files");
    verify->add_option("--head", verify_.head,
                       "Hash that a verify printed: proves that nothing was cut off since");
    verify->add_option("--archive", verify_.archive, "Check an archive or export instead");
    verify->add_option("--work-dir", verify_.work_dir, "For the rebuild of --deep; default: /tmp");
    on(verify, verify_);
    auto* backup = command(app_, "backup", "Add a verified backup, of a server or a directory");
    backup->add_option("--to", backup_.to, "Directory of the backups");
    backup->add_option("--keep", backup_.keep, "Drop all but so many of the newest")
        ->check(CLI::Range(1, 1'000'000));
    backup->add_flag("--list", backup_.list, "Only show what there is");
    on(backup, backup_);
    auto* restore = command(app_, "restore", "Make a data directory of a backup");
    restore->add_option("--from", restore_.from, "Directory of the backups")->required();
    restore->add_option("--backup", restore_.backup, "Number of the backup; default: the newest");
    on(restore, restore_);
    auto* exported = command(app_, "export", "Write all events, results and inputs to a file");
    exported->add_option("file", export_.file, "File; - writes lines to standard output")
        ->required();
    exported->add_option("--format", export_.format, "default: jsonl for FILE.jsonl, else bundle")
        ->check(CLI::IsMember({"bundle", "jsonl"}));
    on(exported, export_);
    add_prune();
  }

  void add_prune() {
    auto* prune = command(app_, "prune", "Archive and delete the oldest runs");
    prune->add_option("--keep-days", prune_.keep_days, "Runs that ended longer ago go")
        ->check(CLI::Range(1, 36500));
    prune->add_option("--keep-runs", prune_.keep_runs, "All but so many of the newest go")
        ->check(CLI::Range(1, 1'000'000'000));
    prune->add_option("--keep-gb", prune_.keep_gb, "The oldest go until the store is smaller")
        ->check(CLI::Range(1, 1'000'000));
    prune->add_flag("--dry-run", prune_.dry_run, "Only say what would go");
    on(prune, prune_);
  }

  void add_completions() {
    auto* sub = command(app_, "completions", "Print completions: source <(runledger completions)");
    sub->callback([this] {
      completions_.script = bash_completions();
      chosen_ = [this]() -> CommandOptions { return completions_; };
    });
  }

  // The words that may follow each path of commands.
  void collect_words(const CLI::App& app, const std::string& path, std::string& cases) const {
    std::string words;
    for (const auto* option : app.get_options()) {
      if (!option->get_group().empty() && !option->get_lnames().empty()) {
        words += " --" + option->get_lnames().front();
      }
    }
    for (const auto* sub : app.get_subcommands({})) {
      words += " " + sub->get_name();
      collect_words(*sub, path + " " + sub->get_name(), cases);
    }
    cases += fmt::format("    '{}') words='{}' ;;\n", path, words);
  }

  [[nodiscard]] std::string bash_completions() const {
    std::string cases;
    collect_words(app_, "runledger", cases);
    std::string global;
    for (const auto* option : app_.get_options()) {
      if (!option->get_group().empty() && !option->get_lnames().empty()) {
        global += " --" + option->get_lnames().front();
      }
    }
    return fmt::format(R"(_runledger() {{
  local path=runledger words word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in -*) ;; *) case "$path $word" in
{1}    *) ;; esac ;; esac
  done
  case "$path" in
{0}  esac
  COMPREPLY=($(compgen -W "$words {2}" -- "${{COMP_WORDS[COMP_CWORD]}}"))
  [[ ${{#COMPREPLY[@]}} -eq 0 ]] && COMPREPLY=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o filenames -F _runledger runledger
)",
                       cases, command_paths(app_, "runledger"), global);
  }

  [[nodiscard]] static std::string command_paths(const CLI::App& app, const std::string& path) {
    std::string cases;
    for (const auto* sub : app.get_subcommands({})) {
      const auto longer = path + " " + sub->get_name();
      cases += fmt::format("    '{0}') path='{0}' ;;\n", longer);
      cases += command_paths(*sub, longer);
    }
    return cases;
  }

  // A flag beats the environment: --data on the command line beats RUNLEDGER_SERVER.
  void settle_place(int argc, const char* const* argv) {
    const auto given = [&](std::string_view flag) {
      for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        if (argument == flag || argument.starts_with(std::string(flag) + "=")) {
          return true;
        }
      }
      return false;
    };
    if (given("--data") && !given("--server")) {
      line_.global.server.clear();
    }
  }

  CLI::App app_{"Event-sourced batch engine for portfolio risk", "runledger"};
  CommandLine line_;
  std::string config_;  // Read by apply_file; here so that the flag is known.
  std::function<CommandOptions()> chosen_;
  ServeOptions serve_;
  ImportFilesOptions import_files_;
  ImportPortfolioOptions import_portfolio_;
  RunOptions run_;
  WatchOptions watch_;
  CancelOptions cancel_;
  RetryOptions retry_;
  HistoryOptions history_;
  JobsOptions jobs_;
  ShowOptions show_;
  ResultsOptions results_;
  ReportOptions report_;
  PortfoliosOptions portfolios_;
  UserAddOptions user_add_;
  UserListOptions user_list_;
  UserRemoveOptions user_remove_;
  ReplayLogOptions replay_log_;
  ReplayStateOptions replay_state_;
  VerifyOptions verify_;
  BackupOptions backup_;
  RestoreOptions restore_;
  ExportOptions export_;
  ImportEventsOptions import_events_;
  PruneOptions prune_;
  CompletionsOptions completions_;
};

}  // namespace

std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv) {
  Declaration declaration;
  return declaration.parse(argc, argv);
}

}  // namespace runledger::tools
