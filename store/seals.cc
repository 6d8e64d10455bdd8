#include "store/seals.h"

#include <utility>
#include <variant>

#include "store/keys.h"
#include "store/row_visit.h"
#include "store/serialize.h"

// kSeals: last sequence -> first, last hash, root.
namespace runledger::store {
namespace {

class Seals final : public Projection {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "seals"; }
  [[nodiscard]] std::uint32_t version() const noexcept override { return 1; }
  [[nodiscard]] std::vector<Table> tables() const override { return {Table::kSeals}; }
  [[nodiscard]] Status apply(const Event& event, TableBatch& rows) override {
    if (const auto seal = sealer_.add(event)) {
      rows.put(Table::kSeals, sequence_key(seal->last), encode_seal(*seal));
    }
    return {};
  }
  [[nodiscard]] std::string save() const override { return serialized(sealer_); }
  [[nodiscard]] Status load(std::string_view bytes) override {
    RL_TRY_ASSIGN(sealer_, deserialized<Sealer>(bytes, "the state of the seals"));
    return {};
  }
  void reset() override { sealer_ = {}; }
  [[nodiscard]] Retention retention() const noexcept override { return Retention::kForgets; }
  [[nodiscard]] Status forget(Sequence through,
                              const TableReader& rows,
                              TableBatch& changes) override {
    return rows.scan(Table::kSeals, "", sequence_key(next(through)), ScanOrder::kAscending,
                     [&](std::string_view key, std::string_view) {
                       changes.erase(Table::kSeals, std::string(key));
                       return true;
                     });
  }

 private:
  Sealer sealer_;
};

}  // namespace

bool ends_run(const Payload& payload) noexcept {
  return std::holds_alternative<RunFinished>(payload) ||
         std::holds_alternative<RunRejected>(payload);
}

std::optional<Seal> Sealer::add(const Event& event) {
  std::optional<Seal> seal;
  if (at_ != Sequence{}) {
    tree_.add(event.previous);
    if (ends_ || tree_.size() == kSegmentEvents) {
      seal = Seal{.first = first_, .last = at_, .last_hash = event.previous, .root = tree_.root()};
      tree_.clear();
      first_ = event.sequence;
    }
  } else {
    first_ = event.sequence;
  }
  at_ = event.sequence;
  ends_ = ends_run(event.payload);
  return seal;
}

std::unique_ptr<Projection> make_seals() {
  return std::make_unique<Seals>();
}

std::string encode_seal(const Seal& seal) {
  std::string bytes;
  put_sequence(bytes, seal.first);
  put_sequence(bytes, seal.last);
  put_digest(bytes, seal.last_hash);
  put_digest(bytes, seal.root);
  return bytes;
}

Result<Seal> decode_seal(std::string_view bytes) {
  FieldReader fields(bytes);
  Seal seal;
  seal.first = fields.sequence();
  seal.last = fields.sequence();
  seal.last_hash = fields.digest();
  seal.root = fields.digest();
  if (!fields.done()) {
    return fail(Code::kCorruption, "a seal is damaged");
  }
  return seal;
}

Result<std::vector<Seal>> list_seals(const TableReader& tables) {
  std::vector<Seal> seals;
  RL_TRY(visit_rows(tables, Table::kSeals, "", "",
                    [&](std::string_view, std::string_view value) -> Status {
                      RL_TRY_ASSIGN(const Seal seal, decode_seal(value));
                      seals.push_back(seal);
                      return {};
                    }));
  return seals;
}

}  // namespace runledger::store
