#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "schema/build_info.h"
#include "store/backup.h"
#include "store/bundle.h"
#include "store/projections.h"
#include "store/rocks_event_log.h"
#include "store/verify.h"
#include "tools/bundle_lines.h"
#include "tools/commands/commands.h"
#include "tools/progress_bar.h"
#include "tools/table.h"

namespace runledger::tools {
namespace {

using Json = nlohmann::ordered_json;

/// Seconds since it was made.
class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(clock_.mono_now() - begin_).count();
  }

 private:
  engine::SystemClock clock_;
  engine::MonoTime begin_ = clock_.mono_now();
};

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// What works on files only cannot work on a server.
std::expected<void, Failure> need_local(const GlobalOptions& global, std::string_view command) {
  if (!global.server.empty()) {
    return std::unexpected(
        Failure{kExitUsage,
                fmt::format("{} works on a data directory: give --data, not --server", command)});
  }
  const LogOptions console{global.log_level, global.log_format == "json", false, std::nullopt};
  if (const auto ready = set_up_logging(console); !ready) {
    return std::unexpected(to_failure(ready.error()));
  }
  return {};
}

std::expected<std::unique_ptr<store::EventLog>, Failure> open_log(const GlobalOptions& global,
                                                                  store::OpenMode mode) {
  store::RocksLogOptions options;
  options.directory = global.data;
  options.mode = mode;
  auto log = store::open_rocks_event_log(options, store::make_projections());
  if (!log) {
    Failure failure = to_failure(log.error());
    if (log.error().code == Code::kConflict) {
      failure.message += "; if a server runs on it, use --server URL";
    }
    return std::unexpected(std::move(failure));
  }
  return std::move(*log);
}

// --- verify

/// How far a check has come, on standard error: a line that is redrawn on a terminal, else a line
/// now and then.
class VerifyDisplay {
 public:
  void show(const store::VerifyProgress& at) {
    const double seconds = watch_.seconds();
    const bool terminal = isatty(STDERR_FILENO) == 1;
    if (seconds < next_) {
      return;
    }
    next_ = seconds + (terminal ? 0.1 : 10.0);
    std::string text = fmt::format("verifying {}: {}", at.stage, at.done);
    if (at.total != 0) {
      const double share = static_cast<double>(at.done) / static_cast<double>(at.total);
      text += fmt::format(" of {} ({:.0f} %)  ETA {}", at.total, 100 * share,
                          clock_text(seconds * (1 - share) / share));
    }
    fmt::print(stderr, "{}{}{}", terminal ? "\r\x1b[K" : "", text, terminal ? "" : "\n");
    std::fflush(stderr);
    shown_ = terminal;
  }
  void finish() const {
    if (shown_) {
      fmt::print(stderr, "\r\x1b[K");
      std::fflush(stderr);
    }
  }

 private:
  Stopwatch watch_;
  double next_ = 1.0;  // What takes less than a second needs no display.
  bool shown_ = false;
};

Json to_json(const store::VerifyReport& report, bool deep, double seconds) {
  Json json = {{"verified", true},
               {"deep", deep},
               {"store_id", to_string(report.store)},
               {"first_seq", raw(report.first)},
               {"last_seq", raw(report.last)},
               {"head_hash", to_string(report.head_hash)},
               {"events", report.events},
               {"event_bytes", report.event_bytes},
               {"seals", report.seals},
               {"pruned_through", raw(report.pruned)},
               {"unknown_events", report.unknown_events},
               {"quarantined", report.quarantined}};
  if (deep) {
    json.update({{"results", report.results},
                 {"inputs", report.inputs},
                 {"blob_bytes", report.blob_bytes},
                 {"rows", report.rows}});
  }
  json["seconds"] = seconds;
  return json;
}

std::string to_text(const store::VerifyReport& report, bool deep, double seconds) {
  std::string text = fmt::format(
      "verified         {} events, {} to {}, {} in {:.2f} s ({:.0f} events/s)\n"
      "sealed           {} segments\n",
      report.events, raw(report.first), raw(report.last), megabytes(report.event_bytes), seconds,
      static_cast<double>(report.events) / std::max(seconds, 1e-9), report.seals);
  if (report.pruned != Sequence{}) {
    text += fmt::format("pruned           up to event {}\n", raw(report.pruned));
  }
  if (deep) {
    text += fmt::format(
        "results, inputs  {} and {}, {}\nprojections      {} rows, equal to a rebuild\n",
        report.results, report.inputs, megabytes(report.blob_bytes), report.rows);
  }
  if (report.unknown_events != 0) {
    text += fmt::format("unknown          {} events of kinds that this version does not know\n",
                        report.unknown_events);
  }
  if (report.quarantined != 0) {
    text += fmt::format("QUARANTINE       {} events could not be applied to a projection\n",
                        report.quarantined);
  }
  return text + fmt::format("head             {}\n", to_string(report.head_hash));
}

Exit verify_archive(const GlobalOptions& global, const std::string& path) {
  const Stopwatch watch;
  const auto footer =
      has_bundle_lines(path) ? read_bundle_lines(path, nullptr) : store::read_bundle(path, nullptr);
  if (!footer) {
    return std::unexpected(to_failure(footer.error()));
  }
  const double seconds = watch.seconds();
  if (global.json) {
    print(Json{{"verified", true},
               {"events", footer->events},
               {"blobs", footer->blobs},
               {"last_seq", raw(footer->last)},
               {"last_hash", to_string(footer->last_hash)},
               {"root", to_string(footer->root)},
               {"seconds", seconds}}
              .dump() +
          "\n");
  } else {
    print(
        fmt::format("verified         {} events up to {}, {} results and inputs, in {:.2f} s\n"
                    "root             {}\nhead             {}\n",
                    footer->events, raw(footer->last), footer->blobs, seconds,
                    to_string(footer->root), to_string(footer->last_hash)));
  }
  return kExitDone;
}

}  // namespace

Exit verify(const GlobalOptions& global, const VerifyOptions& options) {
  if (const auto local = need_local(global, "verify"); !local) {
    return std::unexpected(local.error());
  }
  if (options.archive) {
    return verify_archive(global, *options.archive);
  }
  store::VerifyOptions wanted;
  wanted.deep = options.deep;
  if (options.work_dir) {
    wanted.work_directory = *options.work_dir;
  }
  if (options.head) {
    wanted.head = parse_digest(*options.head);
    if (!wanted.head) {
      return std::unexpected(Failure{kExitUsage, "--head needs the 64 hex digits of a hash"});
    }
  }
  const Stopwatch watch;
  VerifyDisplay display;
  wanted.progress = [&display](const store::VerifyProgress& at) { display.show(at); };
  const auto report = store::verify_store(global.data, wanted);
  display.finish();
  if (!report) {
    return std::unexpected(to_failure(report.error()));
  }
  const double seconds = watch.seconds();
  print(global.json ? to_json(*report, options.deep, seconds).dump() + "\n"
                    : to_text(*report, options.deep, seconds));
  return kExitDone;
}

// --- backup, restore

namespace {

Json to_json(const store::BackupInfo& backup) {
  return {{"backup", backup.id},
          {"taken_at", format_time(backup.taken_at)},
          {"committed", raw(backup.committed)},
          {"head_hash", to_string(backup.head_hash)},
          {"bytes", backup.bytes},
          {"files", backup.files}};
}

Exit list_backups(const GlobalOptions& global, const std::string& directory) {
  const auto backups = store::list_backups(directory);
  if (!backups) {
    return std::unexpected(to_failure(backups.error()));
  }
  Json rows = Json::array();
  Table table({{"BACKUP", Align::kRight},
               {"TAKEN"},
               {"EVENTS", Align::kRight},
               {"SIZE", Align::kRight},
               {"HEAD"}});
  for (const auto& backup : *backups) {
    rows.push_back(to_json(backup));
    table.add({std::to_string(backup.id), format_time(backup.taken_at).substr(0, 19),
               std::to_string(raw(backup.committed)), megabytes(backup.bytes),
               to_string(backup.head_hash).substr(0, 16)});
  }
  print(global.json ? rows.dump() + "\n" : table.to_text());
  return kExitDone;
}

void print_backup(const GlobalOptions& global, const Json& backup, std::string_view verb) {
  print(global.json
            ? backup.dump() + "\n"
            : fmt::format("backup {} {}: {} events, {}, head {}\n", backup.value("backup", 0), verb,
                          backup.value("committed", std::uint64_t{0}),
                          megabytes(backup.value("bytes", std::uint64_t{0})),
                          backup.value("head_hash", "")));
}

Exit backup_by_server(const GlobalOptions& global, const BackupOptions& options) {
  if (!options.to.empty() || options.keep) {
    return std::unexpected(
        Failure{kExitUsage, "a server writes to its own --backup-dir: leave --to and --keep out"});
  }
  auto session = Session::open(global, Session::Need::kWrite);
  if (!session) {
    return std::unexpected(session.error());
  }
  http::Request request;
  request.method = http::Method::kPost;
  request.target = "/api/v1/admin/backups";
  const auto body = (*session)->call(std::move(request));
  if (!body) {
    return std::unexpected(body.error());
  }
  const auto made = parse_body(*body);
  if (!made) {
    return std::unexpected(made.error());
  }
  print_backup(global, *made, "made and verified");
  return kExitDone;
}

}  // namespace

Exit backup(const GlobalOptions& global, const BackupOptions& options) {
  if (!global.server.empty()) {
    return backup_by_server(global, options);
  }
  if (options.to.empty()) {
    return std::unexpected(Failure{kExitUsage, "give the directory of the backups with --to"});
  }
  if (const auto local = need_local(global, "backup"); !local) {
    return std::unexpected(local.error());
  }
  if (options.list) {
    return list_backups(global, options.to);
  }
  const auto log = open_log(global, store::OpenMode::kMustExist);
  if (!log) {
    return std::unexpected(log.error());
  }
  const auto made = (*log)->maintenance()->backup(options.to);
  if (!made) {
    return std::unexpected(to_failure(made.error()));
  }
  if (options.keep) {
    if (const auto dropped = store::drop_old_backups(options.to, *options.keep); !dropped) {
      return std::unexpected(to_failure(dropped.error()));
    }
  }
  print_backup(global, to_json(*made), "made and verified");
  return kExitDone;
}

Exit restore(const GlobalOptions& global, const RestoreOptions& options) {
  if (const auto local = need_local(global, "restore"); !local) {
    return std::unexpected(local.error());
  }
  const auto restored = store::restore_backup(options.from, options.backup, global.data);
  if (!restored) {
    return std::unexpected(to_failure(restored.error()));
  }
  print_backup(global, to_json(*restored), "restored to " + global.data);
  return kExitDone;
}

// --- export, import

Exit export_events(const GlobalOptions& global, const ExportOptions& options) {
  if (const auto local = need_local(global, "export"); !local) {
    return std::unexpected(local.error());
  }
  const std::filesystem::path path(options.file);
  const bool lines = options.format.empty() ? path == "-" || path.extension() == ".jsonl"
                                            : options.format == "jsonl";
  if (!lines && path == "-") {
    return std::unexpected(Failure{kExitUsage, "a bundle needs a file; only jsonl can go to -"});
  }
  const auto log = open_log(global, store::OpenMode::kReadOnly);
  if (!log) {
    return std::unexpected(log.error());
  }
  const auto sink = lines ? make_bundle_lines(path) : store::make_bundle_file(path);
  if (!sink) {
    return std::unexpected(to_failure(sink.error()));
  }
  const auto written = store::export_bundle(
      **log, {.after = (*log)->pruned(), .through = {}, .whole = true}, **sink);
  if (!written) {
    return std::unexpected(to_failure(written.error()));
  }
  if (path != "-") {
    print(fmt::format("events {} to {} exported to {}\n", raw((*log)->pruned()) + 1,
                      raw((*log)->committed()), path.string()));
  }
  return kExitDone;
}

Exit import_events(const GlobalOptions& global, const ImportEventsOptions& options) {
  if (const auto local = need_local(global, "import events"); !local) {
    return std::unexpected(local.error());
  }
  const std::filesystem::path path(options.file);
  const auto store = store::make_store_from_bundle(global.data, std::string(build_info()));
  if (!store) {
    return std::unexpected(to_failure(store.error()));
  }
  const auto footer = has_bundle_lines(path) ? read_bundle_lines(path, store->get())
                                             : store::read_bundle(path, store->get());
  if (!footer) {
    return std::unexpected(to_failure(footer.error()));
  }
  print(fmt::format("{} events up to {} imported to {}\n", footer->events, raw(footer->last),
                    global.data));
  return kExitDone;
}

// --- prune

Exit prune(Session& session, const PruneOptions& options) {
  http::Request request;
  request.method = http::Method::kPost;
  const auto number = [](const std::optional<std::uint32_t>& value, std::uint64_t unit) {
    return value ? std::optional(std::to_string(*value * unit)) : std::nullopt;
  };
  request.target = make_target(
      "/api/v1/admin/prune",
      {{"keep_days", number(options.keep_days, 1)},
       {"keep_runs", number(options.keep_runs, 1)},
       {"keep_bytes", number(options.keep_gb, 1'000'000'000)},
       {"dry_run", options.dry_run ? std::optional<std::string>("true") : std::nullopt}});
  const auto body = session.call(std::move(request));
  if (!body) {
    return std::unexpected(body.error());
  }
  const auto outcome = parse_body(*body);
  if (!outcome) {
    return std::unexpected(outcome.error());
  }
  if (session.options().json) {
    print(*body + "\n");
    return kExitDone;
  }
  const auto runs = outcome->value("runs", 0U);
  if (runs == 0) {
    print("nothing to prune\n");
    return kExitDone;
  }
  const std::string archive = outcome->value("archive", "");
  print(fmt::format(
      "{} runs, events {} to {}, {} results {} ({}){}\n", runs,
      outcome->value("first_seq", std::uint64_t{0}),
      outcome->value("through_seq", std::uint64_t{0}), outcome->value("results", std::uint64_t{0}),
      outcome->value("pruned", false) ? "pruned" : "would be pruned", outcome->value("reason", ""),
      archive.empty() ? "" : "; archived in " + archive));
  return kExitDone;
}

}  // namespace runledger::tools
