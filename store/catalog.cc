#include "store/catalog.h"

#include <map>
#include <utility>

#include "store/keys.h"
#include "store/serialize.h"

// kPortfolios: 'i' id -> row; 'n' name 0 id -> row, only while the portfolio is not deleted.
// kInputs:     's' sequence -> row; 'c' kind content -> newest row with that content;
//              'e' sequence -> nothing, for every import and deletion, of portfolios too.
namespace runledger::store {

template <class Archive>
void serialize(Archive& archive, PortfolioRow& row) {
  archive(row.id, row.name, row.content, row.sequence, row.imported_at, row.positions, row.equity,
          row.equity_date, row.deleted);
}
template <class Archive>
void serialize(Archive& archive, InputRow& row) {
  archive(row.sequence, row.imported_at, row.input);
}

namespace {

std::string id_key(const PortfolioId& id) {
  std::string key = "i";
  put_uuid(key, id.uuid);
  return key;
}

std::string name_prefix(std::string_view name) {
  std::string key = "n";
  key += name;
  key.push_back('\0');
  return key;
}

std::string name_key(const PortfolioRow& row) {
  std::string key = name_prefix(row.name);
  put_uuid(key, row.id.uuid);
  return key;
}

std::string content_key(InputKind kind, const Digest& content) {
  std::string key = "c";
  put_u8(key, static_cast<std::uint8_t>(kind));
  put_digest(key, content);
  return key;
}

class Catalog final : public Projection {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "catalog"; }
  [[nodiscard]] std::uint32_t version() const noexcept override { return 1; }
  [[nodiscard]] std::vector<Table> tables() const override {
    return {Table::kPortfolios, Table::kInputs};
  }
  [[nodiscard]] Status apply(const Event& event, TableBatch& rows) override {
    if (std::holds_alternative<PortfolioImported>(event.payload) ||
        std::holds_alternative<PortfolioDeleted>(event.payload) ||
        std::holds_alternative<InputIngested>(event.payload)) {
      rows.put(Table::kInputs, "e" + sequence_key(event.sequence), {});
    }
    if (const auto* imported = std::get_if<PortfolioImported>(&event.payload)) {
      import_portfolio(event, *imported, rows);
    } else if (const auto* deleted = std::get_if<PortfolioDeleted>(&event.payload)) {
      delete_portfolio(*deleted, rows);
    } else if (const auto* input = std::get_if<InputIngested>(&event.payload)) {
      ingest(event, *input, rows);
    }
    return {};
  }
  [[nodiscard]] std::string save() const override { return serialized(portfolios_); }
  [[nodiscard]] Status load(std::string_view bytes) override {
    RL_TRY_ASSIGN(portfolios_, deserialized<State>(bytes, "the state of the catalog"));
    return {};
  }
  void reset() override { portfolios_.clear(); }
  [[nodiscard]] Retention retention() const noexcept override { return Retention::kKeeps; }

 private:
  using State = std::map<PortfolioId, PortfolioRow>;

  void import_portfolio(const Event& event, const PortfolioImported& imported, TableBatch& rows) {
    PortfolioRow& row = portfolios_[imported.portfolio];
    const bool renamed = row.name != imported.name;
    if (renamed && row.sequence != Sequence{} && !row.deleted) {
      rows.erase(Table::kPortfolios, name_key(row));
    }
    row = {.id = imported.portfolio,
           .name = imported.name,
           .content = imported.content,
           .sequence = event.sequence,
           .imported_at = event.time,
           .positions = imported.positions,
           .equity = imported.equity,
           .equity_date = imported.equity_date,
           .deleted = false};
    std::string bytes = serialized(row);
    rows.put(Table::kPortfolios, name_key(row), bytes);
    rows.put(Table::kPortfolios, id_key(row.id), std::move(bytes));
  }

  void delete_portfolio(const PortfolioDeleted& deleted, TableBatch& rows) {
    const auto found = portfolios_.find(deleted.portfolio);
    if (found == portfolios_.end() || found->second.deleted) {
      return;
    }
    PortfolioRow& row = found->second;
    row.deleted = true;
    rows.erase(Table::kPortfolios, name_key(row));
    rows.put(Table::kPortfolios, id_key(row.id), serialized(row));
  }

  static void ingest(const Event& event, const InputIngested& input, TableBatch& rows) {
    std::string bytes =
        serialized(InputRow{.sequence = event.sequence, .imported_at = event.time, .input = input});
    rows.put(Table::kInputs, content_key(input.kind, input.content), bytes);
    rows.put(Table::kInputs, "s" + sequence_key(event.sequence), std::move(bytes));
  }

  State portfolios_;
};

/// Rows of `table` whose key starts with `prefix`, in the order of the keys.
template <class Row>
Result<std::vector<Row>> rows_with(const TableReader& tables,
                                   Table table,
                                   const std::string& prefix) {
  std::vector<Row> rows;
  Status damage;
  RL_TRY(tables.scan(table, prefix, prefix_end(prefix), ScanOrder::kAscending,
                     [&](std::string_view, std::string_view value) {
                       auto row = deserialized<Row>(value, "a row of the catalog");
                       if (!row) {
                         damage = std::unexpected(std::move(row).error());
                         return false;
                       }
                       rows.push_back(std::move(*row));
                       return true;
                     }));
  RL_TRY(damage);
  return rows;
}

}  // namespace

std::unique_ptr<Projection> make_catalog() {
  return std::make_unique<Catalog>();
}

Result<std::vector<PortfolioRow>> list_portfolios(const TableReader& tables) {
  return rows_with<PortfolioRow>(tables, Table::kPortfolios, "n");
}

Result<PortfolioRow> find_portfolio(const TableReader& tables, std::string_view id_or_name) {
  if (const auto id = PortfolioId::parse(id_or_name)) {
    RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kPortfolios, id_key(*id)));
    if (bytes) {
      return deserialized<PortfolioRow>(*bytes, "a row of the catalog");
    }
  }
  RL_TRY_ASSIGN(auto rows,
                rows_with<PortfolioRow>(tables, Table::kPortfolios, name_prefix(id_or_name)));
  std::erase_if(rows, [&](const PortfolioRow& row) { return row.name != id_or_name; });
  if (rows.empty()) {
    return fail(Code::kNotFound, "no such portfolio: " + std::string(id_or_name));
  }
  if (rows.size() > 1) {
    return fail(Code::kNotFound,
                "more than one portfolio has this name, use the id: " + std::string(id_or_name));
  }
  return std::move(rows.front());
}

Result<std::vector<InputRow>> list_inputs(const TableReader& tables) {
  return rows_with<InputRow>(tables, Table::kInputs, "s");
}

Result<std::optional<InputRow>> find_input(const TableReader& tables,
                                           InputKind kind,
                                           const Digest& content) {
  RL_TRY_ASSIGN(const auto bytes, tables.get(Table::kInputs, content_key(kind, content)));
  if (!bytes) {
    return std::nullopt;
  }
  RL_TRY_ASSIGN(auto row, deserialized<InputRow>(*bytes, "a row of the catalog"));
  return row;
}

Result<std::vector<Sequence>> import_sequences(const TableReader& tables, Sequence through) {
  std::vector<Sequence> sequences;
  RL_TRY(tables.scan(Table::kInputs, "e", "e" + sequence_key(next(through)), ScanOrder::kAscending,
                     [&](std::string_view key, std::string_view) {
                       sequences.push_back(FieldReader(key.substr(1)).sequence());
                       return true;
                     }));
  return sequences;
}

}  // namespace runledger::store
