#pragma once

#include <cstdint>
#include <cstring>
#include <exception>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <type_traits>

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/vector.hpp>

#include "schema/error.h"
#include "schema/events.h"

/// Rows and states of projections as cereal portable binary. Included by .cc files of store only.
/// What changes here changes the bytes: raise the version of the projections concerned.
namespace runledger {

template <class Archive>
void serialize(Archive& archive, Uuid& value) {
  archive(value.bytes);
}
template <class Archive, class Tag>
void serialize(Archive& archive, Id<Tag>& value) {
  archive(value.uuid);
}
template <class Archive>
void serialize(Archive& archive, Digest& value) {
  archive(value.bytes);
}
template <class Archive>
void serialize(Archive& archive, DataQuality& value) {
  archive(value.flag, value.coverage, value.average_history_days);
}
template <class Archive>
void serialize(Archive& archive, JobRef& value) {
  archive(value.index, value.type, value.portfolio, value.as_of);
}
template <class Archive>
void serialize(Archive& archive, RunScope& value) {
  archive(value.portfolios, value.from, value.to, value.with_correlations, value.market_data_only,
          value.correlations_only, value.recalculate);
}
template <class Archive>
void serialize(Archive& archive, JobTypeCount& value) {
  archive(value.type, value.succeeded, value.failed, value.skipped, value.cancelled, value.records,
          value.duration);
}
template <class Archive>
void serialize(Archive& archive, CategoryCount& value) {
  archive(value.category, value.attempts);
}
template <class Archive>
void serialize(Archive& archive, RunSummary& value) {
  archive(value.jobs_total, value.succeeded, value.with_warnings, value.failed, value.skipped,
          value.cancelled, value.retries, value.interruptions, value.records, value.duration,
          value.by_job_type, value.error_categories, value.portfolios_full,
          value.portfolios_limited, value.portfolios_failed, value.positions_processed,
          value.average_history_days, value.coverage, value.reused);
}
template <class Archive>
void serialize(Archive& archive, InputIngested& value) {
  archive(value.kind, value.content, value.file_name, value.rows, value.symbols, value.first_date,
          value.last_date);
}

namespace store {

class BoundedInput;

}  // namespace store
}  // namespace runledger

/// cereal asks which archive wrote what an archive reads.
template <>
struct cereal::traits::detail::get_output_from_input<runledger::store::BoundedInput> {
  using type = cereal::PortableBinaryOutputArchive;
};

namespace runledger::store {

/// A stream buffer that appends to a string.
class StringSink final : public std::streambuf {
 public:
  explicit StringSink(std::string& out) : out_(out) {}

 private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    out_.append(bytes, static_cast<std::size_t>(count));
    return count;
  }
  int_type overflow(int_type byte) override {
    if (!traits_type::eq_int_type(byte, traits_type::eof())) {
      out_.push_back(traits_type::to_char_type(byte));
    }
    return traits_type::not_eof(byte);
  }

  std::string& out_;
};

/// Reads what PortableBinaryOutputArchive wrote, from a view. Unlike cereal's own archive it
/// believes no size that the bytes cannot fill, so that damaged ones cannot ask for memory without
/// end.
class BoundedInput final
    : public cereal::InputArchive<BoundedInput, cereal::AllowEmptyClassElision> {
 public:
  explicit BoundedInput(std::string_view bytes) : InputArchive(this), rest_(bytes) {
    std::uint8_t little_endian = 0;
    take(&little_endian, 1);
    if (little_endian != 1) {
      throw cereal::Exception("of another byte order");
    }
  }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  void take(void* out, std::size_t bytes) {
    check(bytes);
    std::memcpy(out, rest_.data(), bytes);
    rest_.remove_prefix(bytes);
  }
  /// Every element of a container takes a byte at least.
  void check(std::uint64_t size) const {
    if (size > rest_.size()) {
      throw cereal::Exception("cut off");
    }
  }

 private:
  std::string_view rest_;
};

template <class T>
requires std::is_arithmetic_v<T>
void load(BoundedInput& archive, T& value) {
  archive.take(&value, sizeof(value));
}
inline void load(BoundedInput& archive, bool& value) {
  std::uint8_t byte = 0;
  archive.take(&byte, 1);
  if (byte > 1) {
    throw cereal::Exception("a flag that is neither set nor clear");
  }
  value = byte == 1;
}
template <class T>
void serialize(BoundedInput& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}
template <class T>
void serialize(BoundedInput& archive, cereal::SizeTag<T>& tag) {
  archive(tag.size);
  archive.check(tag.size);
}
template <class T>
void load(BoundedInput& archive, cereal::BinaryData<T>& data) {
  archive.take(data.data, data.size);
}

/// Appends the bytes of `value` to `out`.
template <class T>
void serialize_to(std::string& out, const T& value) {
  StringSink sink(out);
  std::ostream stream(&sink);
  cereal::PortableBinaryOutputArchive archive(
      stream, cereal::PortableBinaryOutputArchive::Options::LittleEndian());
  archive(value);
}

template <class T>
[[nodiscard]] std::string serialized(const T& value) {
  std::string out;
  serialize_to(out, value);
  return out;
}

/// The value of exactly `bytes`. Errors: kCorruption, naming `what`.
template <class T>
[[nodiscard]] Result<T> deserialized(std::string_view bytes, std::string_view what) {
  try {
    BoundedInput archive(bytes);
    T value;
    archive(value);
    if (archive.at_end()) {
      return value;
    }
    return fail(Code::kCorruption, std::string(what) + " is damaged: it has bytes left over");
  } catch (const std::exception& error) {
    return fail(Code::kCorruption, std::string(what) + " is damaged: " + error.what());
  }
}

}  // namespace runledger::store
