#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schema/time.h"

namespace runledger {

/// 16 bytes of a UUID in network order. A value; all zero means "none".
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  [[nodiscard]] bool is_nil() const noexcept { return bytes == std::array<std::uint8_t, 16>{}; }
};

/// Canonical lower-case text, 36 characters.
[[nodiscard]] std::string to_string(const Uuid& uuid);
/// Parses the canonical text (either case); nullopt for anything else.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text) noexcept;
/// UUIDv7 (RFC 9562, 2024): `now` in milliseconds, then 74 bits of `entropy`.
[[nodiscard]] Uuid make_uuid_v7(UtcTime now, std::array<std::uint64_t, 2> entropy) noexcept;

/// A UUID that cannot be mistaken for another kind of id. Conversion is explicit both ways.
template <class Tag>
struct Id {
  Uuid uuid;

  friend auto operator<=>(const Id&, const Id&) = default;
  [[nodiscard]] bool is_nil() const noexcept { return uuid.is_nil(); }
  [[nodiscard]] static std::optional<Id> parse(std::string_view text) noexcept {
    if (const auto parsed = parse_uuid(text)) {
      return Id{*parsed};
    }
    return std::nullopt;
  }
  [[nodiscard]] static Id make(UtcTime now, std::array<std::uint64_t, 2> entropy) noexcept {
    return Id{make_uuid_v7(now, entropy)};
  }
};

template <class Tag>
[[nodiscard]] std::string to_string(const Id<Tag>& id) {
  return to_string(id.uuid);
}

using RunId = Id<struct RunTag>;  ///< One batch run; the correlation id of its log lines.
using JobId = Id<struct JobTag>;  ///< One (scope, as-of date, job type) of a run.
using PortfolioId = Id<struct PortfolioTag>;  ///< One portfolio; nil for the market scope.
using CommandId = Id<struct CommandTag>;      ///< Chosen by a client: the idempotency key.
using StoreId = Id<struct StoreTag>;          ///< One data directory.

/// The id of job `index` of `run`: the run's UUIDv7 with its last four bytes combined with the
/// index, so it is a UUIDv7 too, unique in the run, and need not be stored.
[[nodiscard]] JobId make_job_id(const RunId& run, std::uint32_t index) noexcept;
/// The index that `make_job_id` combined with `run`, or nullopt if `job` is not of `run`.
[[nodiscard]] std::optional<std::uint32_t> job_index(const RunId& run, const JobId& job) noexcept;

enum class Sequence : std::uint64_t {};  ///< Position in the log: gapless from 1; 0 = before it.
enum class Epoch : std::uint64_t {};     ///< One incarnation of the engine, from 1.
enum class Attempt : std::uint32_t {};   ///< One execution of a job, from 1.

template <class E>
[[nodiscard]] constexpr auto raw(E value) noexcept {
  return static_cast<std::underlying_type_t<E>>(value);
}
[[nodiscard]] constexpr Sequence next(Sequence s) noexcept {
  return Sequence{raw(s) + 1};
}

/// SHA-256 of some bytes.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const Digest&, const Digest&) = default;
  [[nodiscard]] bool is_nil() const noexcept { return bytes == std::array<std::uint8_t, 32>{}; }
};

/// Lower-case hexadecimal, 64 characters.
[[nodiscard]] std::string to_string(const Digest& digest);
[[nodiscard]] std::optional<Digest> parse_digest(std::string_view text) noexcept;
/// SHA-256 (FIPS 180-4, 2015). Cost: one pass. Thread-safe.
[[nodiscard]] Digest sha256(std::string_view bytes) noexcept;

/// SHA-256 over several pieces. Numbers are added in little-endian form, texts with their length,
/// so that two different lists of pieces never give the same bytes. Not thread-safe.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  Hasher& add(std::string_view text);
  Hasher& add(std::uint64_t number);
  Hasher& add(double number);  ///< By bit pattern.
  Hasher& add(std::span<const double> numbers);
  Hasher& add(const Digest& digest);
  /// The digest of all pieces so far; call it once.
  [[nodiscard]] Digest finish();

 private:
  void update(const void* data, std::size_t size);
  void* context_;
};

}  // namespace runledger

template <>
struct std::hash<runledger::Uuid> {
  std::size_t operator()(const runledger::Uuid& uuid) const noexcept;
};
template <class Tag>
struct std::hash<runledger::Id<Tag>> {
  std::size_t operator()(const runledger::Id<Tag>& id) const noexcept {
    return std::hash<runledger::Uuid>{}(id.uuid);
  }
};
template <>
struct std::hash<runledger::Digest> {
  std::size_t operator()(const runledger::Digest& digest) const noexcept;
};
