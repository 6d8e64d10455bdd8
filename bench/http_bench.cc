// How long the front takes: a request in process, a request over a socket, the live feed to many.

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include "engine/service.h"
#include "http/server.h"
#include "tests/http/raw_client.h"
#include "tests/support/temporary_directory.h"

namespace runledger {
namespace {

constexpr int kEvents = 2000;

// One server with a log of kEvents for all measurements.
class System {
 public:
  System() {
    engine::ServiceOptions options;
    options.data_directory = directory_.path() / "data";
    auto service = engine::open_service(options, clock_);
    if (!service) {
      throw std::runtime_error(service.error().message);
    }
    service_ = std::move(*service);
    api_ = std::make_unique<http::Api>(*service_);
    if (!api_->enable_tokens() ||
        !api_->access().users().put({"a@b.c", "long enough", http::Role::kViewer}, {"a", "b"})) {
      throw std::runtime_error("cannot make a user");
    }
    const auto login = api_->access().login("a@b.c", "long enough", "bench");
    token_ = login.value().token;
    for (int i = 0; i < kEvents; ++i) {
      if (!service_->record_access(AccessGranted{"a@b.c", "measured", "bench"}, {})) {
        throw std::runtime_error("cannot append");
      }
    }
    http::ServerOptions server_options;
    server_options.port = 0;
    server_ = std::move(http::Server::start(*api_, server_options).value());
  }
  ~System() {
    server_.reset();
    api_.reset();
  }
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  [[nodiscard]] http::Api& api() { return *api_; }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  testing::TemporaryDirectory directory_;
  engine::SystemClock clock_;
  std::unique_ptr<engine::Service> service_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<http::Server> server_;
  std::string token_;
};

System& the_system() {
  static System system;
  return system;
}

void BM_AnswerInProcess(benchmark::State& state, const std::string& target) {
  auto& system = the_system();
  http::Request request;
  request.target = target;
  request.headers.push_back({"Authorization", "Bearer " + system.token()});
  for (auto _ : state) {
    const auto response = system.api().handle(request);
    if (response.status != 200) {
      state.SkipWithError("not 200");
    }
    benchmark::DoNotOptimize(response.body.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(BM_AnswerInProcess, livez, "/livez");
BENCHMARK_CAPTURE(BM_AnswerInProcess, current_run, "/api/v1/admin/batch/run/current");
BENCHMARK_CAPTURE(BM_AnswerInProcess, events_100, "/api/v1/events?limit=100");
BENCHMARK_CAPTURE(BM_AnswerInProcess, events_1000, "/api/v1/events?limit=1000");

void BM_RequestOverSocket(benchmark::State& state) {
  auto& system = the_system();
  testing::RawClient client(system.port());
  const std::string request =
      "GET /api/v1/admin/batch/run/current HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " +
      system.token() + "\r\n\r\n";
  for (auto _ : state) {
    const auto response = client.exchange(request);
    if (!response || response->status != 200) {
      state.SkipWithError("not 200");
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_RequestOverSocket)->UseRealTime();

// Subscribers that each read the whole log; items are events delivered.
void BM_FeedCatchUp(benchmark::State& state) {
  auto& system = the_system();
  const auto subscribers = static_cast<std::size_t>(state.range(0));
  std::size_t events = 0;
  for (auto _ : state) {
    std::vector<std::unique_ptr<testing::RawClient>> clients;
    for (std::size_t i = 0; i < subscribers; ++i) {
      clients.push_back(std::make_unique<testing::RawClient>(system.port()));
      clients.back()->open_websocket("/api/v1/live", system.token());
      clients.back()->send_text(R"({"type":"subscribe","after_seq":0})");
    }
    for (auto& client : clients) {
      while (true) {
        const auto frame = client->receive_text();
        if (!frame || frame->find("caught_up") != std::string::npos) {
          break;
        }
        ++events;
      }
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(events));
}
BENCHMARK(BM_FeedCatchUp)->Arg(1)->Arg(10)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace runledger

BENCHMARK_MAIN();
