#pragma once

#include <filesystem>
#include <memory>

#include "schema/error.h"
#include "store/bundle.h"

/// Bundles as JSON lines: an object a line, for programs that want to read events. Each event is
/// there for people, and as its bytes in base64, which are what an import takes.
namespace runledger::tools {

/// Writes lines to `path`, beside it first and under its name once it is whole; "-" is standard
/// output. Errors: kConflict (the file exists), kIo, kExhausted.
[[nodiscard]] Result<std::unique_ptr<store::BundleSink>> make_bundle_lines(
    const std::filesystem::path& path);

/// True if the file begins as lines do.
[[nodiscard]] bool has_bundle_lines(const std::filesystem::path& path);

/// read_bundle for lines. Errors also: kInvalidArgument, which names the line.
[[nodiscard]] Result<store::BundleFooter> read_bundle_lines(const std::filesystem::path& path,
                                                            store::BundleSink* sink);

}  // namespace runledger::tools
