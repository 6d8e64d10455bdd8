#pragma once

#include <variant>

#include "tools/options.h"

namespace runledger::tools {

/// Reads flags, then RUNLEDGER_* of the environment, then the TOML file (--config, default
/// runledger.toml): the first that gives a value wins. Prints help or what is wrong, and gives the
/// exit code then.
[[nodiscard]] std::variant<CommandLine, int> parse_command_line(int argc, const char* const* argv);

}  // namespace runledger::tools
