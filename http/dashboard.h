#pragma once

#include <string>
#include <string_view>
#include <vector>

/// The dashboard's files, compiled into the program (http/web/src/app).
namespace runledger::http {

struct Asset {
  std::string path;  ///< "/assets/app.3f2c9a1b.js": the name has a hash, so it never goes stale.
  std::string_view content_type;
  std::string bytes;
  std::string gzipped;  ///< The same for a client that takes it; empty if that saves nothing.
};

struct Dashboard {
  std::string page;  ///< The one HTML page; its script shows what the path asks for.
  std::string content_security_policy;  ///< Scripts, styles and connections of this server alone.
  std::vector<Asset> assets;
};

/// Names, hashes and compresses the files. Costs some ten milliseconds: once a server.
[[nodiscard]] Dashboard make_dashboard();

/// Whether a client with this Accept-Encoding header takes gzip (RFC 9110, 12.5.3).
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace runledger::http
