#include "engine/compute_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace runledger::engine {
namespace {

class ThreadPool final : public ComputePool {
 public:
  explicit ThreadPool(unsigned threads) {
    threads_.reserve(threads);
    for (unsigned i = 0; i < threads; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  ~ThreadPool() override {
    for (auto& thread : threads_) {
      thread.request_stop();
    }
  }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(Task work) override {
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(work));
    }
    wake_.notify_one();
  }

 private:
  void work(const std::stop_token& stop) {
    while (true) {
      Task task;
      {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !tasks_.empty(); }) || stop.stop_requested()) {
          return;
        }
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_;
  std::vector<std::jthread> threads_;  // Last: they end before what they use.
};

}  // namespace

std::unique_ptr<ComputePool> make_thread_pool(unsigned threads) {
  return std::make_unique<ThreadPool>(threads);
}

}  // namespace runledger::engine
