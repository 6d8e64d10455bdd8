#include <fmt/format.h>

#include "http/target.h"
#include "store/whole_file.h"
#include "tools/commands/commands.h"

namespace runledger::tools {

Exit report(Session& session, const ReportOptions& options) {
  const auto body = session.get(
      fmt::format("/api/v1/portfolios/{}/report", http::percent_encode(options.portfolio)),
      {{"as_of", options.as_of}, {"format", options.format}});
  if (!body) {
    return std::unexpected(body.error());
  }
  if (!options.output) {
    print(*body);
    return kExitDone;
  }
  store::WholeFile file(*options.output, store::WholeFile::Existing::kReplace);
  auto written = file.open();
  if (written) {
    written = file.write(*body);
  }
  if (written) {
    written = file.finish();
  }
  if (!written) {
    return std::unexpected(to_failure(written.error()));
  }
  return kExitDone;
}

}  // namespace runledger::tools
