#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>

#include "http/api.h"
#include "http/report/sections.h"
#include "tests/http/api_fixture.h"

namespace runledger::http {
namespace {

using nlohmann::json;
using runledger::testing::ApiFixture;
using runledger::testing::json_of;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kOddName = "<b>&\"x";
constexpr const char* kOddPath = "%3Cb%3E%26%22x";

std::string read(const std::string& name) {
  std::ifstream file(std::string(RUNLEDGER_SOURCE_DIR) + "/data/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& one : response.headers) {
    if (equals_ignoring_case(one.name, name)) {
      return one.value;
    }
  }
  return "";
}

/// Fields of RFC 4180 text.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto& field = rows.back().back();
    if (quoted && text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[++i];
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (quoted) {
      field += text[i];
    } else if (text[i] == ',') {
      rows.back().emplace_back();
    } else if (text[i] == '\n') {
      rows.push_back({""});
    } else if (text[i] != '\r') {
      field += text[i];
    }
  }
  EXPECT_FALSE(quoted);
  rows.pop_back();
  return rows;
}

// The shipped data, three days of runs: all jobs for one portfolio with options, one without equity
// that holds a symbol without prices, one whose prices are missing.
class ReportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    fixture_ = std::make_unique<ApiFixture>();
    for (const auto* kind : {"prices", "rates", "sectors"}) {
      ASSERT_LT(fixture_
                    ->post("/api/v1/inputs/" + std::string(kind), read(kind + std::string(".csv")),
                           "text/csv")
                    .status,
                300U);
    }
    import("name=Options&equity=820000&equity_date=2017-11-01",
           read("portfolios/apple_options.csv"));
    const std::string head = "Symbol,Quantity,Entry Price Per Share,Entry Date\n";
    import("name=" + std::string(kOddPath),
           head + "ZZZZ,100,90.50,2017-02-01\nAAPL,100,120.0,2017-02-01\n" +
               "MSFT,-200,60.0,2017-02-01\nSPY,50,230.0,2017-11-09\n");
    import("name=Dark", head + "ZZZZ,100,90.50,2017-02-01\nYYYY,50,10.0,2017-02-01\n");
    fixture_->run_to_end("?start_date=2017-11-08&end_date=2017-11-10&correlations=true");
  }
  static void TearDownTestSuite() { fixture_.reset(); }

  static void import(const std::string& query, const std::string& body) {
    const auto response = fixture_->post("/api/v1/portfolios?" + query, body, "text/csv");
    ASSERT_EQ(response.status, 201U) << response.body;
  }
  static Response get(const std::string& portfolio, const std::string& query) {
    return fixture_->get("/api/v1/portfolios/" + portfolio + "/report" + query);
  }
  static json model(const std::string& portfolio, const std::string& query = "") {
    return json_of(get(portfolio, "?format=json" + query));
  }

  static inline std::unique_ptr<ApiFixture> fixture_;
};

TEST_F(ReportTest, HasEverySectionWithItsFigures) {
  const auto report = model("Options");
  const auto& sections = report.at("sections");

  EXPECT_EQ(report.at("portfolio"), "Options");
  EXPECT_EQ(report.at("as_of"), "2017-11-10");
  EXPECT_EQ(report.at("quality_flag"), "full");
  for (const auto* name :
       {"summary", "valuation", "pnl_explain", "exposures", "greeks", "factors", "betas", "risk",
        "value_at_risk", "rates", "market", "stress", "volatility", "correlations", "concentration",
        "history", "data_quality", "sources"}) {
    ASSERT_TRUE(sections.contains(name)) << name;
    EXPECT_TRUE(sections.at(name).at("gaps").empty()) << name;
    EXPECT_FALSE(sections.at(name).at("figures").empty() && sections.at(name).at("tables").empty())
        << name;
  }
  EXPECT_EQ(sections.at("valuation").at("tables").at("positions").at("rows").size(), 9U);
  EXPECT_EQ(sections.at("stress").at("tables").at("scenarios").at("rows").size(), 22U);
  EXPECT_EQ(sections.at("sources").at("tables").at("results").at("rows").size(), 11U);
  EXPECT_EQ(sections.at("sources")
                .at("tables")
                .at("results")
                .at("rows")[1]
                .at("input_hash")
                .get<std::string>()
                .size(),
            64U);
}

TEST_F(ReportTest, ShowsTheFiguresOfTheResults) {
  const auto results = json_of(fixture_->get("/api/v1/portfolios/Options/results")).at("results");
  const auto sections = model("Options").at("sections");
  const auto& joint = results.at("factor_analysis").at("joint");
  const auto& first = sections.at("factors").at("tables").at("joint").at("rows")[0];

  EXPECT_EQ(sections.at("summary").at("figures").at("equity").at("value"),
            results.at("portfolio_snapshot").at("equity"));
  EXPECT_EQ(first.at("beta_dollar"), joint.at("beta_dollar").at("MARKET"));
  // Student's t with 252 - 8 degrees of freedom: 1.969734 (tables).
  const double half = 1.969734 * joint.at("std_error").at("MARKET").get<double>();
  EXPECT_NEAR(first.at("high_95").get<double>() - first.at("beta_dollar").get<double>(), half,
              half * 1e-6);
  EXPECT_NEAR(first.at("beta_dollar").get<double>() - first.at("low_95").get<double>(), half,
              half * 1e-6);
}

TEST_F(ReportTest, PartsAddUpToTheDaysProfit) {
  const auto rows =
      model("Options").at("sections").at("pnl_explain").at("tables").at("parts").at("rows");
  double sum = 0;
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    sum += rows[i].at("pnl").get<double>();
  }

  EXPECT_EQ(rows.back().at("part"), "daily_pnl");
  EXPECT_NEAR(sum, rows.back().at("pnl").get<double>(), 1e-6);
  EXPECT_NE(sum, 0);
}

TEST_F(ReportTest, ScenariosComeWorstFirst) {
  const auto rows =
      model("Options").at("sections").at("stress").at("tables").at("scenarios").at("rows");

  EXPECT_TRUE(std::ranges::is_sorted(
      rows, {}, [](const auto& row) { return row.at("pnl").template get<double>(); }));
}

void expect_reasons(const json& value, const std::string& where) {
  if (value.is_object()) {
    for (const auto& [name, inner] : value.items()) {
      const bool may_lack = name == "low" || name == "high";  // Of a chart: no column.
      if (inner.is_null() && !may_lack) {
        EXPECT_TRUE(value.contains(name + "_reason")) << where << "/" << name;
      }
      expect_reasons(inner, where + "/" + name);
    }
  } else if (value.is_array()) {
    for (const auto& inner : value) {
      expect_reasons(inner, where);
    }
  }
}

TEST_F(ReportTest, WhatIsNotKnownHasAReason) {
  const auto report = model(kOddPath);
  const auto& sections = report.at("sections");
  const auto& position = sections.at("valuation").at("tables").at("positions").at("rows")[0];

  expect_reasons(report, "");
  EXPECT_EQ(report.at("quality_flag"), "limited");
  EXPECT_TRUE(sections.at("summary").at("figures").at("equity").at("value").is_null());
  EXPECT_EQ(sections.at("summary").at("figures").at("equity").at("value_reason"), "no_equity");
  EXPECT_TRUE(position.at("market_value").is_null());
  EXPECT_EQ(position.at("market_value_reason"), "no_price");
  EXPECT_EQ(position.at("weight_reason"), "no_price");
  const auto& unknown = sections.at("data_quality").at("tables").at("unknown").at("rows");
  EXPECT_TRUE(std::ranges::any_of(unknown, [](const auto& row) {
    return row.at("figure") == "Positions: Price" && row.at("reason") == "no_price" &&
           row.at("items") == "1 ZZZZ" && row.at("why").template get<std::string>().size() > 20;
  }));
}

TEST_F(ReportTest, NamesTheJobsThatAreMissing) {
  const auto sections = model("Dark").at("sections");
  const auto& gap = sections.at("stress").at("gaps").at(0);

  EXPECT_EQ(gap.at("job_type"), "stress_testing");
  EXPECT_EQ(gap.at("status"), "skipped");
  EXPECT_EQ(gap.at("reason"), "dependency_failed");
  EXPECT_EQ(sections.at("valuation").at("gaps").at(0).at("reason"), "uncovered");
  EXPECT_FALSE(gap.at("figures_shown"));
  EXPECT_TRUE(sections.at("stress").at("figures").empty());
  EXPECT_EQ(sections.at("greeks").at("gaps").at(0).at("reason"), "no_options");
  EXPECT_FALSE(sections.at("data_quality").at("figures").empty());
  EXPECT_THAT(get("Dark", "?format=md").body, HasSubstr("**Stress tests: skipped.**"));
}

TEST_F(ReportTest, IsNoBetterThanTheJobsThatAreMissing) {
  EXPECT_EQ(model("Dark").at("quality_flag"), "failed");  // No snapshot: its prices are unknown.
  EXPECT_THAT(get("Dark", "?format=md").body, HasSubstr("Failed: the value of the day is missing"));
}

TEST(ReportQuality, IsTheWorstThatAJobSaysOrLacks) {
  report::Material material;
  const auto good = report::Json::parse(R"({"data_quality": {"quality_flag": "full"}})");
  for (const auto type : kAllJobTypes) {
    material.jobs[type].document = good;
  }
  EXPECT_EQ(report::worst_quality(material), "full");
  const auto without = [&](JobType type, const store::JobRow& newest) {
    auto lacking = material;
    lacking.jobs[type] = {.latest = {}, .source = {}, .newest = newest, .document = {}};
    return report::worst_quality(lacking);
  };
  store::JobRow skipped;
  skipped.status = JobStatus::kSkipped;
  skipped.skip_reason = SkipReason::kNoOptions;
  EXPECT_EQ(without(JobType::kGreeksCalculation, skipped), "full");
  skipped.skip_reason = SkipReason::kDependencyFailed;
  EXPECT_EQ(without(JobType::kGreeksCalculation, skipped), "limited");
  EXPECT_EQ(without(JobType::kPortfolioSnapshot, skipped), "failed");
  store::JobRow failed;
  failed.status = JobStatus::kFailed;
  EXPECT_EQ(without(JobType::kStressTesting, failed), "limited");
  failed.error = "no_options";  // What failed is not what had nothing to do, whatever it says.
  EXPECT_EQ(without(JobType::kStressTesting, failed), "limited");
}

TEST_F(ReportTest, HasNothingOfLaterDates) {
  const auto early = get("Options", "?format=json&as_of=2017-11-09").body;
  const auto days = json_of(get("Options", "?format=json&as_of=2017-11-09"))
                        .at("sections")
                        .at("history")
                        .at("tables")
                        .at("days")
                        .at("rows");

  EXPECT_THAT(early, Not(HasSubstr("2017-11-10")));
  EXPECT_EQ(get("Options", "?as_of=2017-11-09").body.find("2017-11-10"), std::string::npos);
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days[0].at("as_of"), "2017-11-08");
  EXPECT_EQ(days[1].at("as_of"), "2017-11-09");
}

TEST_F(ReportTest, CsvHasEveryFigureOnce) {
  const auto response = get(kOddPath, "?format=csv");
  const auto rows = parse_csv(response.body);
  const auto sections = model(kOddPath).at("sections");
  std::map<std::string, std::vector<std::string>> found;

  EXPECT_EQ(response.content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(rows[0],
            (std::vector<std::string>{"section", "name", "item", "value", "unit", "reason"}));
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 6U);
    found[row[0] + "/" + row[1] + "/" + row[2]] = row;
  }
  EXPECT_EQ(found.at("report/portfolio/")[3], kOddName);
  EXPECT_EQ(std::stod(found.at("valuation/market_value/")[3]),
            sections.at("valuation").at("figures").at("market_value").at("value"));
  EXPECT_EQ(found.at("summary/equity/")[5], "no_equity");
  EXPECT_EQ(found.at("summary/equity/")[3], "");
  EXPECT_EQ(found.at("valuation/positions.market_value/1 ZZZZ")[5], "no_price");
  EXPECT_EQ(found.at("valuation/positions.market_value/3 MSFT")[4], "money");
  EXPECT_LT(std::stod(found.at("valuation/positions.market_value/3 MSFT")[3]), 0);
}

TEST_F(ReportTest, CsvTextIsNoFormula) {
  import("name=%3DSUM(A1)",
         "Symbol,Quantity,Entry Price Per Share,Entry Date\nAAPL,1,1,2017-02-01\n");
  fixture_->run_to_end("?portfolio_id=%3DSUM(A1)&as_of=2017-11-10");

  EXPECT_THAT(get("%3DSUM(A1)", "?format=csv").body,
              HasSubstr("report,portfolio,,'=SUM(A1),text,"));
}

TEST_F(ReportTest, PageEscapesNamesAndAllowsOnlyItsOwnScript) {
  const auto response = get(kOddPath, "");
  const auto policy = header(response, "Content-Security-Policy");
  const auto has = [&](std::string_view text) {
    return response.body.find(text) != std::string::npos;  // Too long a text to be printed.
  };

  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_EQ(header(response, "Content-Disposition"), "inline; filename=\"b-x-2017-11-10.html\"");
  EXPECT_TRUE(has("<h1>&lt;b&gt;&amp;&quot;x</h1>"));
  EXPECT_TRUE(has(R"("portfolio":"\u003cb>&\"x")"));
  EXPECT_FALSE(has(kOddName));
  EXPECT_FALSE(has("<b>&"));
  EXPECT_TRUE(has("licensed under the Apache License, Version 2.0"));
  EXPECT_TRUE(has("(no equity)"));
  EXPECT_TRUE(has("(no price)"));
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(policy, HasSubstr("style-src 'sha256-"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
}

TEST_F(ReportTest, MarkdownEscapesNames) {
  const auto response = get(kOddPath, "?format=md");

  EXPECT_EQ(response.content_type, "text/markdown; charset=utf-8");
  EXPECT_THAT(response.body, HasSubstr("# \\<b\\>&\"x, 2017-11-10"));
  EXPECT_THAT(response.body, HasSubstr("| 1 ZZZZ | LONG | 100 | (no price) |"));
}

TEST_F(ReportTest, TheSameStoreGivesTheSameBytes) {
  for (const auto* format : {"html", "md", "json", "csv"}) {
    const auto query = std::string("?as_of=2017-11-10&format=") + format;
    EXPECT_TRUE(get("Options", query).body == get("Options", query).body) << format;
  }
  const auto before = get("Options", "?as_of=2017-11-10").body;
  fixture_->restart();
  EXPECT_TRUE(get("Options", "?as_of=2017-11-10").body == before);
}

TEST_F(ReportTest, RefusesWhatItCannotDo) {
  const auto expect = [](const Response& response, unsigned status, const std::string& code,
                         const std::string& detail) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(json_of(response).at("code"), code);
    EXPECT_THAT(json_of(response).at("detail").get<std::string>(), HasSubstr(detail));
  };

  expect(get("Nobody", ""), 404, "portfolio_not_found", "Nobody");
  expect(get("Options", "?as_of=2016-01-05"), 404, "no_results", "2016-01-05");
  expect(get("Options", "?as_of=yesterday"), 422, "invalid_date", "as_of");
  expect(get("Options", "?format=pdf"), 400, "invalid_parameter", "format");
  EXPECT_EQ(fixture_->send(Method::kGet, "/api/v1/portfolios/Options/report", "").status, 401U);
}

}  // namespace
}  // namespace runledger::http
