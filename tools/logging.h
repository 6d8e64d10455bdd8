#pragma once

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "http/activity.h"
#include "schema/error.h"
#include "schema/events.h"
#include "store/event_log.h"

namespace runledger::tools {

struct LogOptions {
  std::string level = "info";  ///< debug, info, warning, error.
  bool json = false;
  bool console = true;                             ///< Standard error.
  std::optional<std::filesystem::path> directory;  ///< For runledger.log, 10 MB x 5.
};

/// Makes the default logger of spdlog for the whole program. Lines are text, or JSON objects.
/// Errors: kIo (the file cannot be written).
[[nodiscard]] Status set_up_logging(const LogOptions& options);

/// What a line is about; every field that is set stands on the line.
struct LogFields {
  std::optional<Sequence> sequence;
  std::optional<RunId> run;
  std::optional<JobId> job;
  std::optional<JobType> job_type;
  std::optional<Date> as_of;
  std::optional<PortfolioId> portfolio;
  std::optional<std::string> portfolio_name;
  std::optional<Attempt> attempt;
};

/// A message for spdlog that carries `fields` to the formatter.
[[nodiscard]] std::string with_fields(std::string message, const LogFields& fields);

/// One line as the formatter makes it, for tests.
struct LogLine {
  std::string_view time;
  std::string_view level;
  std::string_view message;  ///< From with_fields, or any text.
};
[[nodiscard]] std::string format_line(const LogLine& line, bool json);

/// Logs one committed event.
void log_event(const Event& event, http::ActivityWriter& writer);

/// Logs every event that is committed from now on, on a thread of its own.
class EventLogger {
 public:
  /// `log` must outlive this.
  explicit EventLogger(const store::EventLog& log);
  ~EventLogger();
  EventLogger(const EventLogger&) = delete;
  EventLogger& operator=(const EventLogger&) = delete;

 private:
  void follow(const std::stop_token& stop);

  const store::EventLog* log_;
  Sequence after_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  Sequence committed_;
  http::ActivityWriter writer_;
  std::unique_ptr<store::Subscription> commits_;
  std::jthread thread_;
};

}  // namespace runledger::tools
