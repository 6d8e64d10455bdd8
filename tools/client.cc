#include "tools/client.h"

#include <string_view>
#include <utility>

#include <curl/curl.h>

namespace runledger::tools {
namespace {

constexpr long kConnectTimeoutSeconds = 10;
constexpr long kStalledSeconds = 120;  // No byte in this time: the server is gone.

class LocalClient final : public ApiClient {
 public:
  explicit LocalClient(http::Api& api) : api_(&api) {}

  Result<http::Response> send(http::Request request) override {
    request.remote = "cli";
    request.trusted = http::Principal{"cli", http::Role::kAdmin};
    return api_->handle(request);
  }

 private:
  http::Api* api_;
};

struct FreeCurl {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void add_header(HeaderList& list, const std::string& line) {
  list.reset(curl_slist_append(list.release(), line.c_str()));
}

// Called by libcurl for each piece of the body.
std::size_t take_body(char* data, std::size_t size, std::size_t count, void* target) {
  static_cast<std::string*>(target)->append(data, size * count);
  return size * count;
}

class RemoteClient final : public ApiClient {
 public:
  RemoteClient(CURL* handle, std::string base, std::string token)
      : curl_(handle), base_(std::move(base)), token_(std::move(token)) {}

  Result<http::Response> send(http::Request request) override {
    auto* curl = curl_.get();
    curl_easy_reset(curl);  // Keeps the connection.
    HeaderList headers;
    for (const auto& header : request.headers) {
      add_header(headers, header.name + ": " + header.value);
    }
    if (!token_.empty()) {
      add_header(headers, "Authorization: Bearer " + token_);
    }
    http::Response response;
    const std::string url = base_ + request.target;
    const std::string method(http::to_string(request.method));
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
    if (request.method == http::Method::kPost) {
      curl_easy_setopt(curl, CURLOPT_POST, 1L);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    } else if (request.method != http::Method::kGet) {
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK) {
      return fail(Code::kUnavailable, base_ + ": " + curl_easy_strerror(code));
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<unsigned>(status);
    const char* type = nullptr;
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    response.content_type = type != nullptr ? type : "";
    return response;
  }

 private:
  std::unique_ptr<CURL, FreeCurl> curl_;
  std::string base_;
  std::string token_;
};

}  // namespace

std::unique_ptr<ApiClient> make_local_client(http::Api& api) {
  return std::make_unique<LocalClient>(api);
}

Result<std::unique_ptr<ApiClient>> make_remote_client(const std::string& url,
                                                      const std::string& token) {
  auto base = url;
  while (base.ends_with('/')) {
    base.pop_back();
  }
  if (!base.starts_with("http://") && !base.starts_with("https://")) {
    return fail(Code::kInvalidArgument,
                "the URL of the server must begin with http:// or https://");
  }
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return fail(Code::kInternal, "libcurl cannot be started");
  }
  CURL* handle = curl_easy_init();
  if (handle == nullptr) {
    return fail(Code::kInternal, "libcurl cannot be started");
  }
  return std::make_unique<RemoteClient>(handle, std::move(base), token);
}

}  // namespace runledger::tools
