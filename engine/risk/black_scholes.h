#pragma once

#include <cstdint>

/// European options: Black & Scholes (1973), Merton (1973). Pure, thread-safe.
namespace runledger::risk {

enum class OptionKind : std::uint8_t { kCall, kPut };
enum class ExerciseStyle : std::uint8_t { kAmerican, kEuropean };

/// What an option's value depends on.
struct OptionTerms {
  OptionKind kind{};
  double spot = 0;            ///< Money a share, > 0.
  double strike = 0;          ///< Money a share, > 0.
  double t_years = 0;         ///< To expiration, >= 0.
  double rate = 0;            ///< Continuously compounded, a year.
  double dividend_yield = 0;  ///< Continuous, a year.
  double volatility = 0;      ///< A year, >= 0.
};

/// Value and sensitivities of one share's worth of an option.
struct OptionGreeks {
  double price = 0;  ///< Money a share.
  double delta = 0;  ///< Per 1 of spot.
  double gamma = 0;  ///< Delta per 1 of spot.
  double vega = 0;   ///< Per volatility point (0.01).
  double theta = 0;  ///< Per calendar day.
  double rho = 0;    ///< Per 0.01 of the rate.
};

/// What exercising at once pays, >= 0.
[[nodiscard]] double intrinsic_value(OptionKind kind, double spot, double strike) noexcept;

/// Whether the volatility left until expiration is too small to matter: the price is then the
/// limit of the deterministic forward.
[[nodiscard]] bool is_deterministic(const OptionTerms& terms) noexcept;

/// Value of a European option; the deterministic limit for a vanishing volatility or time.
/// Cost: 2 normal distribution functions, about 60 ns.
[[nodiscard]] double european_price(const OptionTerms& terms) noexcept;

/// Value and Greeks of a European option. At expiration delta is 1, 0.5 or 0 (put: minus) for a
/// spot above, at or below the strike (put: mirrored) and the others are 0.
[[nodiscard]] OptionGreeks european_greeks(const OptionTerms& terms) noexcept;

/// Value and Greeks at expiration.
[[nodiscard]] OptionGreeks expiration_greeks(OptionKind kind, double spot, double strike) noexcept;

}  // namespace runledger::risk
