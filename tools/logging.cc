#include "tools/logging.h"

#include <vector>

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "schema/codec.h"
#include "schema/json_writer.h"

namespace runledger::tools {
namespace {

constexpr std::size_t kFileBytesMax = 10U << 20U;
constexpr std::size_t kFilesMax = 5;
constexpr std::size_t kReadEvents = 1000;
// Separates a message from its fields, which are JSON members. No message of ours has it.
constexpr char kFieldsMark = '\x1f';

struct Parts {
  std::string_view message;
  std::string_view members;  // `"seq":7,"run_id":"..."`
};

Parts split(std::string_view text) noexcept {
  const auto mark = text.rfind(kFieldsMark);
  if (mark == std::string_view::npos) {
    return {text, {}};
  }
  return {text.substr(0, mark), text.substr(mark + 1)};
}

// One line a message, whatever it holds.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      line += c;
    }
  }
  return line;
}

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(bool json) : json_(json) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string time =
        format_time(std::chrono::time_point_cast<std::chrono::nanoseconds>(message.time));
    const auto level = spdlog::level::to_string_view(message.level);
    const auto line = format_line(
        {time, {level.data(), level.size()}, {message.payload.data(), message.payload.size()}},
        json_);
    out.append(line.data(), line.data() + line.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(json_);
  }

 private:
  bool json_;
};

spdlog::level::level_enum to_spdlog(http::ActivityLevel level) noexcept {
  switch (level) {
    case http::ActivityLevel::kDebug:
      return spdlog::level::debug;
    case http::ActivityLevel::kInfo:
      return spdlog::level::info;
    case http::ActivityLevel::kWarning:
      return spdlog::level::warn;
    case http::ActivityLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

Status set_up_logging(const LogOptions& options) {
  try {
    std::vector<spdlog::sink_ptr> sinks;
    if (options.console) {
      sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
    }
    if (options.directory) {
      std::filesystem::create_directories(*options.directory);
      sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
          (*options.directory / "runledger.log").string(), kFileBytesMax, kFilesMax));
    }
    auto logger = std::make_shared<spdlog::logger>("runledger", sinks.begin(), sinks.end());
    logger->set_formatter(std::make_unique<LineFormatter>(options.json));
    logger->set_level(spdlog::level::from_str(options.level));
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
  } catch (const std::exception& exception) {
    return fail(Code::kIo, fmt::format("cannot set up the log: {}", exception.what()));
  }
  return {};
}

std::string with_fields(std::string message, const LogFields& fields) {
  JsonWriter json;
  json.begin_object();
  if (fields.sequence) {
    json.field("seq", raw(*fields.sequence));
  }
  if (fields.run) {
    json.field("run_id", to_string(*fields.run));
  }
  if (fields.job) {
    json.field("job_id", to_string(*fields.job));
  }
  if (fields.job_type) {
    json.field("job_type", to_string(*fields.job_type));
  }
  if (fields.as_of) {
    json.field("as_of", format_date(*fields.as_of));
  }
  if (fields.portfolio) {
    json.field("portfolio_id", to_string(*fields.portfolio));
  }
  if (fields.portfolio_name) {
    json.field("portfolio", *fields.portfolio_name);
  }
  if (fields.attempt) {
    json.field("attempt", raw(*fields.attempt));
  }
  json.end_object();
  const std::string object = json.take();
  message += kFieldsMark;
  message += std::string_view(object).substr(1, object.size() - 2);
  return message;
}

std::string format_line(const LogLine& line, bool json) {
  const auto [message, members] = split(line.message);
  if (!json) {
    return fmt::format("{} [{}] {}{}{}\n", line.time, line.level, one_line(message),
                       members.empty() ? "" : " ", members);
  }
  JsonWriter writer;
  writer.begin_object();
  writer.field("time", line.time).field("level", line.level).field("message", message);
  writer.end_object();
  std::string object = writer.take();
  if (!members.empty()) {
    object.insert(object.size() - 1, fmt::format(",{}", members));
  }
  return object + "\n";
}

void log_event(const Event& event, http::ActivityWriter& writer) {
  const auto activity = writer.describe(event);
  // A large run has a million jobs that go well: those are for who looks for them.
  const bool ordinary_job =
      job_of(event.payload) != nullptr && activity.level == http::ActivityLevel::kInfo;
  const auto level = ordinary_job ? spdlog::level::debug : to_spdlog(activity.level);
  if (!spdlog::should_log(level)) {
    return;
  }
  LogFields fields;
  fields.sequence = event.sequence;
  if (!event.run.is_nil()) {
    fields.run = event.run;
  }
  if (const auto* job = job_of(event.payload)) {
    fields.job = make_job_id(event.run, job->index);
    fields.job_type = job->type;
    fields.as_of = job->as_of;
    if (!job->portfolio.is_nil()) {
      fields.portfolio = job->portfolio;
      fields.portfolio_name = writer.portfolio_name(job->portfolio);
    }
  }
  std::visit(
      [&](const auto& payload) {
        if constexpr (requires { payload.attempt; }) {
          fields.attempt = payload.attempt;
        }
      },
      event.payload);
  // As a value, not as a format: the message may hold braces.
  spdlog::log(level, "{}", with_fields(activity.message, fields));
}

EventLogger::EventLogger(const store::EventLog& log)
    : log_(&log), after_(log.committed()), committed_(after_) {
  commits_ = log.notify_committed([this](Sequence committed) {
    const std::lock_guard lock(mutex_);
    committed_ = committed;
    changed_.notify_one();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
}

EventLogger::~EventLogger() {
  commits_.reset();
  thread_.request_stop();
  thread_.join();
}

// What was committed before the stop is logged before the end.
void EventLogger::follow(const std::stop_token& stop) {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return committed_ > after_; })) {
        return;
      }
    }
    const auto records = log_->read(after_, {.events_max = kReadEvents});
    if (!records || records->empty()) {
      if (!records) {
        spdlog::error("events after {} cannot be logged: {}", raw(after_), records.error().message);
      }
      after_ = log_->committed();
      continue;
    }
    for (const auto& record : *records) {
      after_ = record.sequence;
      if (const auto event = decode_event(record.bytes)) {
        log_event(*event, writer_);
      }
    }
  }
}

}  // namespace runledger::tools
