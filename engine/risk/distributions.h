#pragma once

namespace runledger::risk {

/// Density of the standard normal distribution.
[[nodiscard]] double normal_pdf(double x) noexcept;
/// Distribution function of the standard normal, by erfc: relative accuracy in both tails.
[[nodiscard]] double normal_cdf(double x) noexcept;
/// Inverse of normal_cdf for a probability in (0, 1).
[[nodiscard]] double normal_quantile(double probability);
/// Two-sided p-value of a t statistic with `degrees` > 0 degrees of freedom: the regularised
/// incomplete beta function I_{v/(v+t^2)}(v/2, 1/2). 0 for an infinite t.
[[nodiscard]] double student_p_value(double t, double degrees);
/// The t > 0 whose two-sided p-value is `probability`, in (0, 1]; `degrees` > 0. An estimate plus
/// and minus t standard errors is its interval of confidence 1 - `probability`.
[[nodiscard]] double student_two_sided(double probability, double degrees);

}  // namespace runledger::risk
