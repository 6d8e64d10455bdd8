#pragma once

#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "http/route.h"
#include "http/target.h"

namespace runledger::http {

/// Finds the route of a request. Filled once, then read only: thread-safe from then on.
class Router {
 public:
  /// Adds a route. Two routes with the same method and path are a mistake (asserts).
  void add(Route route);

  struct Match {
    const Route* route = nullptr;
    std::size_t index = 0;  ///< In routes().
    Arguments::Pairs path;  ///< Values of the {names}.
  };
  /// The route with most literal segments wins. HEAD finds the route of GET.
  /// Problems: 404 `route_not_found`; 405 `method_not_allowed` with the Allow header.
  [[nodiscard]] std::expected<Match, Problem> match(Method method, const Target& target) const;

  /// Methods of a path, "GET, HEAD, OPTIONS"; empty if there is no such path.
  [[nodiscard]] std::string allowed(const Target& target) const;

  [[nodiscard]] const std::deque<Route>& routes() const noexcept { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string> segments;  ///< "{name}" stands for any.
    std::size_t literals = 0;
  };
  [[nodiscard]] static bool fits(const Pattern& pattern, const Target& target) noexcept;

  std::deque<Route> routes_;  // Stable addresses: Match points into it.
  std::vector<Pattern> patterns_;
};

}  // namespace runledger::http
