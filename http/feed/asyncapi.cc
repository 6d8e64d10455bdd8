#include "http/feed/asyncapi.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/api.h"
#include "http/feed/feed_schema.h"
#include "schema/vocabulary.h"

namespace runledger::http {
namespace {

using Json = nlohmann::ordered_json;

Json type_schema(std::string_view type) {
  if (const auto bar = type.find('|'); bar != std::string_view::npos) {
    Json schema = type_schema(type.substr(0, bar));
    schema["type"] = Json::array({schema["type"], "null"});
    return schema;
  }
  if (type == "sequence") {
    return {{"type", "integer"}, {"minimum", 0}};
  }
  if (type == "uuid" || type == "date") {
    return {{"type", "string"}, {"format", type}};
  }
  if (type == "time") {
    return {{"type", "string"}, {"format", "date-time"}};
  }
  if (type == "hash") {
    return {{"type", "string"}, {"pattern", "^[0-9a-f]{64}$"}};
  }
  return {{"type", type}};
}

Json object_schema(const ObjectSpec& spec) {
  Json properties = {{"type", {{"const", spec.name}}}};
  Json required = Json::array({"type"});
  for (const auto& member : spec.members) {
    properties[std::string(member.name)] = type_schema(member.type);
    if (!member.optional) {
      required.push_back(member.name);
    }
  }
  return {{"description", spec.about},
          {"type", "object"},
          {"required", std::move(required)},
          {"properties", std::move(properties)},
          {"additionalProperties", false}};
}

Json reference(std::string_view path) {
  return {{"$ref", fmt::format("#/{}", path)}};
}

Json filter_schema() {
  Json job_types = Json::array();
  for (const auto type : kAllJobTypes) {
    job_types.push_back(to_string(type));
  }
  job_types.push_back(nullptr);
  Json types = Json(kEventTypes);
  types.push_back(nullptr);
  Json text = {{"type", Json::array({"string", "null"})}};
  return {{"type", Json::array({"object", "null"})},
          {"properties",
           {{"run_id", text},
            {"portfolio_id", text},
            {"job_type", {{"enum", job_types}}},
            {"type", {{"enum", types}}}}},
          {"additionalProperties", false}};
}

Json make_schemas() {
  Json schemas = Json::object();
  Json events = Json::array();
  for (const auto& spec : event_specs()) {
    schemas[std::string(spec.name)] = object_schema(spec);
    events.push_back(reference(fmt::format("components/schemas/{}", spec.name)));
  }
  schemas["Event"] = {{"discriminator", "type"}, {"oneOf", std::move(events)}};
  for (const auto& spec : frame_specs()) {
    schemas[std::string(spec.name)] = object_schema(spec);
  }
  schemas["event"]["properties"]["event"] = reference("components/schemas/Event");
  schemas["subscribe"] = object_schema(subscribe_spec());
  schemas["subscribe"]["properties"]["filter"] = filter_schema();
  return schemas;
}

Json message(const ObjectSpec& spec) {
  return {{"name", spec.name},
          {"summary", spec.about},
          {"contentType", "application/json"},
          {"payload", reference(fmt::format("components/schemas/{}", spec.name))}};
}

Json parameter(std::string_view about) {
  return {{"type", "string"}, {"description", about}};
}

// `frames` are those that the server sends.
Json live_channel(const Json& frames) {
  Json messages = frames;
  messages["subscribe"] = reference("components/messages/subscribe");
  return {
      {"address", kLivePath},
      {"title", "WebSocket"},
      {"description", "Text frames of JSON. The client sends `subscribe` first, then nothing."},
      {"messages", std::move(messages)},
      {"bindings",
       {{"ws",
         {{"method", "GET"},
          {"query",
           {{"type", "object"},
            {"properties", {{"token", parameter("Bearer token, instead of the header.")}}}}}}}}}};
}

Json sse_channel(const Json& frames) {
  Json messages = frames;
  messages.erase("error");  // Refused by the status of the answer.
  return {{"address", kLiveSsePath},
          {"title", "Server-Sent Events"},
          {"description",
           "Each frame is an event: `event` its type, `data` the JSON, `id` the sequence where it "
           "may be resumed from with Last-Event-ID. Parameters: /openapi.json, liveSse."},
          {"messages", std::move(messages)}};
}

Json operation(std::string_view action,
               std::string_view channel,
               std::string_view summary,
               const Json& messages) {
  Json references = Json::array();
  for (const auto& [name, unused] : messages.items()) {
    references.push_back(reference(fmt::format("channels/{}/messages/{}", channel, name)));
  }
  return {{"action", action},
          {"channel", reference(fmt::format("channels/{}", channel))},
          {"summary", summary},
          {"messages", std::move(references)}};
}

}  // namespace

std::string asyncapi_document() {
  Json frames = Json::object();
  Json messages = Json::object();
  for (const auto& spec : frame_specs()) {
    frames[std::string(spec.name)] = reference(fmt::format("components/messages/{}", spec.name));
    messages[std::string(spec.name)] = message(spec);
  }
  messages["subscribe"] = message(subscribe_spec());
  Json sse_frames = frames;
  sse_frames.erase("error");
  const Json subscribe = {{"subscribe", nullptr}};
  const Json document = {
      {"asyncapi", "3.0.0"},
      {"info",
       {{"title", "runledger live feed"},
        {"version", "1"},
        {"description", "The state, then every event in order, exactly once. See docs/api.md."}}},
      {"defaultContentType", "application/json"},
      {"channels", {{"live", live_channel(frames)}, {"liveSse", sse_channel(frames)}}},
      {"operations",
       {{"subscribe", operation("receive", "live", "A client says what it wants.", subscribe)},
        {"follow", operation("send", "live", "The server sends what there is.", frames)},
        {"followSse", operation("send", "liveSse", "The same, one way.", sse_frames)}}},
      {"components",
       {{"messages", std::move(messages)},
        {"schemas", make_schemas()},
        {"securitySchemes",
         {{"bearer", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}}}}}}};
  return document.dump();
}

}  // namespace runledger::http
