#include "bench/feed_clients.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace runledger::bench {
namespace {

constexpr int kPatienceMs = 120'000;

struct Order {
  std::uint64_t port = 0;
  std::uint64_t clients = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t frame_bytes = 0;
};

void require(bool ok, const char* what) {
  if (!ok) {
    throw std::runtime_error(what);
  }
}

void write_all(int file, const void* data, std::size_t size) {
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const auto written = ::write(file, at, size);
    require(written > 0, "cannot write to the other process");
    at += written;
    size -= static_cast<std::size_t>(written);
  }
}

void read_all(int file, void* data, std::size_t size) {
  char* at = static_cast<char*>(data);
  while (size > 0) {
    const auto got = ::read(file, at, size);
    require(got > 0, "the other process has ended");
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

// Delays in buckets of 2 %: exact enough, and small.
class Histogram {
 public:
  void add(std::int64_t ns) {
    const double us = std::max(1.0, static_cast<double>(ns) / 1000.0);
    const auto bucket = static_cast<std::size_t>(std::log(us) / std::log(1.02));
    ++counts_[std::min(bucket, counts_.size() - 1)];
    ++total_;
  }
  [[nodiscard]] double quantile_ms(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) {
        return std::pow(1.02, static_cast<double>(i) + 0.5) / 1000.0;
      }
    }
    return 0.0;
  }

 private:
  std::array<std::uint64_t, 1200> counts_{};
  std::uint64_t total_ = 0;
};

// Finds where frames end in what one connection sends.
class FrameCounter {
 public:
  /// Text frames that end in `bytes`.
  std::size_t count(std::string_view bytes) {
    std::size_t ended = 0;
    while (!bytes.empty()) {
      if (left_ > 0) {
        const auto taken = std::min<std::uint64_t>(left_, bytes.size());
        left_ -= taken;
        bytes.remove_prefix(taken);
        if (left_ == 0 && is_text_) {
          ++ended;
        }
        continue;
      }
      header_[size_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      const unsigned code = size_ < 2 ? 0 : header_[1];
      const std::size_t whole = code == 126 ? 4 : (code == 127 ? 10 : 2);
      if (size_ < whole) {
        continue;
      }
      left_ = whole == 2 ? code : 0;
      for (std::size_t i = 2; i < whole; ++i) {
        left_ = left_ * 256 + header_[i];
      }
      is_text_ = (header_[0] & 0x0FU) == 1;
      size_ = 0;
    }
    return ended;
  }

 private:
  std::array<unsigned char, 10> header_{};
  std::size_t size_ = 0;
  std::uint64_t left_ = 0;
  bool is_text_ = false;
};

struct Client {
  int socket = -1;
  FrameCounter frames;
  std::size_t events = 0;
};

class Clients {
 public:
  Clients() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  void connect(std::uint16_t port,
               std::size_t count,
               const std::string& request,
               const std::string& first_frame) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    clients_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      require(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
              "cannot connect");
      write_all(socket, request.data(), request.size());
      // Nothing follows the answer before the first frame has been sent.
      std::string answer;
      while (!answer.ends_with("\r\n\r\n")) {
        std::array<char, 1024> some{};
        const auto got = ::read(socket, some.data(), some.size());
        require(got > 0, "the server has closed the connection");
        answer.append(some.data(), static_cast<std::size_t>(got));
      }
      require(answer.starts_with("HTTP/1.1 101"), "not a WebSocket");
      write_all(socket, first_frame.data(), first_frame.size());
      ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
      clients_[i].socket = socket;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
    }
  }

  Delivery receive(std::size_t events, const SharedTimes* times) {
    for (auto& client : clients_) {
      client.events = 0;
    }
    Delivery delivery;
    Histogram delays;
    std::vector<char> buffer(256U << 10U);
    std::array<epoll_event, 256> ready{};
    std::size_t complete = 0;
    while (complete < clients_.size()) {
      const int count = ::epoll_wait(epoll_, ready.data(), ready.size(), kPatienceMs);
      if (count <= 0) {
        return delivery;
      }
      for (int i = 0; i < count; ++i) {
        auto& client = clients_[ready[static_cast<std::size_t>(i)].data.u64];
        const auto got = ::read(client.socket, buffer.data(), buffer.size());
        if (got <= 0) {
          return delivery;
        }
        const auto frames = client.frames.count({buffer.data(), static_cast<std::size_t>(got)});
        const auto now = monotonic_ns();
        for (std::size_t frame = 0; frame < frames && times != nullptr; ++frame) {
          delays.add(now - times->get(client.events + frame));
        }
        const bool was_complete = client.events >= events;
        client.events += frames;
        complete += !was_complete && client.events >= events ? 1U : 0U;
        delivery.events += frames;
        delivery.bytes += static_cast<std::uint64_t>(got);
        delivery.last_at = now;
      }
    }
    delivery.delay_p50_ms = delays.quantile_ms(0.50);
    delivery.delay_p99_ms = delays.quantile_ms(0.99);
    delivery.is_complete = true;
    return delivery;
  }

 private:
  int epoll_ = -1;
  std::vector<Client> clients_;
};

void run_child(int in, int out, const SharedTimes& times) {
  Order order;
  read_all(in, &order, sizeof order);
  std::string request(order.request_bytes, '\0');
  std::string first_frame(order.frame_bytes, '\0');
  read_all(in, request.data(), request.size());
  read_all(in, first_frame.data(), first_frame.size());
  Clients clients;
  clients.connect(static_cast<std::uint16_t>(order.port), order.clients, request, first_frame);
  const auto greeted = clients.receive(1, nullptr);
  write_all(out, &greeted, sizeof greeted);
  std::uint64_t events = 0;
  while (::read(in, &events, sizeof events) == static_cast<ssize_t>(sizeof events)) {
    const auto delivery = clients.receive(events, &times);
    write_all(out, &delivery, sizeof delivery);
  }
}

}  // namespace

std::int64_t monotonic_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

SharedTimes::SharedTimes(std::size_t count) : count_(count) {
  void* memory = ::mmap(nullptr, count * sizeof(std::int64_t), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  require(memory != MAP_FAILED, "no memory");
  times_ = static_cast<std::int64_t*>(memory);
}

SharedTimes::~SharedTimes() {
  ::munmap(times_, count_ * sizeof(std::int64_t));
}

void SharedTimes::set_now(std::size_t index) noexcept {
  __atomic_store_n(&times_[index], monotonic_ns(), __ATOMIC_RELEASE);
}

std::int64_t SharedTimes::get(std::size_t index) const noexcept {
  return index < count_ ? __atomic_load_n(&times_[index], __ATOMIC_ACQUIRE) : 0;
}

ClientProcess::ClientProcess(const SharedTimes& times) {
  std::array<int, 2> down{};
  std::array<int, 2> up{};
  require(::pipe2(down.data(), O_CLOEXEC) == 0 && ::pipe2(up.data(), O_CLOEXEC) == 0, "no pipe");
  child_ = ::fork();
  require(child_ >= 0, "cannot fork");
  if (child_ == 0) {
    ::close(down[1]);
    ::close(up[0]);
    int code = 0;
    try {
      run_child(down[0], up[1], times);
    } catch (const std::exception&) {
      code = 1;
    }
    ::_exit(code);
  }
  ::close(down[0]);
  ::close(up[1]);
  to_child_ = down[1];
  from_child_ = up[0];
}

ClientProcess::~ClientProcess() {
  ::close(to_child_);
  ::close(from_child_);
  ::waitpid(child_, nullptr, 0);
}

void ClientProcess::connect(std::uint16_t port,
                            std::size_t clients,
                            const std::string& request,
                            const std::string& first_frame) {
  const Order order{port, clients, request.size(), first_frame.size()};
  write_all(to_child_, &order, sizeof order);
  write_all(to_child_, request.data(), request.size());
  write_all(to_child_, first_frame.data(), first_frame.size());
  Delivery greeted;
  read_all(from_child_, &greeted, sizeof greeted);
  require(greeted.is_complete, "not every client was greeted");
}

Delivery ClientProcess::receive(std::size_t events) {
  const std::uint64_t count = events;
  write_all(to_child_, &count, sizeof count);
  Delivery delivery;
  read_all(from_child_, &delivery, sizeof delivery);
  return delivery;
}

}  // namespace runledger::bench
