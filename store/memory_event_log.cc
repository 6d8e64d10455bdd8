#include "store/memory_event_log.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "store/commit_listeners.h"
#include "store/event_chain.h"
#include "store/log_rows.h"
#include "store/quarantine.h"

namespace runledger::store {
namespace {

/// Tables as ordered maps. A scan copies its range, so that a visitor may read and nothing is
/// locked while it runs.
class MemoryTables final : public TableReader {
 public:
  [[nodiscard]] Result<std::optional<std::string>> get(Table table,
                                                       std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    const Rows& rows = rows_of(table);
    const auto found = rows.find(key);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }

  [[nodiscard]] Status scan(Table table,
                            std::string_view begin,
                            std::string_view end,
                            ScanOrder order,
                            const RowVisitor& visit) const override {
    std::vector<std::pair<std::string, std::string>> range = copy_range(table, begin, end);
    if (order == ScanOrder::kDescending) {
      std::ranges::reverse(range);
    }
    for (const auto& [key, value] : range) {
      if (!visit(key, value)) {
        break;
      }
    }
    return {};
  }

  void apply(const TableBatch& batch) {
    const std::lock_guard lock(mutex_);
    for (const auto& row : batch.operations()) {
      Rows& rows = tables_[static_cast<std::size_t>(row.table)];
      if (row.value) {
        rows.insert_or_assign(row.key, *row.value);
      } else {
        rows.erase(row.key);
      }
    }
  }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;

  [[nodiscard]] const Rows& rows_of(Table table) const {
    return tables_[static_cast<std::size_t>(table)];
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> copy_range(
      Table table, std::string_view begin, std::string_view end) const {
    const std::lock_guard lock(mutex_);
    const Rows& rows = rows_of(table);
    if (!end.empty() && end <= begin) {
      return {};
    }
    return {rows.lower_bound(begin), end.empty() ? rows.end() : rows.lower_bound(end)};
  }

  mutable std::mutex mutex_;
  std::array<Rows, kTableCount> tables_;
};

class MemoryEventLog final : public EventLog {
 public:
  MemoryEventLog(Projections projections, CommitObserver observer)
      : projections_(std::move(projections)), observer_(std::move(observer)) {}
  MemoryEventLog(const MemoryEventLog&) = delete;
  MemoryEventLog& operator=(const MemoryEventLog&) = delete;
  ~MemoryEventLog() override { close(); }

  [[nodiscard]] Status append(AppendRequest request, AppendCallback done) override {
    RL_TRY(validate(request));
    std::unique_lock lock(mutex_);
    if (closed_) {
      return fail(Code::kUnavailable, "the log is closed");
    }
    queue_.emplace_back(std::move(request), std::move(done));
    if (appending_) {
      return {};
    }
    appending_ = true;
    while (!queue_.empty()) {
      auto [queued, answer] = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      append_one(std::move(queued), answer);
      lock.lock();
    }
    appending_ = false;
    return {};
  }

  [[nodiscard]] Result<std::vector<RecordedEvent>> read(Sequence after,
                                                        ReadLimits limits) const override {
    std::vector<RecordedEvent> events;
    std::size_t bytes = 0;
    const std::lock_guard lock(mutex_);
    for (auto index = static_cast<std::size_t>(raw(after)); index < records_.size(); ++index) {
      const std::string& record = records_[index];
      const bool full =
          events.size() >= limits.events_max || bytes + record.size() > limits.bytes_max;
      if (full && !events.empty()) {
        break;
      }
      bytes += record.size();
      RL_TRY_ASSIGN(EventBytes event, read_record(record));
      events.push_back({Sequence{index + 1}, std::move(event)});
    }
    return events;
  }

  [[nodiscard]] Result<Range> run_range(const RunId& run) const override {
    return find_range(tables_, run);
  }

  [[nodiscard]] Sequence committed() const noexcept override {
    const std::lock_guard lock(mutex_);
    return Sequence{records_.size()};
  }

  [[nodiscard]] Sequence pruned() const noexcept override { return Sequence{}; }

  [[nodiscard]] Result<EventBytes> find_event(Sequence sequence) const override {
    const std::lock_guard lock(mutex_);
    if (sequence == Sequence{} || raw(sequence) > records_.size()) {
      return fail(Code::kNotFound, "no such event: " + std::to_string(raw(sequence)));
    }
    return read_record(records_[raw(sequence) - 1]);
  }

  [[nodiscard]] Result<std::uint64_t> bytes_on_disk() const override { return std::uint64_t{0}; }
  [[nodiscard]] Maintenance* maintenance() noexcept override { return nullptr; }

  [[nodiscard]] std::unique_ptr<Subscription> notify_committed(
      CommitListener listener) const override {
    return listeners_.add(std::move(listener));
  }

  [[nodiscard]] Result<std::string> blob(BlobKind kind, const Digest& digest) const override {
    std::shared_ptr<const std::string> packed;
    {
      const std::lock_guard lock(mutex_);
      const auto found = blobs_.find({kind, digest});
      if (found == blobs_.end()) {
        return fail(Code::kNotFound, "no such blob: " + to_string(digest));
      }
      packed = found->second;
    }
    return open_blob(*packed, digest);
  }

  [[nodiscard]] Result<std::optional<AppendReceipt>> find_command(
      const CommandKey& key) const override {
    return find_receipt(tables_, key);
  }

  [[nodiscard]] const TableReader& tables() const noexcept override { return tables_; }
  [[nodiscard]] Status health() const override { return {}; }
  [[nodiscard]] StoreId store_id() const noexcept override {
    return StoreId::make(UtcTime{}, {1, 1});
  }

  void close() override {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }

 private:
  // Only the thread that set appending_ comes here, so chain and projections need no lock.
  void append_one(AppendRequest request, AppendCallback& done) {
    auto known = request.command ? find_receipt(tables_, *request.command)
                                 : Result<std::optional<AppendReceipt>>(std::nullopt);
    if (!known || known->has_value()) {
      done(known ? Result<AppendReceipt>(**known) : std::unexpected(std::move(known).error()));
      return;
    }
    const LogHead before = chain_.head();
    std::vector<Event> events;
    std::vector<std::string> records;
    for (NewEvent& event : request.events) {
      auto recorded = chain_.extend(std::move(event), records.emplace_back());
      if (!recorded) {
        chain_.rewind(before);
        done(std::unexpected(std::move(recorded).error()));
        return;
      }
      events.push_back(std::move(*recorded));
    }
    const AppendReceipt receipt{events.front().sequence, events.back().sequence, false};
    TableBatch rows = std::move(request.rows);
    add_rows(request, events, rows);
    publish(request, std::move(records), rows);
    if (observer_) {
      std::ranges::for_each(events, observer_);
    }
    done(receipt);
    listeners_.notify(receipt.last);
  }

  void add_rows(const AppendRequest& request, const std::vector<Event>& events, TableBatch& rows) {
    if (request.command) {
      rows.put(Table::kCommands, command_key(request.command->id),
               encode_command(
                   {request.command->content, events.front().sequence, events.back().sequence}));
    }
    for (const Event& event : events) {
      if (!event.run.is_nil()) {
        Range& range = runs_.try_emplace(event.run, Range{event.sequence, {}}).first->second;
        range.last = event.sequence;
        rows.put(Table::kRunIndex, run_key(event.run), encode_range(range));
      }
      for (const auto& projection : projections_) {
        apply_event(*projection, event, rows);
      }
    }
  }

  void publish(const AppendRequest& request,
               std::vector<std::string> records,
               const TableBatch& rows) {
    const std::lock_guard lock(mutex_);
    std::ranges::move(records, std::back_inserter(records_));
    for (const Blob& blob : request.blobs) {
      blobs_.try_emplace({blob.kind, blob.digest}, blob.packed);
    }
    tables_.apply(rows);
  }

  mutable std::mutex mutex_;
  std::deque<std::pair<AppendRequest, AppendCallback>> queue_;
  bool appending_ = false;
  bool closed_ = false;
  std::vector<std::string> records_;  // Index = sequence - 1.
  std::map<std::pair<BlobKind, Digest>, std::shared_ptr<const std::string>> blobs_;
  MemoryTables tables_;

  EventChain chain_{LogHead{}};
  std::map<RunId, Range> runs_;
  Projections projections_;
  CommitObserver observer_;
  mutable CommitListeners listeners_;  // Who listens is no part of what the log holds.
};

}  // namespace

std::unique_ptr<EventLog> make_memory_event_log(Projections projections, CommitObserver observer) {
  return std::make_unique<MemoryEventLog>(std::move(projections), std::move(observer));
}

}  // namespace runledger::store
