#include <algorithm>
#include <cmath>

#include "engine/jobs/job_run.h"
#include "engine/risk/correlation.h"

namespace runledger::engine {
namespace {

/// Underlyings that are big enough, with their values.
std::vector<const UnderlyingExposure*> big_underlyings(const Context& context) {
  std::vector<const UnderlyingExposure*> big;
  const Parameters& parameters = context.market().parameters();
  const double gross = context.valuation().gross_market_value;
  for (const UnderlyingExposure& underlying : context.exposures().underlyings) {
    const double value = std::abs(underlying.market_value);
    if (underlying.valued > 0 && value >= parameters.correlation_value &&
        value >= parameters.correlation_weight * gross) {
      big.push_back(&underlying);
    }
  }
  return big;
}

/// The matrix that is left after dropping, and what it is made of.
struct Kept {
  std::vector<const UnderlyingExposure*> underlyings;
  std::vector<SymbolId> ids;
  std::vector<SymbolId> dropped;
  Eigen::MatrixXd matrix;
  Eigen::MatrixXi n_obs;
  Eigen::VectorXd weights;
  bool repaired = false;
};

Kept keep(const Context& context, const std::vector<const UnderlyingExposure*>& big) {
  std::vector<SymbolId> ids;
  for (const UnderlyingExposure* underlying : big) {
    ids.push_back(underlying->id);
  }
  const risk::PairwiseCorrelations all = context.day().correlations(ids);
  const std::vector<Eigen::Index> subset = risk::complete_subset(all.matrix);
  const auto n = static_cast<Eigen::Index>(subset.size());
  Kept kept;
  kept.matrix = all.matrix(subset, subset);
  kept.n_obs = all.n_obs(subset, subset);
  kept.weights.resize(n);
  for (std::size_t i = 0; i < big.size(); ++i) {
    const auto place = std::find(subset.begin(), subset.end(), static_cast<Eigen::Index>(i));
    if (place == subset.end()) {
      kept.dropped.push_back(big[i]->id);
      continue;
    }
    kept.weights(place - subset.begin()) = std::abs(big[i]->market_value);
    kept.underlyings.push_back(big[i]);
    kept.ids.push_back(big[i]->id);
  }
  if (n > 0) {
    kept.weights /= kept.weights.sum();
  }
  kept.repaired = risk::repair_correlations(kept.matrix);
  return kept;
}

void write_matrix(JsonWriter& json, const Kept& kept) {
  json.key("matrix").begin_array();
  for (Eigen::Index i = 0; i < kept.matrix.rows(); ++i) {
    json.begin_array();
    for (Eigen::Index j = 0; j < kept.matrix.cols(); ++j) {
      json.value(kept.matrix(i, j));
    }
    json.end_array();
  }
  json.end_array();
}

void write_clusters(JsonWriter& json, const MarketData& market, const Kept& kept) {
  json.key("clusters").begin_array();
  for (const auto& cluster :
       risk::correlation_clusters(kept.matrix, market.parameters().cluster_threshold)) {
    double share = 0;
    json.begin_object().key("symbols").begin_array();
    for (const Eigen::Index member : cluster) {
      share += kept.weights(member);
      json.value(market.name(kept.ids[static_cast<std::size_t>(member)]));
    }
    json.end_array().field("share", share).end_object();
  }
  json.end_array();
}

void write_pair(JsonWriter& json,
                std::string_view name,
                const MarketData& market,
                const Kept& kept,
                std::pair<Eigen::Index, Eigen::Index> pair) {
  json.key(name).begin_object();
  json.field("a", market.name(kept.ids[static_cast<std::size_t>(pair.first)]));
  json.field("b", market.name(kept.ids[static_cast<std::size_t>(pair.second)]));
  json.field("rho", kept.matrix(pair.first, pair.second)).end_object();
}

void write_pairs(JsonWriter& json, const MarketData& market, const Kept& kept) {
  std::pair<Eigen::Index, Eigen::Index> most_positive{0, 1};
  std::pair<Eigen::Index, Eigen::Index> most_negative{0, 1};
  int least = kept.n_obs(0, 1);
  int greatest = least;
  for (Eigen::Index i = 0; i < kept.matrix.rows(); ++i) {
    for (Eigen::Index j = i + 1; j < kept.matrix.cols(); ++j) {
      const double rho = kept.matrix(i, j);
      if (rho > kept.matrix(most_positive.first, most_positive.second)) {
        most_positive = {i, j};
      }
      if (rho < kept.matrix(most_negative.first, most_negative.second)) {
        most_negative = {i, j};
      }
      least = std::min(least, kept.n_obs(i, j));
      greatest = std::max(greatest, kept.n_obs(i, j));
    }
  }
  write_pair(json, "most_positive", market, kept, most_positive);
  write_pair(json, "most_negative", market, kept, most_negative);
  json.field("n_obs_least", least).field("n_obs_greatest", greatest);
}

double mean_absolute(const Eigen::MatrixXd& matrix) {
  const auto n = static_cast<double>(matrix.rows());
  double sum = 0;
  for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
    for (Eigen::Index i = 0; i < j; ++i) {
      sum += std::abs(matrix(i, j));
    }
  }
  return sum / (n * (n - 1) / 2);
}

}  // namespace

JobResult run_correlations(const JobRun& run) {
  const Context& context = run.context;
  if (context.valuation().active == 0) {
    return nothing_to_do(SkipReason::kNoPositions);
  }
  const std::vector<const UnderlyingExposure*> big = big_underlyings(context);
  if (big.empty()) {
    return nothing_to_do(SkipReason::kNotApplicable);
  }
  const Kept kept = keep(context, big);
  const auto n = static_cast<std::uint64_t>(kept.ids.size());
  const std::uint64_t pairs = n * (n - (n > 0 ? 1 : 0)) / 2;
  if (!run.step(pairs, pairs, "pairs")) {
    return stopped();
  }
  JsonWriter json;
  json.begin_object();
  write_names(json, "symbols", context.market(), kept.ids);
  write_names(json, "dropped", context.market(), kept.dropped);
  write_matrix(json, kept);
  json.field("repaired", kept.repaired);
  const NullReason reason =
      kept.dropped.empty() ? NullReason::kNotApplicable : NullReason::kShortHistory;
  if (pairs > 0) {
    json.field("overall", mean_absolute(kept.matrix));
  } else {
    json.null_field("overall", reason);
  }
  json.field("effective_positions", n > 0 ? risk::effective_positions(kept.weights, kept.matrix)
                                          : risk::Computed<double>(risk::unknown(reason)));
  write_clusters(json, context.market(), kept);
  if (pairs > 0) {
    write_pairs(json, context.market(), kept);
  } else {
    for (const char* field : {"most_positive", "most_negative", "n_obs_least", "n_obs_greatest"}) {
      json.null_field(field, reason);
    }
  }
  const double coverage = static_cast<double>(kept.ids.size()) / static_cast<double>(big.size());
  JobOutput output = finish(run, json, coverage);
  output.records = pairs;
  output.unit = "pairs";
  return output;
}

}  // namespace runledger::engine
