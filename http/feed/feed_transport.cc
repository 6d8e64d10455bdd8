#include "http/feed/feed_transport.h"

#include <deque>

namespace runledger::http {

net::awaitable<FeedTransport::Outcome> FeedTransport::send_bytes(std::string bytes) {
  const auto socket = socket_;
  const Outcome acquired = co_await socket->acquire();
  if (acquired != Outcome::kDone) {
    co_return acquired;
  }
  const net::const_buffer buffer(bytes.data(), bytes.size());
  const auto taken = socket->write_now({&buffer, 1});
  Outcome outcome = taken.gone ? Outcome::kGone : Outcome::kDone;
  if (taken.full) {
    std::string rest = bytes.substr(taken.bytes);
    outcome = co_await socket->write_rest(std::move(rest));
  }
  if (outcome != Outcome::kStalled) {
    socket->release();
  }
  co_return outcome;
}

net::awaitable<FeedTransport::Outcome> FeedTransport::send(const ControlFrame& frame) {
  std::string bytes = encode(frame);
  co_return co_await send_bytes(std::move(bytes));
}

net::awaitable<FeedTransport::Outcome> FeedTransport::beat() {
  std::string bytes = encode_beat();
  co_return co_await send_bytes(std::move(bytes));
}

net::awaitable<FeedTransport::Sent> FeedTransport::send(FrameBatch batch) {
  const auto socket = socket_;
  Sent sent;
  sent.outcome = co_await socket->acquire();
  if (sent.outcome != Outcome::kDone) {
    co_return sent;
  }
  std::string rest;
  {
    std::deque<std::string> scratch(batch.ranges.size());
    std::vector<net::const_buffer> buffers;
    buffers.reserve(batch.ranges.size());
    for (std::size_t i = 0; i < batch.ranges.size(); ++i) {
      buffers.push_back(encode(batch.ranges[i], scratch[i]));
      sent.events += batch.ranges[i].last - batch.ranges[i].first;
    }
    const auto taken = socket->write_now(buffers);
    sent.was_full = taken.full;
    sent.outcome = taken.gone ? Outcome::kGone : Outcome::kDone;
    sent.through = batch.through;
    if (!taken.full) {
      socket->release();
      co_return sent;
    }
    rest = locate(batch, buffers, taken.bytes, sent);
    batch = {};  // Who waits for its socket keeps nothing but the rest of one frame.
  }
  sent.outcome = co_await socket->write_rest(std::move(rest));
  if (sent.outcome != Outcome::kStalled) {
    socket->release();
  }
  co_return sent;
}

std::string FeedTransport::locate(const FrameBatch& batch,
                                  std::span<const net::const_buffer> buffers,
                                  std::size_t taken,
                                  Sent& sent) const {
  sent.events = 0;
  sent.through = {};
  for (std::size_t i = 0; i < batch.ranges.size(); ++i) {
    const auto& range = batch.ranges[i];
    const std::string_view bytes(static_cast<const char*>(buffers[i].data()), buffers[i].size());
    std::size_t offset = 0;
    for (std::size_t frame = range.first; frame < range.last; ++frame) {
      if (taken == 0) {
        return {};
      }
      const std::size_t size = encoded_size(*range.block, frame);
      sent.through = range.block->frames()[frame].sequence;
      ++sent.events;
      if (taken < size) {
        return std::string(bytes.substr(offset + taken, size - taken));
      }
      taken -= size;
      offset += size;
    }
  }
  return {};
}

bool FeedTransport::send_last(const ControlFrame& frame) {
  return socket_->write_last(encode(frame));
}

}  // namespace runledger::http
