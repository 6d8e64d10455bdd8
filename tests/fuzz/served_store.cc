#include "tests/fuzz/served_store.h"

#include <unistd.h>

#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include "schema/invariant.h"
#include "tests/http/api_fixture.h"

namespace runledger::fuzz {
namespace {

constexpr const char* kEmail = "admin@example.com";
constexpr const char* kPassword = "correct horse";

std::unique_ptr<engine::Service> open(const std::filesystem::path& path,
                                      const engine::Clock& clock,
                                      bool read_only) {
  engine::ServiceOptions options;
  options.data_directory = path;
  options.read_only = read_only;
  options.compute_threads = 2;
  auto service = engine::open_service(options, clock);
  RL_ASSERT(service.has_value());
  return std::move(*service);
}

std::string log_in(http::Api& api) {
  http::Request login;
  login.method = http::Method::kPost;
  login.target = "/api/v1/auth/login";
  login.headers = {{"Content-Type", "application/json"}};
  login.body = nlohmann::json{{"email", kEmail}, {"password", kPassword}}.dump();
  return nlohmann::json::parse(api.handle(login).body).value("access_token", "");
}

}  // namespace

ServedStore& ServedStore::instance() {
  static ServedStore store;
  return store;
}

ServedStore::ServedStore() {
  spdlog::set_level(spdlog::level::off);
  fill();
  service_ = open(directory_.path() / "data", clock_, true);
  api_ = std::make_unique<http::Api>(*service_);
  RL_ASSERT(api_->enable_tokens().has_value());
  http::ServerOptions options;
  options.port = 0;
  auto server = http::Server::start(*api_, options);
  RL_ASSERT(server.has_value());
  server_ = std::move(*server);
}

ServedStore::~ServedStore() = default;

void ServedStore::fill() {
  const auto service = open(directory_.path() / "data", clock_, false);
  http::Api api(*service);
  RL_ASSERT(api.enable_tokens().has_value());
  RL_ASSERT(api.access()
                .users()
                .put({kEmail, kPassword, http::Role::kAdmin}, {"test", "test"})
                .has_value());
  RL_ASSERT(service->import_input(InputKind::kPrices, "prices.csv", testing::sample_prices(5))
                .has_value());
  for (const auto* name : {"Alpha", "Beta"}) {
    engine::PortfolioImportRequest request;
    request.name = name;
    request.bytes = testing::sample_positions();
    RL_ASSERT(service->import_portfolio(std::move(request)).has_value());
  }
  engine::StartRunRequest run;
  run.triggered_by = kEmail;
  RL_ASSERT(service->start_run(run, std::nullopt).has_value());
  RL_ASSERT(service->wait_until_idle(std::chrono::minutes{1}));
  token_ = log_in(api);
  RL_ASSERT(!token_.empty());
}

std::string ServedStore::with_token(std::string_view input) const {
  constexpr std::string_view kMark = "$TOKEN";
  std::string text(input);
  for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
    text.replace(at, kMark.size(), token_);
    at += token_.size();
  }
  return text;
}

std::string ServedStore::exchange(std::string_view bytes) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  RL_ASSERT(connection >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server_->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  RL_ASSERT(connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  const timeval patience{10, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  while (!bytes.empty()) {
    const auto sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      break;  // It may close on what it has read so far.
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  shutdown(connection, SHUT_WR);
  std::string received;
  std::array<char, 16384> some{};
  while (true) {
    const auto count = recv(connection, some.data(), some.size(), 0);
    if (count <= 0) {
      // A timeout means that the server keeps a connection that nobody sends on any more.
      RL_ASSERT(count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK));
      break;
    }
    received.append(some.data(), static_cast<std::size_t>(count));
  }
  // Without waiting in TIME_WAIT: thousands of connections a second would use up all ports.
  const linger reset{1, 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  close(connection);
  return received;
}

}  // namespace runledger::fuzz
