#include "schema/failpoint.h"

#include <csignal>
#include <string>

#include <gtest/gtest.h>

namespace runledger {
namespace {

void pass_import() {
  RL_FAILPOINT("import.before_append");
}

TEST(Failpoint, RefusesAnUnknownNameWithTheListOfNames) {
  const auto armed = arm_failpoint("appender.nowhere");

  ASSERT_FALSE(armed.has_value());
#if defined(RUNLEDGER_FAILPOINTS)
  EXPECT_EQ(armed.error().code, Code::kInvalidArgument);
  for (const auto name : kFailpoints) {
    EXPECT_NE(armed.error().message.find(name), std::string::npos) << name;
  }
#else
  EXPECT_EQ(armed.error().code, Code::kUnsupported);
#endif
}

TEST(Failpoint, RefusesWhatIsNoCountAndNoAction) {
  for (const auto* spec :
       {"import.before_append:0", "import.before_append:x",
        "import.before_append:", "import.before_append:1:wait", "import.before_append:1:", ":1",
        "import.before_append:1:fail", "attempt.calculate:1:fail:0", "attempt.calculate:1:fail:2:3",
        "attempt.calculate:1:fail:2:kill", "attempt.calculate:1:failed",
        "attempt.calculate:1:failx5"}) {
    EXPECT_FALSE(arm_failpoint(spec).has_value()) << spec;
  }
  EXPECT_TRUE(arm_failpoint("").has_value());
}

#if defined(RUNLEDGER_FAILPOINTS)
TEST(FailpointDeathTest, KillsAtTheHitThatWasAskedFor) {
  EXPECT_EXIT(
      {
        const auto armed = arm_failpoint("import.before_append:3:kill");
        pass_import();
        pass_import();
        std::fputs(armed ? "two passed\n" : "not armed\n", stderr);
        pass_import();
      },
      ::testing::KilledBySignal(SIGKILL), "two passed");
}

TEST(FailpointDeathTest, FailsAsOftenAsWasAskedFor) {
  EXPECT_EXIT(
      {
        const auto armed = arm_failpoint("attempt.calculate:2:fail:3");
        std::string failed;
        for (int hit = 1; armed && hit <= 6; ++hit) {
          failed += RL_FAILPOINT_FAILS("attempt.calculate") ? 'f' : '.';
        }
        std::fputs(failed.c_str(), stderr);
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "^\\.fff\\.\\.$");
}

TEST(FailpointDeathTest, LetsOtherSitesPass) {
  EXPECT_EXIT(
      {
        const auto armed = arm_failpoint("import.after_append");
        pass_import();
        std::exit(armed ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace runledger
