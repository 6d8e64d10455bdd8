#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/inputs/rows.h"
#include "engine/job.h"

/// What the tests of the jobs share.
namespace runledger::engine::test {

/// Contents of a file under the root of the repository.
[[nodiscard]] std::string read_file(const std::string& path);

[[nodiscard]] Date date(std::string_view text);

/// An id made of one number.
[[nodiscard]] PortfolioId portfolio_id(std::uint8_t number);

/// Inputs of a case in tests/golden.
struct GoldenCase {
  nlohmann::json golden;
  Date as_of{};
  InputRows inputs;
  PortfolioId portfolio;
};
[[nodiscard]] GoldenCase load_golden(const std::string& name);

/// Runs one job; fails the test if it gives an error.
[[nodiscard]] JobOutput run_job(const Calculation& calculation,
                                JobType type,
                                const PortfolioId& portfolio,
                                Date as_of);

/// The document of a job.
[[nodiscard]] nlohmann::json run_document(const Calculation& calculation,
                                          JobType type,
                                          const PortfolioId& portfolio,
                                          Date as_of);

/// Builds inputs by hand: prices of symbols on consecutive sessions, positions, equity.
class Inputs {
 public:
  Inputs& prices(const std::string& symbol, Date last, const std::vector<double>& closes);
  Inputs& price(const std::string& symbol, Date day, double close);
  Inputs& portfolio(const PortfolioId& id, std::vector<Position> positions);
  Inputs& equity(double amount, Date day);
  Inputs& rate(Date first, Date last, double percent);
  /// All factor funds with wiggling prices for `days` sessions up to `last`.
  Inputs& factors(Date last, std::size_t days);
  [[nodiscard]] InputRows& rows() { return rows_; }

 private:
  InputRows rows_;
};

/// `count` prices that move by a fixed pseudo-random pattern, different for each `seed`.
[[nodiscard]] std::vector<double> wiggle(double start, std::size_t count, unsigned seed);

[[nodiscard]] Position stock(const std::string& symbol, double quantity, double price, Date entry);
[[nodiscard]] Position option(const std::string& underlying,
                              double quantity,
                              double price,
                              Date entry,
                              double strike,
                              Date expiration,
                              OptionRight right);

/// Factors, rates, and the stocks AAA and BBB over the 330 sessions up to `last`.
[[nodiscard]] Inputs make_market(Date last);

}  // namespace runledger::engine::test
