#include "http/tokens.h"

#include <sodium.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "manual_clock.h"

namespace runledger::http {
namespace {

using runledger::testing::ManualClock;

std::string base64url(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();
  return text;
}

std::string payload_of(const std::string& token) {
  const auto begin = token.find('.') + 1;
  const auto middle = token.substr(begin, token.find('.', begin) - begin);
  std::string bytes(middle.size(), '\0');
  std::size_t size = 0;
  EXPECT_EQ(sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                              middle.data(), middle.size(), nullptr, &size, nullptr,
                              sodium_base64_VARIANT_URLSAFE_NO_PADDING),
            0);
  bytes.resize(size);
  return bytes;
}

class TokensTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Tokens tokens_{std::string(32, 'k'), clock_};
  std::string token_ = tokens_.issue({"ann@example.com", Role::kAdmin}).value();
};

TEST_F(TokensTest, LetsItsOwnTokenIn) {
  const auto principal = tokens_.verify(token_);

  ASSERT_TRUE(principal.has_value());
  EXPECT_EQ(principal->email, "ann@example.com");
  EXPECT_EQ(principal->role, Role::kAdmin);
}

TEST_F(TokensTest, SaysWhoWhatAndUntilWhen) {
  const auto claims = nlohmann::json::parse(payload_of(token_));

  EXPECT_EQ(claims.at("sub"), "ann@example.com");
  EXPECT_EQ(claims.at("email"), "ann@example.com");
  EXPECT_EQ(claims.at("role"), "admin");
  EXPECT_EQ(claims.at("exp").get<long>() - claims.at("iat").get<long>(), 24 * 3600);
}

TEST_F(TokensTest, RefusesAnExpiredToken) {
  clock_.advance(std::chrono::hours{24} - std::chrono::seconds{1});
  EXPECT_TRUE(tokens_.verify(token_).has_value());
  clock_.advance(std::chrono::seconds{1});

  const auto principal = tokens_.verify(token_);

  ASSERT_FALSE(principal.has_value());
  EXPECT_EQ(principal.error().status, 401U);
  EXPECT_EQ(principal.error().code, "expired_token");
}

TEST_F(TokensTest, RefusesAnotherKey) {
  const Tokens other(std::string(32, 'x'), clock_);

  EXPECT_FALSE(tokens_.verify(other.issue({"ann@example.com", Role::kAdmin}).value()).has_value());
}

TEST_F(TokensTest, RefusesTheAlgorithmNone) {
  const std::string payload = payload_of(token_);
  for (const auto* header :
       {R"({"alg":"none"})", R"({"alg":"none","typ":"JWT"})", R"({"typ":"JWT"})"}) {
    const auto forged = base64url(header) + "." + base64url(payload) + ".";
    const auto principal = tokens_.verify(forged);
    ASSERT_FALSE(principal.has_value()) << header;
    EXPECT_EQ(principal.error().code, "invalid_token");
  }
}

TEST_F(TokensTest, RefusesAnotherAlgorithmWithTheSameSignature) {
  const auto signature = token_.substr(token_.rfind('.') + 1);
  for (const auto* header : {R"({"alg":"HS384","typ":"JWT"})", R"({"alg":"RS256","typ":"JWT"})"}) {
    EXPECT_FALSE(
        tokens_.verify(base64url(header) + "." + base64url(payload_of(token_)) + "." + signature)
            .has_value());
  }
}

TEST_F(TokensTest, RefusesEveryChangedCharacter) {
  for (std::size_t i = 0; i + 1 < token_.size(); ++i) {
    auto changed = token_;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(tokens_.verify(changed).has_value()) << i;
  }
}

TEST_F(TokensTest, RefusesWhatIsNoToken) {
  for (const auto& text :
       {std::string(), std::string("a"), std::string("a.b.c"), std::string(".."), token_ + "=",
        token_ + std::string(1, '\0'), " " + token_, std::string(5000, 'a') + ".b.c"}) {
    EXPECT_FALSE(tokens_.verify(text).has_value());
  }
}

}  // namespace
}  // namespace runledger::http
