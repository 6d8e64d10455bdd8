#include <memory>

#include "schema/codec.h"
#include "schema/invariant.h"
#include "store/checkpoint.h"
#include "store/projections.h"
#include "tests/fuzz/fuzz.h"

// Checkpoints and packed blobs: what does not match is refused, what loads saves to what loads
// again.
namespace runledger::store {
namespace {

const StoreId kStore{};

// Wraps any bytes as the state of `real`, so that they get past the checksum of the frame.
class Forged final : public Projection {
 public:
  Forged(const Projection& real, std::string_view state) : real_(real), state_(state) {}
  [[nodiscard]] std::string_view name() const noexcept override { return real_.name(); }
  [[nodiscard]] std::uint32_t version() const noexcept override { return real_.version(); }
  [[nodiscard]] std::vector<Table> tables() const override { return real_.tables(); }
  [[nodiscard]] Status apply(const Event& /*event*/, TableBatch& /*rows*/) override { return {}; }
  [[nodiscard]] std::string save() const override { return std::string(state_); }
  [[nodiscard]] Status load(std::string_view /*bytes*/) override { return {}; }
  void reset() override {}
  [[nodiscard]] Retention retention() const noexcept override { return real_.retention(); }

 private:
  const Projection& real_;
  std::string_view state_;
};

std::unique_ptr<Projection> projection(std::size_t choice) {
  return std::move(make_projections().at(choice));
}

void check_state(std::size_t choice, std::string_view state) {
  const auto real = projection(choice);
  static_cast<void>(load_checkpoint(state, kStore, *real));
  const auto frame = encode_checkpoint(Forged(*real, state), Sequence{7}, kStore);
  const auto loaded = load_checkpoint(frame, kStore, *real);
  if (!loaded) {
    RL_ASSERT(loaded.error().code == Code::kCorruption);
    return;
  }
  RL_ASSERT(*loaded == Sequence{7});
  const auto saved = real->save();
  const auto again = projection(choice);
  RL_ASSERT(again->load(saved).has_value());
  RL_ASSERT(again->save() == saved);
}

void check_blob(std::string_view packed) {
  if (const auto bytes = unpack_blob(packed)) {
    const auto again = unpack_blob(pack_blob(*bytes));
    RL_ASSERT(again.has_value() && *again == *bytes);
  }
}

}  // namespace
}  // namespace runledger::store

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace runledger;
  auto input = fuzz::text_of(data, size);
  const auto choice = fuzz::take_byte(input);
  static const std::size_t kProjections = store::make_projections().size();
  const std::size_t what = choice % (kProjections + 1);
  if (what == kProjections) {
    store::check_blob(input);
  } else {
    store::check_state(what, input);
  }
  return 0;
}
