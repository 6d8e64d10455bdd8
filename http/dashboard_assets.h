#pragma once

#include <string_view>

/// The files as the build made them, embedded.
namespace runledger::http {

extern const std::string_view kDashboardPage;
extern const std::string_view kDashboardScript;
extern const std::string_view kDashboardStyle;
extern const std::string_view kDashboardIcon;

}  // namespace runledger::http
