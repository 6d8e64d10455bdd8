#include "http/feed/asyncapi.h"

#include <set>

#include <gmock/gmock.h>

#include "http/feed/feed_schema.h"
#include "schema/json_writer.h"
#include "tests/http/live_feed_fixture.h"
#include "tests/support/sample_events.h"

namespace runledger::http {
namespace {

using nlohmann::json;
using runledger::testing::has_json_type;
using runledger::testing::LiveFeedTest;
using runledger::testing::RawClient;
using std::chrono::milliseconds;
using std::chrono::seconds;

// The words of JSON Schema that the document uses.
class Schema {
 public:
  explicit Schema(const json& document) : document_(document) {}

  // Empty if `value` is as `schema` says, or what is wrong.
  [[nodiscard]] std::string check(const json& value, const json& schema) const {
    if (schema.contains("$ref")) {
      return check(value, resolve(schema.at("$ref")));
    }
    if (schema.contains("oneOf")) {
      return check_one_of(value, schema.at("oneOf"));
    }
    if (schema.contains("const") && value != schema.at("const")) {
      return value.dump() + " is not " + schema.at("const").dump();
    }
    if (schema.contains("type") && !has_json_type(value, schema.at("type"))) {
      return value.dump() + " is not of type " + schema.at("type").dump();
    }
    if (schema.contains("pattern") && value.is_string() &&
        (value.get<std::string>().size() != 64 ||
         value.get<std::string>().find_first_not_of("0123456789abcdef") != std::string::npos)) {
      return value.dump() + " is no hash";
    }
    return value.is_object() && schema.contains("properties") ? check_object(value, schema) : "";
  }

  [[nodiscard]] const json& resolve(const std::string& reference) const {
    return document_.at(json::json_pointer(reference.substr(1)));
  }

 private:
  [[nodiscard]] std::string check_one_of(const json& value, const json& choices) const {
    const auto fitting = std::ranges::count_if(
        choices, [&](const json& choice) { return check(value, choice).empty(); });
    if (fitting == 1) {
      return "";
    }
    for (const auto& choice : choices) {
      const auto& schema = resolve(choice.at("$ref"));
      if (schema.at("properties").at("type").at("const") == value.at("type")) {
        return check(value, schema);
      }
    }
    return "no schema for " + value.at("type").dump();
  }

  [[nodiscard]] std::string check_object(const json& value, const json& schema) const {
    for (const auto& name : schema.value("required", json::array())) {
      if (!value.contains(name)) {
        return "no " + name.dump() + " in " + value.dump();
      }
    }
    const auto& properties = schema.at("properties");
    for (const auto& [name, member] : value.items()) {
      if (!properties.contains(name)) {
        return "unknown member " + name;
      }
      if (auto wrong = check(member, properties.at(name)); !wrong.empty()) {
        return name + ": " + wrong;
      }
    }
    return "";
  }

  const json& document_;
};

class AsyncApiTest : public LiveFeedTest {
 protected:
  // Takes a frame that the server sent.
  void take(const json& frame) {
    const auto type = frame.at("type").get<std::string>();
    const auto& messages = document_.at("components").at("messages");
    ASSERT_TRUE(messages.contains(type)) << frame;
    EXPECT_EQ(Schema(document_).check(frame, messages.at(type).at("payload")), "") << frame;
    seen_.insert(type);
    if (type == "event") {
      events_.insert(frame.at("event").at("type").get<std::string>());
    }
  }
  void take_until(RawClient& client, const std::string& type) {
    for (const auto& frame : until(client, type)) {
      take(frame);
    }
  }

  json document_ = json::parse(asyncapi_document());
  std::set<std::string> seen_;
  std::set<std::string> events_;
};

TEST_F(AsyncApiTest, DescribesEveryFrameThatAServerSends) {
  start({.position_interval = milliseconds{10}});
  fixture_.import_samples(10);
  fixture_.run_to_end("?as_of=2017-03-13");
  fixture_.run_to_end("?as_of=2017-03-14");
  const auto live = subscribe(nullptr);
  take_until(*live, "caught_up");
  const auto all = subscribe(0);
  take_until(*all, "caught_up");
  ASSERT_EQ(fixture_.post("/api/v1/admin/prune?keep_runs=1").status, 200U);
  const auto pruned = subscribe(1);
  take(next(*pruned));
  const auto foreign = subscribe(committed() + 1000);
  take_until(*foreign, "caught_up");
  const auto filtered = subscribe(committed(), {{"job_type", "stress_testing"}});
  take_until(*filtered, "caught_up");
  append_event();
  take_until(*filtered, "position");
  RawClient refused(server_->port());
  ASSERT_EQ(refused.open_websocket(kLive, fixture_.viewer_token()), 101U);
  refused.send_text("{}");
  take(next(refused));
  std::jthread stopper([this] { server_->stop(seconds{10}); });
  take_until(*live, "bye");

  // None that is described was left out, and none was sent that is not described.
  std::set<std::string> described;
  for (const auto& [name, message] : document_.at("components").at("messages").items()) {
    described.insert(name);
  }
  described.erase("subscribe");
  EXPECT_EQ(seen_, described);
  EXPECT_THAT(events_, ::testing::IsSupersetOf({"EngineStarted", "PricesIngested", "RunPlanned",
                                                "JobAttempted", "JobSucceeded", "RunFinished"}));
}

TEST_F(AsyncApiTest, DescribesEveryKindOfEvent) {
  const Schema schema(document_);
  const auto& event = document_.at("components").at("schemas").at("Event");
  std::set<std::string> sent;
  for (const auto& sample : runledger::testing::sample_events()) {
    const auto value = json::parse(event_to_json(sample));
    EXPECT_EQ(schema.check(value, event), "") << value;
    sent.insert(value.at("type").get<std::string>());
  }
  const auto unknown =
      json::parse(event_to_json(Event{Sequence{1}, {}, {}, {}, {}, UnknownPayload{99}}));
  EXPECT_EQ(schema.check(unknown, event), "") << unknown;
  sent.insert(unknown.at("type").get<std::string>());

  for (auto kind = InputKind::kPrices; kind <= InputKind::kParameters;
       kind = static_cast<InputKind>(static_cast<int>(kind) + 1)) {
    InputIngested ingested;
    ingested.kind = kind;
    sent.insert(std::string(event_type(ingested)));
  }

  std::set<std::string> described;
  for (const auto& spec : event_specs()) {
    described.insert(std::string(spec.name));
  }
  EXPECT_EQ(sent, described);
}

TEST_F(AsyncApiTest, AcceptsASubscribeFrameWithEveryMember) {
  start();
  const json frame = {{"type", "subscribe"},
                      {"after_seq", nullptr},
                      {"filter", {{"job_type", "stress_testing"}}},
                      {"every_progress", true},
                      {"token", fixture_.viewer_token()}};
  const auto& subscribe = document_.at("components").at("messages").at("subscribe");
  EXPECT_EQ(Schema(document_).check(frame, subscribe.at("payload")), "");
  // Nothing that is described is missing here.
  EXPECT_EQ(frame.size(), subscribe_spec().members.size() + 1);

  RawClient client(server_->port());
  ASSERT_EQ(client.open_websocket(kLive), 101U);
  client.send_text(frame.dump());

  EXPECT_EQ(next(client).at("type"), "snapshot");
}

TEST_F(AsyncApiTest, RefersOnlyToWhatIsThere) {
  const Schema schema(document_);
  std::size_t references = 0;
  const auto visit = [&](const json& value, const auto& self) -> void {
    if (value.is_object() && value.contains("$ref")) {
      EXPECT_NO_THROW(static_cast<void>(schema.resolve(value.at("$ref"))));
      ++references;
    }
    if (value.is_structured()) {
      for (const auto& member : value) {
        self(member, self);
      }
    }
  };
  visit(document_, visit);

  EXPECT_EQ(document_.at("asyncapi"), "3.0.0");
  EXPECT_GT(references, event_specs().size());
}

}  // namespace
}  // namespace runledger::http
