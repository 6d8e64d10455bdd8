#include <algorithm>

#include <fmt/format.h>

#include "http/handlers/handlers.h"
#include "http/render.h"
#include "store/catalog.h"

namespace runledger::http {
namespace {

constexpr std::array kImportable = {
    InputKind::kPrices, InputKind::kRates,     InputKind::kSectors, InputKind::kQuotes,
    InputKind::kSplits, InputKind::kDividends, InputKind::kFlows,   InputKind::kParameters};

void write_input_fields(JsonWriter& json, const InputIngested& input) {
  json.field("kind", to_string(input.kind));
  json.field("file_name", input.file_name);
  json.field("rows", input.rows);
  json.field("symbols", input.symbols);
  json.key("first_date");
  input.first_date ? json.value(format_date(*input.first_date)) : json.null();
  json.key("last_date");
  input.last_date ? json.value(format_date(*input.last_date)) : json.null();
}

Outcome list_inputs(const ApiContext& context, const Call& /*call*/) {
  RL_TRY_ASSIGN(const auto rows, store::list_inputs(context.service.log().tables()));
  JsonWriter json;
  json.begin_object().key("inputs").begin_array();
  for (const auto& row : rows) {
    json.begin_object();
    json.field("seq", raw(row.sequence));
    json.field("imported_at", format_time(row.imported_at));
    write_input_fields(json, row.input);
    json.field("content", to_string(row.input.content));
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(json.take());
}

Outcome import_file(const ApiContext& context, const Call& call) {
  const auto name = call.arguments.text("kind").value_or("");
  const auto kind =
      std::ranges::find(kImportable, name, [](InputKind value) { return to_string(value); });
  if (kind == kImportable.end()) {
    return refuse(404, "unknown_input_kind",
                  fmt::format("'{}' is no kind of input; see /openapi.json", name));
  }
  const auto outcome = context.service.import_input(
      *kind, call.arguments.text("file_name").value_or("upload.csv"), call.request.body);
  if (!outcome) {
    return std::unexpected(import_problem(outcome.error()));
  }
  const auto& input = std::get<InputIngested>(outcome->imported);
  JsonWriter json;
  json.begin_object();
  write_input_fields(json, input);
  write_import_outcome(json, *outcome, input.content);
  json.end_object();
  return json_response(json.take(), outcome->changed ? 201 : 200);
}

}  // namespace

void add_input_routes(Router& router, const ApiContext& context) {
  router.add({.path = "/api/v1/inputs",
              .operation = "listInputs",
              .tag = "inputs",
              .summary = "Imported files, in the order in which they came.",
              .responses = {{200, "The inputs.", {{"inputs", "array"}}}},
              .handler = [context](const Call& call) { return list_inputs(context, call); }});
  const std::vector<FieldSpec> fields = {
      {"kind", "string"},     {"file_name", "string"},       {"rows", "integer"},
      {"symbols", "integer"}, {"first_date", "string|null"}, {"last_date", "string|null"},
      {"content", "string"},  {"changed", "boolean"},        {"seq", "integer"},
      {"notes", "array"}};
  router.add({.method = Method::kPost,
              .path = "/api/v1/inputs/{kind}",
              .operation = "importInput",
              .tag = "inputs",
              .summary = "Imports a file of prices, rates, sectors, quotes, splits, dividends, "
                         "flows or parameters.",
              .access = Access::kAdmin,
              .parameters =
                  {{.name = "kind",
                    .type = ParameterType::kText,
                    .description =
                        "prices, rates, sectors, quotes, splits, dividends, flows or parameters.",
                    .required = true},
                   {.name = "file_name",
                    .type = ParameterType::kText,
                    .description = "Name of the file, for the record."}},
              .body = BodyKind::kCsv,
              .body_bytes_max = kInputBytesMax,
              .responses = {{200, "The same content had been imported before.", fields},
                            {201, "Imported.", fields}},
              .handler = [context](const Call& call) { return import_file(context, call); }});
}

}  // namespace runledger::http
