#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/error.h"
#include "schema/events.h"
#include "schema/vocabulary.h"

namespace runledger {

/// A number, or why there is none. `Nullable x = std::unexpected(NullReason::kNoPrice);`
using Nullable = std::expected<double, NullReason>;

/// Writes compact JSON in one pass: the documents of results, events and API answers. The same
/// calls give the same bytes; doubles round-trip. Nesting must be balanced (asserts).
/// Not thread-safe. Cost: about 50 ns a number.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(JsonWriter&&) noexcept;
  JsonWriter& operator=(JsonWriter&&) noexcept;

  /// Whether all numbers so far were finite. Unknown is null with a reason, never NaN: a document
  /// that had one is not a result.
  [[nodiscard]] bool is_finite() const noexcept;

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  /// A number that is not finite comes out as null, and is_finite() is false from then on.
  JsonWriter& value(double number);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
  JsonWriter& value(std::uint32_t number) { return value(static_cast<std::uint64_t>(number)); }
  JsonWriter& value(bool flag);
  /// Bytes that are not UTF-8 come out as U+FFFD: a document can always be read.
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& null();
  /// Writes a value that is JSON already (a shared block, computed once). Not checked.
  JsonWriter& raw(std::string_view json);

  /// key + value.
  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }
  /// key + value, or null and the sibling `<name>_reason`.
  JsonWriter& field(std::string_view name, const Nullable& v);
  /// key + null and the sibling `<name>_reason`.
  JsonWriter& null_field(std::string_view name, NullReason reason);
  /// key + value or plain null.
  template <class T>
  JsonWriter& field(std::string_view name, const std::optional<T>& v) {
    key(name);
    return v ? value(*v) : null();
  }

  /// The document; all objects and arrays must be closed. The writer is empty afterwards.
  [[nodiscard]] std::string take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Writes an event as the API shows it: seq, time, type, run_id, job_id, portfolio_id, job_type,
/// as_of, attempt (each where it has one), then the payload's own fields.
void write_event(JsonWriter& json, const Event& event);
/// The same as a document of its own.
[[nodiscard]] std::string event_to_json(const Event& event);

/// Writes the fields of a run's summary into the object that is open.
void write_summary_fields(JsonWriter& json, const RunSummary& summary);

}  // namespace runledger
