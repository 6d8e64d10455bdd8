#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/problem.h"
#include "schema/ids.h"

/// Opaque positions of paged lists: base64url of {version:u8, sequence:u64be, crc32:u32be}. The
/// checksum covers the query too, so a cursor cannot be used with another filter by accident.
namespace runledger::http {

/// @param scope  the list and its filter, the same text for all pages of one list.
[[nodiscard]] std::string encode_cursor(Sequence position, std::string_view scope);
/// Problem 400 `invalid_cursor`: not made by encode_cursor for this scope.
[[nodiscard]] std::expected<Sequence, Problem> decode_cursor(std::string_view cursor,
                                                             std::string_view scope);

}  // namespace runledger::http
