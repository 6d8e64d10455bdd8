#include "tools/config_file.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace runledger::tools {
namespace {

std::unexpected<Error> refuse(const std::string& path,
                              const toml::source_region& where,
                              std::string_view why) {
  return fail(Code::kInvalidArgument, fmt::format("{}:{}: {}", path, where.begin.line, why));
}

// Where the value of a key goes.
struct Target {
  std::string_view key;
  std::string* text = nullptr;
  bool* flag = nullptr;
  unsigned* count = nullptr;
  unsigned count_max = 1024;
  std::vector<std::string>* texts = nullptr;   // An array of texts.
  std::vector<std::string_view> choices = {};  // Of a text; empty: any.
};

Status apply(const std::string& path,
             const std::vector<Target>& targets,
             std::string_view key,
             const toml::node& node) {
  for (const auto& target : targets) {
    if (target.key != key) {
      continue;
    }
    if (target.text != nullptr && node.is_string() &&
        (target.choices.empty() ||
         std::ranges::find(target.choices, node.as_string()->get()) != target.choices.end())) {
      *target.text = node.as_string()->get();
      return {};
    }
    if (target.flag != nullptr && node.is_boolean()) {
      *target.flag = node.as_boolean()->get();
      return {};
    }
    if (target.count != nullptr && node.is_integer() && node.as_integer()->get() >= 0 &&
        node.as_integer()->get() <= target.count_max) {
      *target.count = static_cast<unsigned>(node.as_integer()->get());
      return {};
    }
    if (target.texts != nullptr && node.is_array() &&
        node.as_array()->is_homogeneous(toml::node_type::string)) {
      target.texts->clear();
      for (const auto& element : *node.as_array()) {
        target.texts->push_back(element.as_string()->get());
      }
      return {};
    }
    return refuse(path, node.source(), fmt::format("'{}' cannot have this value", key));
  }
  return refuse(path, node.source(), fmt::format("unknown key '{}'", key));
}

}  // namespace

Status apply_config_file(const std::string& path, GlobalOptions& global, ServeOptions& serve) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return fail(Code::kIo, "cannot read " + path);
  }
  const std::vector<Target> top = {
      {.key = "data", .text = &global.data},
      {.key = "server", .text = &global.server},
      {.key = "email", .text = &global.email},
      {.key = "json", .flag = &global.json},
      {.key = "no-color", .flag = &global.no_color},
      {.key = "log-level",
       .text = &global.log_level,
       .choices = {"debug", "info", "warning", "error"}},
      {.key = "log-format", .text = &global.log_format, .choices = {"text", "json"}},
      {.key = "threads", .count = &global.threads}};
  const std::vector<Target> in_serve = {
      {.key = "listen", .text = &serve.listen},
      {.key = "backup-dir", .text = &serve.backup_dir},
      {.key = "archive-dir", .text = &serve.archive_dir},
      {.key = "keep-days", .count = &serve.keep_days, .count_max = 36'500},
      {.key = "keep-gb", .count = &serve.keep_gb, .count_max = 1'000'000},
      {.key = "allow-origin", .texts = &serve.allow_origin}};
  try {
    const toml::table table = toml::parse(file, path);
    for (const auto& [key, node] : table) {
      if (key.str() == "serve" && node.is_table()) {
        for (const auto& [inner, value] : *node.as_table()) {
          RL_TRY(apply(path, in_serve, inner.str(), value));
        }
        continue;
      }
      RL_TRY(apply(path, top, key.str(), node));
    }
  } catch (const toml::parse_error& error) {
    return refuse(path, error.source(), error.description());
  }
  return {};
}

}  // namespace runledger::tools
