#include "engine/risk/cpu.h"

#include <Eigen/Core>

#include "engine/risk/version.h"

namespace runledger::risk {

std::optional<std::string> unsupported_cpu() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  std::string missing;
  const auto require = [&missing](bool supported, const char* name) {
    if (!supported) {
      missing += missing.empty() ? "" : ", ";
      missing += name;
    }
  };
  require(__builtin_cpu_supports("avx2") != 0, "AVX2");
  require(__builtin_cpu_supports("fma") != 0, "FMA");
  require(__builtin_cpu_supports("bmi") != 0, "BMI1");
  require(__builtin_cpu_supports("bmi2") != 0, "BMI2");
  if (!missing.empty()) {
    return "this processor lacks " + missing +
           "; runledger needs the x86-64-v3 level (Intel Haswell of 2013, AMD Excavator or Zen)";
  }
#endif
  return std::nullopt;
}

std::string numerics_profile() {
#if defined(__clang__)
  std::string profile =
      "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
  std::string profile = "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
#if defined(__x86_64__)
  profile += "; x86-64-v3";
#elif defined(__aarch64__)
  profile += "; aarch64";
#else
  profile += "; generic";
#endif
  profile += "; fp-contract off; Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." +
             std::to_string(EIGEN_MAJOR_VERSION) + "." + std::to_string(EIGEN_MINOR_VERSION);
  profile += "; formulas " + std::to_string(kFormulaVersion);
  profile += "; scenarios " + std::to_string(kScenarioVersion);
  return profile;
}

}  // namespace runledger::risk
