#include <nlohmann/json.hpp>

#include "http/handlers/handlers.h"
#include "http/render.h"

namespace runledger::http {
namespace {

void write_user(JsonWriter& json, const User& user) {
  json.begin_object();
  json.field("email", user.email);
  json.field("role", to_string(user.role));
  json.field("created_at", format_time(user.created_at));
  json.end_object();
}

Outcome log_in(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto body, parse_object(call.request));
  RL_TRY_PROBLEM(const auto email, text_member(body, "email"));
  RL_TRY_PROBLEM(const auto password, text_member(body, "password"));
  RL_TRY_PROBLEM(const auto login, context.access.login(email, password, call.request.remote));
  JsonWriter json;
  json.begin_object();
  json.field("access_token", login.token);
  json.field("token_type", "bearer");
  json.field("expires_in", static_cast<std::int64_t>(kTokenLifetime.count()));
  json.field("role", to_string(login.user.role));
  json.end_object();
  return json_response(json.take());
}

Outcome show_me(const ApiContext& /*context*/, const Call& call) {
  JsonWriter json;
  json.begin_object();
  json.field("email", call.principal.email);
  json.field("role", to_string(call.principal.role));
  json.end_object();
  return json_response(json.take());
}

Outcome list_users(const ApiContext& context, const Call& /*call*/) {
  RL_TRY_ASSIGN(const auto users, context.access.users().list());
  JsonWriter json;
  json.begin_object().key("users").begin_array();
  for (const auto& user : users) {
    write_user(json, user);
  }
  json.end_array().end_object();
  return json_response(json.take());
}

Outcome put_user(const ApiContext& context, const Call& call) {
  RL_TRY_PROBLEM(const auto body, parse_object(call.request));
  Users::NewUser user;
  RL_TRY_PROBLEM(user.email, text_member(body, "email"));
  RL_TRY_PROBLEM(user.password, text_member(body, "password"));
  RL_TRY_PROBLEM(const auto role_name, text_member(body, "role"));
  const auto role = parse_role(role_name);
  if (!role) {
    return refuse(422, "invalid_body", "'role' must be admin or viewer");
  }
  user.role = *role;
  RL_TRY_ASSIGN(const bool is_new,
                context.access.users().put(user, {call.principal.email, call.request.remote}));
  RL_TRY_ASSIGN(const auto stored, context.access.users().find(user.email));
  if (!stored) {
    return refuse(409, "conflict", "the user was removed meanwhile");
  }
  JsonWriter json;
  write_user(json, *stored);
  return json_response(json.take(), is_new ? 201 : 200);
}

Outcome remove_user(const ApiContext& context, const Call& call) {
  const auto email = call.arguments.text("email").value_or("");
  if (const auto removed =
          context.access.users().remove(email, {call.principal.email, call.request.remote});
      !removed) {
    return std::unexpected(with_code(removed.error(), 404, "user_not_found"));
  }
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

void add_auth_routes(Router& router, const ApiContext& context) {
  router.add({.method = Method::kPost,
              .path = "/api/v1/auth/login",
              .operation = "logIn",
              .tag = "auth",
              .summary = "Gives a bearer token for an e-mail and its password.",
              .access = Access::kPublic,
              .body = BodyKind::kJson,
              .body_bytes_max = kJsonBytesMax,
              .body_fields = {{"email", "string"}, {"password", "string"}},
              .responses = {{200,
                             "The token.",
                             {{"access_token", "string"},
                              {"token_type", "string"},
                              {"expires_in", "integer"},
                              {"role", "string"}}},
                            {401, "Wrong e-mail or password."}},
              .handler = [context](const Call& call) { return log_in(context, call); }});
  router.add({.path = "/api/v1/auth/me",
              .operation = "showMe",
              .tag = "auth",
              .summary = "The user of the token.",
              .responses = {{200, "The user.", {{"email", "string"}, {"role", "string"}}}},
              .handler = [context](const Call& call) { return show_me(context, call); }});
  router.add({.path = "/api/v1/admin/users",
              .operation = "listUsers",
              .tag = "auth",
              .summary = "All users, by e-mail.",
              .access = Access::kAdmin,
              .responses = {{200, "The users.", {{"users", "array"}}}},
              .handler = [context](const Call& call) { return list_users(context, call); }});
  router.add({.method = Method::kPost,
              .path = "/api/v1/admin/users",
              .operation = "putUser",
              .tag = "auth",
              .summary = "Adds a user, or gives one a new password and role.",
              .access = Access::kAdmin,
              .body = BodyKind::kJson,
              .body_bytes_max = kJsonBytesMax,
              .body_fields = {{"email", "string"}, {"password", "string"}, {"role", "string"}},
              .responses = {{200, "Changed.", {{"email", "string"}, {"role", "string"}}},
                            {201, "Added.", {{"email", "string"}, {"role", "string"}}}},
              .handler = [context](const Call& call) { return put_user(context, call); }});
  router.add({.method = Method::kDelete,
              .path = "/api/v1/admin/users/{email}",
              .operation = "removeUser",
              .tag = "auth",
              .summary = "Removes a user; tokens of the user are refused from then on.",
              .access = Access::kAdmin,
              .parameters = {{"email", ParameterType::kText, "E-mail of the user."}},
              .responses = {{204, "Removed."}},
              .handler = [context](const Call& call) { return remove_user(context, call); }});
}

}  // namespace runledger::http
