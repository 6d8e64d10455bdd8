#include <nlohmann/json.hpp>

#include "schema/invariant.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/served_store.h"

// A request through the whole API in process: "METHOD target", headers, an empty line, the body.
// Any answer is right but an unexpected fault.
namespace runledger::fuzz {
namespace {

std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  const auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

http::Request request_of(std::string_view input) {
  http::Request request;
  request.remote = "192.0.2.1";
  const auto first = take_line(input);
  const auto space = std::min(first.find(' '), first.size());
  request.method = http::parse_method(first.substr(0, space));
  request.target = first.substr(std::min(space + 1, first.size()));
  for (auto line = take_line(input); !line.empty(); line = take_line(input)) {
    const auto colon = std::min(line.find(':'), line.size());
    auto value = line.substr(std::min(colon + 1, line.size()));
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    request.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  }
  request.body = input;
  return request;
}

void check_response(const http::Response& response) {
  RL_ASSERT(response.status >= 200 && response.status < 600);
  RL_ASSERT(response.status != 500);
  if (response.content_type.find("json") != std::string::npos && !response.body.empty()) {
    RL_ASSERT(nlohmann::json::accept(response.body));
  }
  for (const auto& header : response.headers) {
    RL_ASSERT(header.value.find_first_of("\r\n") == std::string::npos);
  }
}

}  // namespace
}  // namespace runledger::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  auto& store = fuzz::ServedStore::instance();
  const auto request = fuzz::request_of(store.with_token(fuzz::text_of(data, size)));
  if (const auto admitted = store.api().admit(request, request.body.size()); !admitted) {
    fuzz::check_response(admitted.error());
  }
  fuzz::check_response(store.api().handle(request));
  return 0;
}

// The store is made before the clock of the first input runs.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  static_cast<void>(runledger::fuzz::ServedStore::instance());
  return 0;
}
