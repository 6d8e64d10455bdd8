#include "http/rate_limit.h"

namespace runledger::http {

std::chrono::nanoseconds RateLimiter::wait_for(const std::string& key) {
  const std::lock_guard lock(mutex_);
  return wait_locked(key, clock_->mono_now());
}

void RateLimiter::record(const std::string& key) {
  const std::lock_guard lock(mutex_);
  record_locked(key, clock_->mono_now());
}

bool RateLimiter::try_record(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto now = clock_->mono_now();
  if (wait_locked(key, now).count() > 0) {
    return false;
  }
  record_locked(key, now);
  return true;
}

void RateLimiter::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  instants_.erase(key);
  std::erase(order_, key);
}

std::chrono::nanoseconds RateLimiter::wait_locked(const std::string& key, engine::MonoTime now) {
  const auto found = instants_.find(key);
  if (found == instants_.end()) {
    return {};
  }
  auto& instants = found->second;
  while (!instants.empty() && instants.front() + limits_.window <= now) {
    instants.pop_front();
  }
  if (instants.size() < limits_.events_max) {
    return {};
  }
  return instants.front() + limits_.window - now;
}

void RateLimiter::record_locked(const std::string& key, engine::MonoTime now) {
  const auto [entry, is_new] = instants_.try_emplace(key);
  if (is_new) {
    order_.push_back(key);
    if (order_.size() > limits_.keys_max) {
      instants_.erase(order_.front());
      order_.pop_front();
    }
  }
  auto& instants = entry->second;
  instants.push_back(now);
  if (instants.size() > limits_.events_max) {
    instants.pop_front();
  }
}

}  // namespace runledger::http
