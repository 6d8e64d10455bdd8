#include "tools/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>
#include <sys/ioctl.h>

#include "tools/table.h"

namespace runledger::tools {
namespace {

constexpr std::size_t kBarWidthMin = 10;
constexpr std::size_t kBarWidthMax = 40;
// A plain line when so much has changed.
constexpr double kPlainPercentStep = 10;
constexpr double kPlainSecondsStep = 10;

std::string counts_text(const ProgressView& view) {
  auto text = fmt::format("{}/{} jobs", view.completed + view.failed + view.skipped, view.total);
  if (view.failed > 0) {
    text += fmt::format("  {} failed", view.failed);
  }
  return text;
}

std::string bar_text(double percent, std::size_t width) {
  const auto full = static_cast<std::size_t>(std::clamp(percent, 0.0, 100.0) / 100.0 *
                                             static_cast<double>(width));
  std::string bar(full, '=');
  if (full < width) {
    bar += '>';
    bar.append(width - full - 1, ' ');
  }
  return "[" + bar + "]";
}

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

class BarDisplay final : public ProgressDisplay {
 public:
  void show(const ProgressView& view) override {
    const auto columns = terminal_columns();
    // The last column stays free: some terminals wrap when it is written to.
    fmt::print(stderr, "\r\x1b[K{}", progress_line(view, columns - 1));
    std::fflush(stderr);
    shown_ = true;
  }
  void finish() override {
    if (shown_) {
      fmt::print(stderr, "\r\x1b[K");
      std::fflush(stderr);
      shown_ = false;
    }
  }

 private:
  bool shown_ = false;
};

class LineDisplay final : public ProgressDisplay {
 public:
  void show(const ProgressView& view) override {
    const bool changed = view.status != status_ || view.failed != failed_;
    if (!changed && view.percent < percent_ + kPlainPercentStep &&
        view.elapsed_seconds < seconds_ + kPlainSecondsStep) {
      return;
    }
    status_ = view.status;
    failed_ = view.failed;
    percent_ = view.percent;
    seconds_ = view.elapsed_seconds;
    fmt::print(stderr, "{}: {:.1f} %  {}{}{}\n", view.status, view.percent, counts_text(view),
               view.job.empty() ? "" : "  " + view.job,
               view.eta_seconds ? "  ETA " + clock_text(*view.eta_seconds) : "");
    std::fflush(stderr);
  }
  void finish() override {}

 private:
  std::string status_;
  std::uint64_t failed_ = 0;
  double percent_ = 0;
  double seconds_ = 0;
};

}  // namespace

std::string clock_text(double seconds) {
  const auto total = static_cast<std::uint64_t>(std::llround(std::max(seconds, 0.0)));
  if (total >= 3600) {
    return fmt::format("{}:{:02d}:{:02d}", total / 3600, total / 60 % 60, total % 60);
  }
  return fmt::format("{}:{:02d}", total / 60, total % 60);
}

std::string progress_line(const ProgressView& view, std::size_t columns) {
  std::string tail = fmt::format(" {:5.1f} %  {}", view.percent, counts_text(view));
  const std::string eta = view.eta_seconds ? "  ETA " + clock_text(*view.eta_seconds) : "";
  std::string job;
  if (!view.job.empty()) {
    job = "  " + view.job + (view.portfolio.empty() ? "" : " " + view.portfolio) +
          (view.as_of.empty() ? "" : " " + view.as_of);
  }
  // What matters least goes first when the line is narrow: the bar's length, then the job.
  const std::size_t fixed = display_width(tail) + eta.size() + 2;
  std::size_t room = columns > fixed + kBarWidthMin ? columns - fixed - kBarWidthMin : 0;
  if (display_width(job) > room) {
    job.clear();
  }
  room -= display_width(job);
  const auto width = std::min(kBarWidthMin + room, kBarWidthMax);
  std::string line = bar_text(view.percent, width) + tail + job + eta;
  if (display_width(line) > columns) {
    line = fmt::format("{:.1f} %", view.percent);
  }
  return line;
}

std::unique_ptr<ProgressDisplay> make_progress_display() {
  if (isatty(STDERR_FILENO) == 1) {
    return std::make_unique<BarDisplay>();
  }
  return std::make_unique<LineDisplay>();
}

}  // namespace runledger::tools
