#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "schema/events.h"

namespace runledger {
namespace {

template <std::size_t... kIndex>
std::vector<std::string_view> types_of_payloads(std::index_sequence<kIndex...> /*indices*/) {
  return {event_type(Payload(std::in_place_index<kIndex>))...};
}

TEST(EventTypes, AreAllThatEventsOfThisVersionHave) {
  auto types = types_of_payloads(std::make_index_sequence<std::variant_size_v<Payload>>());
  InputIngested ingested;
  for (int kind = 1; types.back() != "InputIngested"; ++kind) {
    ingested.kind = static_cast<InputKind>(kind);
    types.push_back(event_type(ingested));
  }
  std::erase(types, "InputIngested");
  std::erase(types, "Unknown");
  std::ranges::sort(types);
  types.erase(std::unique(types.begin(), types.end()), types.end());
  std::vector<std::string_view> listed(kEventTypes.begin(), kEventTypes.end());
  std::ranges::sort(listed);

  EXPECT_EQ(listed, types);
}

}  // namespace
}  // namespace runledger
