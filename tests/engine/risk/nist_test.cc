#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/risk/regression.h"
#include "tests/engine/risk/table.h"

/// The linear regressions of NIST's Statistical Reference Datasets, against values by exact
/// rational arithmetic: the digits of each figure that are right, as the floor of each problem.
namespace runledger::risk {
namespace {

using test::read_table;

/// A data set: y and the columns of x, as powers of one column for a polynomial.
struct Problem {
  Eigen::VectorXd y;
  Eigen::MatrixXd x;
};

Problem load_problem(const std::string& name, Eigen::Index powers) {
  const auto rows = read_table("nist/" + name + ".csv");
  const auto n = static_cast<Eigen::Index>(rows.size());
  const auto columns = static_cast<Eigen::Index>(rows.front().size()) - 1;
  Problem problem{Eigen::VectorXd(n), Eigen::MatrixXd(n, columns * powers)};
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto& cells = rows[static_cast<std::size_t>(i)];
    problem.y(i) = std::stod(cells[0]);
    for (Eigen::Index j = 0; j < columns; ++j) {
      const double value = std::stod(cells[static_cast<std::size_t>(j) + 1]);
      double power = 1;
      for (Eigen::Index k = 0; k < powers; ++k) {
        power *= value;
        problem.x(i, j * powers + k) = power;
      }
    }
  }
  return problem;
}

/// Wampler's problems 3 to 5 are the same polynomial with the same errors, times 1, 100 and 10000;
/// all of them whole numbers, so that the fifth follows from the third without rounding.
Problem make_wampler5() {
  Problem problem = load_problem("wampler3", 5);
  const Eigen::VectorXd polynomial =
      Eigen::VectorXd::Ones(problem.y.size()) + problem.x.rowwise().sum();
  problem.y = polynomial + 10000 * (problem.y - polynomial);
  return problem;
}

Problem make_noint2() {
  Problem problem{Eigen::VectorXd(3), Eigen::MatrixXd(3, 1)};
  problem.x << 4, 5, 6;
  problem.y << 3, 4, 4;
  return problem;
}

nlohmann::json exact_values(const std::string& name) {
  std::ifstream file(std::string(RUNLEDGER_SOURCE_DIR) + "/tests/data/nist/exact_values.json");
  return nlohmann::json::parse(file)["datasets"][name];
}

double number(const nlohmann::json& text) {
  return std::stod(text.get<std::string>());
}

/// Right digits: minus the common logarithm of the relative error (absolute for an exact 0), at
/// most 15, the digits of the exact values.
double digits(double ours, double exact) {
  const double error = std::abs(ours - exact) / (exact == 0 ? 1 : std::abs(exact));
  return error < 1e-15 ? 15 : -std::log10(error);
}

/// Least right digits of a fit. An exact fit has no errors to compare.
struct Accuracy {
  double coefficients = 15;
  double std_errors = 15;
  double residual_sd = 15;
  double r_squared = 15;
};

Accuracy measure(const std::string& name, const Problem& problem, Intercept intercept) {
  const nlohmann::json exact = exact_values(name);
  const Computed<Design> design = Design::make(problem.x, intercept);
  EXPECT_TRUE(design.has_value()) << name;
  Accuracy least;
  if (!design) {
    return {0, 0, 0, 0};
  }
  const LinearFit fit = design->fit(problem.y);
  for (Eigen::Index j = 0; j < fit.coefficients.size(); ++j) {
    const auto k = static_cast<std::size_t>(j);
    least.coefficients =
        std::min(least.coefficients, digits(fit.coefficients(j), number(exact["coef"][k])));
    if (number(exact["stderr"][k]) > 0) {
      const double std_error = fit.residual_sd * std::sqrt(design->inverse_gram()(j, j));
      least.std_errors = std::min(least.std_errors, digits(std_error, number(exact["stderr"][k])));
    }
  }
  if (number(exact["resid_sd"]) > 0) {
    least.residual_sd = digits(fit.residual_sd, number(exact["resid_sd"]));
  }
  least.r_squared = digits(fit.r_squared, number(exact["r2"]));
  std::printf("%-9s coefficients %5.2f  standard errors %5.2f  residual sd %5.2f  R2 %5.2f\n",
              name.c_str(), least.coefficients, least.std_errors, least.residual_sd,
              least.r_squared);
  return least;
}

void expect_at_least(const Accuracy& floor, const Accuracy& reached) {
  EXPECT_GE(reached.coefficients, floor.coefficients);
  EXPECT_GE(reached.std_errors, floor.std_errors);
  EXPECT_GE(reached.residual_sd, floor.residual_sd);
  EXPECT_GE(reached.r_squared, floor.r_squared);
}

TEST(Nist, WellConditionedProblemsHaveElevenDigitsAndMore) {
  expect_at_least({11, 11, 11, 11}, measure("norris", load_problem("norris", 1), Intercept::kYes));
  expect_at_least({11, 11, 11, 11}, measure("noint1", load_problem("noint1", 1), Intercept::kNo));
  expect_at_least({11, 11, 11, 11}, measure("noint2", make_noint2(), Intercept::kNo));
}

TEST(Nist, LongleyLosesTheDigitsOfItsCondition) {
  expect_at_least({11, 11, 11, 11},
                  measure("longley", load_problem("longley", 1), Intercept::kYes));
}

TEST(Nist, FilipIsSolvedAndNotCalledSingular) {
  expect_at_least({6, 6, 9, 9}, measure("filip", load_problem("filip", 10), Intercept::kYes));
}

TEST(Nist, WamplersPolynomialsLoseTheDigitsOfTheirCondition) {
  expect_at_least({8, 8, 8, 13}, measure("wampler1", load_problem("wampler1", 5), Intercept::kYes));
  expect_at_least({10, 8, 8, 13},
                  measure("wampler2", load_problem("wampler2", 5), Intercept::kYes));
  expect_at_least({8, 10, 12, 13},
                  measure("wampler3", load_problem("wampler3", 5), Intercept::kYes));
  expect_at_least({8, 10, 12, 13},
                  measure("wampler4", load_problem("wampler4", 5), Intercept::kYes));
  expect_at_least({6, 10, 12, 11}, measure("wampler5", make_wampler5(), Intercept::kYes));
}

}  // namespace
}  // namespace runledger::risk
