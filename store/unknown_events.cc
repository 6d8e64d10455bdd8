#include "store/unknown_events.h"

#include <string>
#include <variant>

#include "store/keys.h"

// kUnknown: sequence -> payload type.
namespace runledger::store {
namespace {

class UnknownEvents final : public Projection {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "unknown_events"; }
  /// Raised with every kind of event that is added: what was unknown may be known now.
  [[nodiscard]] std::uint32_t version() const noexcept override {
    return static_cast<std::uint32_t>(std::variant_size_v<Payload>);
  }
  [[nodiscard]] std::vector<Table> tables() const override { return {Table::kUnknown}; }
  [[nodiscard]] Status apply(const Event& event, TableBatch& rows) override {
    if (const auto* unknown = std::get_if<UnknownPayload>(&event.payload)) {
      rows.put(Table::kUnknown, sequence_key(event.sequence),
               std::string(1, static_cast<char>(unknown->type)));
    }
    return {};
  }
  [[nodiscard]] std::string save() const override { return {}; }
  [[nodiscard]] Status load(std::string_view bytes) override {
    return bytes.empty() ? Status() : fail(Code::kCorruption, "the unknown events have no state");
  }
  void reset() override {}
  [[nodiscard]] Retention retention() const noexcept override { return Retention::kForgets; }
  [[nodiscard]] Status forget(Sequence through,
                              const TableReader& rows,
                              TableBatch& changes) override {
    return rows.scan(Table::kUnknown, "", sequence_key(next(through)), ScanOrder::kAscending,
                     [&](std::string_view key, std::string_view) {
                       changes.erase(Table::kUnknown, std::string(key));
                       return true;
                     });
  }
};

}  // namespace

std::unique_ptr<Projection> make_unknown_events() {
  return std::make_unique<UnknownEvents>();
}

Result<std::map<std::uint8_t, std::uint64_t>> count_unknown_events(const TableReader& tables) {
  std::map<std::uint8_t, std::uint64_t> counts;
  RL_TRY(tables.scan(Table::kUnknown, "", "", ScanOrder::kAscending,
                     [&](std::string_view, std::string_view value) {
                       ++counts[FieldReader(value).u8()];
                       return true;
                     }));
  return counts;
}

}  // namespace runledger::store
