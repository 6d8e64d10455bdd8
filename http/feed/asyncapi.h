#pragma once

#include <string>

namespace runledger::http {

/// The AsyncAPI 3.0 document of the live feed, made from the table of feed_schema.h.
[[nodiscard]] std::string asyncapi_document();

}  // namespace runledger::http
