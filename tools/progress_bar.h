#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace runledger::tools {

/// What a progress display shows.
struct ProgressView {
  std::string status;
  double percent = 0;
  std::string job;        ///< Current job type; empty if none.
  std::string portfolio;  ///< Of that job; empty for the market scope.
  std::string as_of;
  std::uint64_t total = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  double elapsed_seconds = 0;
  std::optional<double> eta_seconds;
};

/// The display as one line that fits into `columns`, without colours:
/// "[=====>    ]  52.3 %  640/1224 jobs  2 failed  greeks_calculation Hedge 2017-03-01  ETA 0:12"
[[nodiscard]] std::string progress_line(const ProgressView& view, std::size_t columns);

/// "1:02:03", "0:07".
[[nodiscard]] std::string clock_text(double seconds);

/// Shows how a run goes on, on standard error.
class ProgressDisplay {
 public:
  virtual ~ProgressDisplay() = default;
  virtual void show(const ProgressView& view) = 0;
  /// Takes the bar away; the next output begins on a clean line.
  virtual void finish() = 0;
};

/// A bar that is redrawn if standard error is a terminal; else a line now and then.
[[nodiscard]] std::unique_ptr<ProgressDisplay> make_progress_display();

}  // namespace runledger::tools
