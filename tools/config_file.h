#pragma once

#include <string>

#include "schema/error.h"
#include "tools/options.h"

namespace runledger::tools {

/// Takes what a TOML file gives into the options, as defaults: the environment and flags are
/// applied after it. Keys are the names of flags (`data`, `server`, `log-level`, ...), those of a
/// command in its table (`[serve]` `listen`). Secrets are not read from it. Errors:
/// kInvalidArgument (no TOML, an unknown key, a value of another type; with its line), kIo (cannot
/// be read).
[[nodiscard]] Status apply_config_file(const std::string& path,
                                       GlobalOptions& global,
                                       ServeOptions& serve);

}  // namespace runledger::tools
