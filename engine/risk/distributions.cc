#include "engine/risk/distributions.h"

#include <cmath>
#include <numbers>

#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>

#include "schema/invariant.h"

namespace runledger::risk {
namespace {

/// Double arithmetic throughout: three times as fast as the default, which widens.
using DoublePolicy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

}  // namespace

double normal_pdf(double x) noexcept {
  constexpr double kInverseRoot = 0.3989422804014326779399461;  // 1 / sqrt(2 pi)
  return kInverseRoot * std::exp(-0.5 * x * x);
}

double normal_cdf(double x) noexcept {
  return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

double normal_quantile(double probability) {
  RL_ASSERT(probability > 0 && probability < 1);
  return -std::numbers::sqrt2 * boost::math::erfc_inv(2 * probability);
}

double student_p_value(double t, double degrees) {
  RL_ASSERT(degrees > 0);
  const double square = t * t;
  if (!std::isfinite(square)) {
    return 0;
  }
  return boost::math::ibeta(degrees / 2, 0.5, degrees / (degrees + square), DoublePolicy());
}

double student_two_sided(double probability, double degrees) {
  RL_ASSERT(probability > 0 && probability <= 1);
  RL_ASSERT(degrees > 0);
  double complement = 0;
  const double x =
      boost::math::ibeta_inv(degrees / 2, 0.5, probability, &complement, DoublePolicy());
  return std::sqrt(degrees * complement / x);
}

}  // namespace runledger::risk
