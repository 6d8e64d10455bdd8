#include "http/router.h"

#include <algorithm>
#include <set>

#include "schema/invariant.h"

namespace runledger::http {
namespace {

bool is_variable(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> segments;
  RL_ASSERT(path.starts_with('/'));
  path.remove_prefix(1);
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

}  // namespace

void Router::add(Route route) {
  for (const auto& other : routes_) {
    RL_ASSERT(other.method != route.method || other.path != route.path);
  }
  Pattern pattern{split_path(route.path), 0};
  pattern.literals = static_cast<std::size_t>(
      std::ranges::count_if(pattern.segments, [](const auto& s) { return !is_variable(s); }));
  routes_.push_back(std::move(route));
  patterns_.push_back(std::move(pattern));
}

bool Router::fits(const Pattern& pattern, const Target& target) noexcept {
  return std::ranges::equal(pattern.segments, target.segments,
                            [](const std::string& wanted, const std::string& given) {
                              return is_variable(wanted) ? !given.empty() : wanted == given;
                            });
}

std::expected<Router::Match, Problem> Router::match(Method method, const Target& target) const {
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  const Pattern* best = nullptr;
  Match match;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (routes_[i].method == wanted && fits(patterns_[i], target) &&
        (best == nullptr || patterns_[i].literals > best->literals)) {
      best = &patterns_[i];
      match.route = &routes_[i];
      match.index = i;
    }
  }
  if (best == nullptr) {
    auto methods = allowed(target);
    if (methods.empty()) {
      return refuse(404, "route_not_found", "there is nothing at this path; see /openapi.json");
    }
    Problem problem(405, "method_not_allowed", "this path answers " + methods);
    problem.headers.push_back({"Allow", std::move(methods)});
    return std::unexpected(std::move(problem));
  }
  for (std::size_t i = 0; i < best->segments.size(); ++i) {
    const auto& segment = best->segments[i];
    if (is_variable(segment)) {
      match.path.emplace_back(segment.substr(1, segment.size() - 2), target.segments[i]);
    }
  }
  return match;
}

std::string Router::allowed(const Target& target) const {
  std::set<std::string_view> methods;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (fits(patterns_[i], target)) {
      methods.insert(to_string(routes_[i].method));
      if (routes_[i].method == Method::kGet) {
        methods.insert(to_string(Method::kHead));
      }
    }
  }
  if (methods.empty()) {
    return "";
  }
  methods.insert(to_string(Method::kOptions));
  std::string text;
  for (const auto method : methods) {
    text += text.empty() ? "" : ", ";
    text += method;
  }
  return text;
}

}  // namespace runledger::http
