#include "schema/base64.h"

#include <gtest/gtest.h>

namespace runledger {
namespace {

TEST(Base64, HasTheVectorsOfTheRfc) {
  // RFC 4648 section 10.
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("fo"), "Zm8=");
  EXPECT_EQ(to_base64("foo"), "Zm9v");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, ComesBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes.push_back(static_cast<char>(i * 7));
    ASSERT_EQ(from_base64(to_base64(bytes)), bytes) << bytes.size();
  }
}

TEST(Base64, RefusesWhatItDoesNotWrite) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Z===", "Zm9v\n", " Zm9v", "Zm9=Zm9v", "Zm?v"}) {
    EXPECT_FALSE(from_base64(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace runledger
