#include "http/dashboard.h"

#include <zlib.h>

#include <regex>

#include <gmock/gmock.h>

#include "tests/http/api_fixture.h"

namespace runledger::http {
namespace {

using runledger::testing::ApiFixture;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string* header_of(const Response& response, const std::string& name) {
  for (const auto& header : response.headers) {
    if (header.name == name) {
      return &header.value;
    }
  }
  return nullptr;
}

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string input = packed;
  std::string text(64U << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

class DashboardTest : public ::testing::Test {
 protected:
  Response get(const std::string& target, const std::string& accept_encoding = "") {
    Request request;
    request.target = target;
    if (!accept_encoding.empty()) {
      request.headers.push_back({"accept-encoding", accept_encoding});
    }
    return fixture_.api().handle(request);
  }
  // The files that the page names.
  std::vector<std::string> files() {
    const auto page = get("/").body;
    const std::regex pattern("/assets/[^\"]+");
    std::vector<std::string> found;
    for (std::sregex_iterator at(page.begin(), page.end(), pattern), end; at != end; ++at) {
      found.push_back(at->str());
    }
    return found;
  }

  ApiFixture fixture_;
};

TEST_F(DashboardTest, IsOnePageAtEveryPathWhateverTheQuery) {
  const auto page = get("/");
  ASSERT_EQ(page.status, 200U);
  EXPECT_THAT(page.content_type, HasSubstr("text/html"));
  const auto* policy = header_of(page, "Content-Security-Policy");
  ASSERT_NE(policy, nullptr);
  EXPECT_THAT(*policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(*policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(*header_of(page, "Cache-Control"), "no-cache");
  for (const char* target : {"/login?next=%2Fjobs", "/runs", "/runs?status=failed&page=2",
                             "/runs/0190c9a0-0000-7000-8000-000000000000?at=12", "/portfolios",
                             "/portfolios/Alpha?as_of=2017-03-10", "/jobs", "/events", "/system"}) {
    EXPECT_EQ(get(target).body, page.body) << target;
  }
}

TEST_F(DashboardTest, NamesFilesThatAreThereAndNeverGoStale) {
  const auto named = files();
  ASSERT_EQ(named.size(), 3U);
  for (const auto& file : named) {
    const auto response = get(file);
    EXPECT_EQ(response.status, 200U) << file;
    EXPECT_THAT(*header_of(response, "Cache-Control"), HasSubstr("immutable"));
    EXPECT_EQ(header_of(response, "Content-Encoding"), nullptr);
    EXPECT_THAT(file, ::testing::ContainsRegex("\\.[0-9a-f]{12}\\."));
    EXPECT_FALSE(response.body.empty());
  }
}

TEST_F(DashboardTest, PacksForThoseWhoTakeIt) {
  for (const auto& file : files()) {
    const auto plain = get(file);
    const auto packed = get(file, "br;q=1.0, gzip;q=0.8");
    EXPECT_EQ(*header_of(packed, "Vary"), "Accept-Encoding");
    if (header_of(packed, "Content-Encoding") == nullptr) {
      continue;
    }
    EXPECT_LT(packed.body.size(), plain.body.size());
    EXPECT_EQ(gunzip(packed.body), plain.body);
  }
  EXPECT_NE(header_of(get(files()[2], "gzip"), "Content-Encoding"), nullptr);
}

TEST_F(DashboardTest, IsWhatABrowserGetsWhereThereIsNothing) {
  const auto ask = [&](const std::string& target, const std::string& accept, Method method) {
    Request request;
    request.method = method;
    request.target = target;
    request.headers.push_back({"accept", accept});
    auto admitted = fixture_.api().admit(request, 0);
    auto response = fixture_.api().handle(request);
    EXPECT_FALSE(admitted.has_value());
    EXPECT_EQ(admitted.error().body, response.body) << target;
    EXPECT_EQ(response.status, 404U) << target;
    return response;
  };
  const std::string browser = "text/html,application/xhtml+xml,*/*;q=0.8";

  EXPECT_EQ(ask("/nowhere", browser, Method::kGet).body, get("/").body);
  EXPECT_EQ(ask("/runs/1/2", browser, Method::kGet).body, get("/").body);
  const auto* policy = header_of(ask("/nowhere", browser, Method::kGet), "Content-Security-Policy");
  ASSERT_NE(policy, nullptr);
  for (const auto& response :
       {ask("/nowhere", "*/*", Method::kGet), ask("/nowhere", browser, Method::kPost),
        ask("/api/v1/nowhere", browser, Method::kGet), ask("/assets/a/b", browser, Method::kGet)}) {
    EXPECT_THAT(response.body, HasSubstr("route_not_found"));
  }
}

TEST_F(DashboardTest, HasNoOtherFiles) {
  EXPECT_EQ(get("/assets/app.js").status, 404U);
  EXPECT_EQ(get("/assets/..%2Fapi.cc").status, 404U);
}

TEST_F(DashboardTest, IsNoPartOfTheApisDescription) {
  EXPECT_THAT(get("/openapi.json").body, Not(HasSubstr("showPage")));
}

TEST(AcceptsGzip, ReadsTheHeaderAsItIsDefined) {
  for (const char* yes : {"gzip", "GZIP", "deflate, gzip", "gzip;q=0.5", "br, gzip ; q=1, *;q=0"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "br", "identity", "gzip;q=0", "gzip; q=0.000", "x-gzip2", ",,"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

}  // namespace
}  // namespace runledger::http
