#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/events.h"
#include "store/event_log.h"

/// Events as they are sent: rendered once, shared by all who read them.
namespace runledger::http {

/// Which events somebody wants: all fields that are set must be equal.
struct EventFilter {
  std::optional<RunId> run;
  std::optional<PortfolioId> portfolio;
  std::optional<JobType> job_type;

  [[nodiscard]] bool is_open() const noexcept { return !run && !portfolio && !job_type; }
  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

/// True if `event` has what `filter` asks for.
[[nodiscard]] bool matches(const EventFilter& filter, const Event& event) noexcept;

/// One event as a frame of the live feed: {"type":"event","event":{...}}.
struct EventFrame {
  Sequence sequence{};
  RunId run;
  std::optional<PortfolioId> portfolio;  ///< Of events about a job or a portfolio.
  std::optional<JobType> job_type;
  std::string text;
};
using EventFrames = std::vector<std::shared_ptr<const EventFrame>>;

[[nodiscard]] EventFrame make_frame(const Event& event);
[[nodiscard]] bool matches(const EventFilter& filter, const EventFrame& frame) noexcept;

/// Reads and renders up to `limits` events after `after`. Blocks. Errors: kCorruption, kIo.
[[nodiscard]] Result<EventFrames> read_frames(const store::EventLog& log,
                                              Sequence after,
                                              store::ReadLimits limits);

/// The newest frames, so that a thousand subscribers at the end of the log cost one read and one
/// rendering. Thread-safe; refresh() must not run twice at a time.
class EventWindow {
 public:
  struct Limits {
    std::size_t frames_max = 8192;
    std::size_t bytes_max = 8U << 20U;
  };

  /// `log` must outlive this. The window begins empty at the committed end.
  EventWindow(const store::EventLog& log, Limits limits);

  /// Reads what was committed since the last call; if that is more than the window holds, it starts
  /// again at the end. Blocks. Errors: kCorruption, kIo.
  [[nodiscard]] Status refresh();

  /// Frames after `after`, at most `count`; empty if there are none yet; nullopt if they have left
  /// the window and must be read from the log.
  [[nodiscard]] std::optional<EventFrames> after(Sequence after, std::size_t count) const;

 private:
  const store::EventLog* log_;
  Limits limits_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const EventFrame>> frames_;
  std::size_t bytes_ = 0;
  Sequence tail_{};  // Of the newest frame, or where the window began.
};

}  // namespace runledger::http
