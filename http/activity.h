#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "schema/events.h"

namespace runledger::http {

enum class ActivityLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
/// "DEBUG", "INFO", "WARNING", "ERROR".
[[nodiscard]] std::string_view to_string(ActivityLevel level) noexcept;

/// An event as a sentence for people.
struct Activity {
  ActivityLevel level = ActivityLevel::kInfo;
  std::string message;
};

/// Turns events into sentences. Learns the names of portfolios from the events that carry them.
/// Not thread-safe.
class ActivityWriter {
 public:
  [[nodiscard]] Activity describe(const Event& event);
  /// Name of a portfolio that an event before has named, else its id; "market" for nil.
  [[nodiscard]] std::string portfolio_name(const PortfolioId& id) const;

 private:
  void learn(const Event& event);
  std::unordered_map<PortfolioId, std::string> names_;
};

}  // namespace runledger::http
