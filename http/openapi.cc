#include "http/openapi.h"

#include <array>

#include <nlohmann/json.hpp>

#include "schema/vocabulary.h"

namespace runledger::http {
namespace {

using Json = nlohmann::ordered_json;

// "string|null" -> ["string", "null"].
Json type_of(std::string_view type) {
  const auto bar = type.find('|');
  if (bar == std::string_view::npos) {
    return Json(type);
  }
  return Json::array({type.substr(0, bar), type.substr(bar + 1)});
}

Json object_schema(const std::vector<FieldSpec>& fields) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const auto& field : fields) {
    properties[std::string(field.name)] = {{"type", type_of(field.type)}};
    required.push_back(field.name);
  }
  Json schema = {{"type", "object"}};
  if (!fields.empty()) {
    schema["required"] = std::move(required);
    schema["properties"] = std::move(properties);
  }
  return schema;
}

Json job_types() {
  Json names = Json::array();
  for (const auto type : kAllJobTypes) {
    names.push_back(to_string(type));
  }
  return names;
}

Json run_statuses() {
  Json names = Json::array();
  for (auto value = RunStatus::kRequested; value <= RunStatus::kRejected;
       value = static_cast<RunStatus>(static_cast<int>(value) + 1)) {
    names.push_back(to_string(value));
  }
  return names;
}

Json job_statuses() {
  Json names = Json::array();
  for (auto value = JobStatus::kPending; value <= JobStatus::kCancelled;
       value = static_cast<JobStatus>(static_cast<int>(value) + 1)) {
    names.push_back(to_string(value));
  }
  return names;
}

Json error_categories() {
  Json names = Json::array();
  for (const auto category : kAllErrorCategories) {
    names.push_back(to_string(category));
  }
  return names;
}

Json parameter_schema(const ParameterSpec& spec) {
  switch (spec.type) {
    case ParameterType::kText:
      return {{"type", "string"}, {"minLength", 1}};
    case ParameterType::kNumber:
      return {{"type", "number"}};
    case ParameterType::kInteger: {
      Json schema = {{"type", "integer"}, {"minimum", spec.min}, {"maximum", spec.max}};
      if (spec.default_value) {
        schema["default"] = *spec.default_value;
      }
      return schema;
    }
    case ParameterType::kBoolean:
      return {{"type", "boolean"}, {"default", false}};
    case ParameterType::kDate:
      return {{"type", "string"}, {"format", "date"}};
    case ParameterType::kTime:
      return {{"type", "string"}, {"anyOf", {{{"format", "date-time"}}, {{"format", "date"}}}}};
    case ParameterType::kRunId:
      return {{"type", "string"}, {"format", "uuid"}};
    case ParameterType::kSequence:
      return {{"type", "integer"}, {"minimum", 0}};
    case ParameterType::kJobType:
      return {{"type", "string"}, {"enum", job_types()}};
    case ParameterType::kJobStatus:
      return {{"type", "string"}, {"enum", job_statuses()}};
    case ParameterType::kRunStatus:
      return {{"type", "string"}, {"enum", run_statuses()}};
    case ParameterType::kErrorCategory:
      return {{"type", "string"}, {"enum", error_categories()}};
    case ParameterType::kChoice:
      return {{"type", "string"}, {"enum", spec.choices}};
  }
  return Json::object();
}

Json parameter(const Route& route, const ParameterSpec& spec) {
  const bool in_path =
      route.path.find("{" + std::string(spec.name) + "}") != std::string_view::npos;
  Json schema = parameter_schema(spec);
  if (spec.repeated) {
    schema = {{"type", "array"}, {"items", std::move(schema)}};
  }
  return {{"name", spec.name},
          {"in", in_path ? "path" : "query"},
          {"required", in_path || spec.required},
          {"description", spec.description},
          {"schema", std::move(schema)}};
}

Json problem_response(std::string_view description) {
  return {
      {"description", description},
      {"content",
       {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
}

void add_common_problems(Json& responses, const Route& route) {
  const auto add = [&](const char* status, std::string_view description) {
    if (!responses.contains(status)) {
      responses[status] = problem_response(description);
    }
  };
  add("400", "The request cannot be read.");
  if (route.access != Access::kPublic) {
    add("401", "No valid token.");
  }
  if (route.access == Access::kAdmin) {
    add("403", "The role admin is needed.");
  }
  if (route.path.find('{') != std::string_view::npos || !route.parameters.empty()) {
    add("404", "What is named does not exist.");
    add("422", "A value is not acceptable.");
  }
  if (route.body != BodyKind::kNone) {
    add("413", "The body is too large.");
    add("415", "The body is of another type.");
    add("422", "The body is not acceptable.");
  }
  add("default", "Any other problem.");
}

Json operation(const Route& route) {
  Json result = {{"operationId", route.operation},
                 {"tags", Json::array({route.tag})},
                 {"summary", route.summary}};
  if (route.access == Access::kPublic) {
    result["security"] = Json::array();
  }
  result["x-role"] = route.access == Access::kAdmin
                         ? "admin"
                         : (route.access == Access::kViewer ? "viewer" : "none");
  Json parameters = Json::array();
  for (const auto& spec : route.parameters) {
    parameters.push_back(parameter(route, spec));
  }
  if (!parameters.empty()) {
    result["parameters"] = std::move(parameters);
  }
  if (route.body == BodyKind::kJson) {
    result["requestBody"] = {
        {"required", true},
        {"content", {{"application/json", {{"schema", object_schema(route.body_fields)}}}}}};
  } else if (route.body == BodyKind::kCsv) {
    result["requestBody"] = {{"required", true},
                             {"content", {{"text/csv", {{"schema", {{"type", "string"}}}}}}}};
  }
  Json responses = Json::object();
  for (const auto& response : route.responses) {
    const auto status = std::to_string(response.status);
    if (response.status >= 400) {
      responses[status] = problem_response(response.description);
    } else if (response.status == 204 || response.content_type.empty()) {
      responses[status] = {{"description", response.description}};
    } else {
      const bool is_json = response.content_type == "application/json";
      Json schema = is_json ? object_schema(response.fields) : Json{{"type", "string"}};
      // Specs of the same status are the types of one answer.
      responses[status]["description"] = response.description;
      responses[status]["content"][std::string(response.content_type)] = {
          {"schema", std::move(schema)}};
    }
  }
  add_common_problems(responses, route);
  result["responses"] = std::move(responses);
  return result;
}

std::string method_key(Method method) {
  return to_lower(to_string(method));
}

}  // namespace

std::string openapi_document(const Router& router) {
  Json paths = Json::object();
  for (const auto& route : router.routes()) {
    if (route.is_page) {
      continue;
    }
    paths[std::string(route.path)][method_key(route.method)] = operation(route);
  }
  const std::vector<FieldSpec> problem = {{"type", "string"},
                                          {"title", "string"},
                                          {"status", "integer"},
                                          {"detail", "string"},
                                          {"code", "string"}};
  const Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "runledger"},
        {"version", "1"},
        {"description",
         "An event-sourced batch engine for portfolio risk. The live feed is described by "
         "/asyncapi.json."}}},
      {"security", Json::array({{{"bearer", Json::array()}}})},
      {"paths", std::move(paths)},
      {"components",
       {{"securitySchemes",
         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}},
        {"schemas", {{"Problem", object_schema(problem)}}}}}};
  return document.dump();
}

}  // namespace runledger::http
