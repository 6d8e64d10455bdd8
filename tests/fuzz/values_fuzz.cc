#include <cmath>

#include <nlohmann/json.hpp>

#include "http/arguments.h"
#include "http/cursor.h"
#include "http/feed/subscribe.h"
#include "http/target.h"
#include "http/tokens.h"
#include "schema/invariant.h"
#include "tests/fuzz/fuzz.h"

// What clients send as single values: targets, cursors, parameters, subscribe frames, tokens.
namespace runledger::http {
namespace {

class NoTables final : public store::TableReader {
 public:
  [[nodiscard]] Result<std::optional<std::string>> get(store::Table /*table*/,
                                                       std::string_view /*key*/) const override {
    return std::nullopt;
  }
  [[nodiscard]] Status scan(store::Table /*table*/,
                            std::string_view /*begin*/,
                            std::string_view /*end*/,
                            store::ScanOrder /*order*/,
                            const store::RowVisitor& /*visit*/) const override {
    return {};
  }
};

void check_problem(const Problem& problem) {
  RL_ASSERT(problem.status >= 400 && problem.status < 500);
  RL_ASSERT(nlohmann::json::accept(to_response(problem).body));
}

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) {
    return check_problem(target.error());
  }
  // Taken apart and put together again it is the same target.
  std::string whole;
  for (const auto& segment : target->segments) {
    whole += "/" + percent_encode(segment);
  }
  whole += target->segments.empty() ? "/" : "";
  char separator = '?';
  for (const auto& [name, value] : target->query) {
    whole += separator + percent_encode(name) + "=" + percent_encode(value);
    separator = '&';
  }
  const auto again = parse_target(whole);
  RL_ASSERT(again.has_value());
  RL_ASSERT(again->segments == target->segments);
  RL_ASSERT(again->query == target->query);
}

void check_cursor(std::string_view text) {
  const auto split = std::min(text.find('\n'), text.size());
  const auto scope = text.substr(0, split);
  const auto cursor = text.substr(std::min(split + 1, text.size()));
  if (const auto position = decode_cursor(cursor, scope)) {
    RL_ASSERT(encode_cursor(*position, scope) == cursor);
  } else {
    check_problem(position.error());
  }
  const Sequence sequence{crc32(text)};
  const auto made = encode_cursor(sequence, scope);
  RL_ASSERT(decode_cursor(made, scope).value() == sequence);
  RL_ASSERT(!decode_cursor(made, std::string(scope) + "x").has_value());
}

// One parameter of every type.
std::vector<ParameterSpec> specs() {
  constexpr std::pair<std::string_view, ParameterType> kNames[] = {
      {"text", ParameterType::kText},
      {"texts", ParameterType::kText},
      {"number", ParameterType::kNumber},
      {"integer", ParameterType::kInteger},
      {"flag", ParameterType::kBoolean},
      {"date", ParameterType::kDate},
      {"run", ParameterType::kRunId},
      {"after", ParameterType::kSequence},
      {"job_type", ParameterType::kJobType},
      {"job_status", ParameterType::kJobStatus},
      {"run_status", ParameterType::kRunStatus},
      {"choice", ParameterType::kChoice}};
  std::vector<ParameterSpec> specs;
  for (const auto& [name, type] : kNames) {
    ParameterSpec spec;
    spec.name = name;
    spec.type = type;
    spec.repeated = name == "texts";
    if (type == ParameterType::kInteger) {
      spec.min = -5;
      spec.max = 1000;
      spec.default_value = 3;
    }
    if (type == ParameterType::kChoice) {
      spec.choices = {"one", "two"};
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

void check_arguments(std::string_view text) {
  static const auto kSpecs = specs();
  const auto target = parse_target("/?" + std::string(text));
  if (!target) {
    return check_problem(target.error());
  }
  const auto arguments = Arguments::check(kSpecs, target->query);
  if (!arguments) {
    return check_problem(arguments.error());
  }
  const auto number = arguments->number("number");
  RL_ASSERT(!number || std::isfinite(*number));
  RL_ASSERT(arguments->integer("integer") >= -5 && arguments->integer("integer") <= 1000);
  static_cast<void>(arguments->texts("texts"));
  static_cast<void>(arguments->boolean("flag"));
  static_cast<void>(arguments->date("date"));
  static_cast<void>(arguments->run("run"));
  static_cast<void>(arguments->sequence("after"));
  static_cast<void>(arguments->job_type("job_type"));
  static_cast<void>(arguments->job_status("job_status"));
  static_cast<void>(arguments->run_status("run_status"));
}

void check_subscribe(std::string_view text) {
  const NoTables tables;
  if (const auto subscribe = parse_subscribe(text, tables); !subscribe) {
    check_problem(subscribe.error());
  }
}

void check_token(std::string_view text) {
  static const engine::SystemClock kClock;
  static const Tokens kTokens(std::string(32, 'k'), kClock);
  if (const auto principal = kTokens.verify(text); !principal) {
    check_problem(principal.error());
  }
}

}  // namespace
}  // namespace runledger::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  using Check = void (*)(std::string_view);
  static constexpr Check kChecks[] = {http::check_target, http::check_cursor, http::check_arguments,
                                      http::check_subscribe, http::check_token};
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_byte(input);
  kChecks[choice % std::size(kChecks)](input);
  return 0;
}
