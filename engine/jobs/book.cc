#include "engine/jobs/book.h"

#include <algorithm>
#include <map>
#include <set>

namespace runledger::engine {
namespace {

Holding make_holding(const Position& position, std::size_t index, const MarketData& market) {
  Holding holding;
  holding.label = std::to_string(index + 1);
  holding.is_option = position.is_option();
  holding.is_private = position.investment_class == InvestmentClass::kPrivate;
  const std::string& priced_by = holding.is_option ? position.underlying : position.symbol;
  holding.symbol = position.symbol.empty() ? priced_by : position.symbol;
  holding.underlying = market.id(priced_by);
  holding.quantity = position.quantity;
  holding.entry_price = position.entry_price;
  holding.multiplier = position.multiplier;
  holding.entry = session_on_or_after(position.entry_date);
  if (position.exit_date) {
    holding.exit = session_on_or_after(*position.exit_date);
    holding.exit_price = position.exit_price;
  }
  if (holding.is_option) {
    holding.expiry = session_on_or_before(position.expiration);
    holding.strike = position.strike;
    holding.kind =
        position.right == OptionRight::kCall ? risk::OptionKind::kCall : risk::OptionKind::kPut;
    holding.style = position.style == OptionStyle::kEuropean ? risk::ExerciseStyle::kEuropean
                                                             : risk::ExerciseStyle::kAmerican;
  }
  holding.tags = position.tags;
  std::sort(holding.tags.begin(), holding.tags.end());
  holding.tags.erase(std::unique(holding.tags.begin(), holding.tags.end()), holding.tags.end());
  return holding;
}

/// Of the positions themselves: the digest of their file is not known to every caller.
Digest positions_digest(const Portfolio& portfolio) {
  Hasher hasher;
  hasher.add(portfolio.content);
  const auto add_date = [&hasher](Date date) {
    hasher.add(static_cast<std::uint64_t>(date.time_since_epoch().count()));
  };
  for (const Position& position : portfolio.positions) {
    hasher.add(std::string_view(position.symbol)).add(std::string_view(position.underlying));
    hasher.add(position.quantity).add(position.entry_price).add(position.multiplier);
    hasher.add(static_cast<std::uint64_t>(position.investment_class));
    hasher.add(position.strike).add(static_cast<std::uint64_t>(position.right));
    hasher.add(static_cast<std::uint64_t>(position.style)).add(position.exit_price.value_or(0.0));
    add_date(position.entry_date);
    add_date(position.expiration);
    add_date(position.exit_date.value_or(Date{}));
    for (const std::string& tag : position.tags) {
      hasher.add(std::string_view(tag));
    }
  }
  return hasher.finish();
}

}  // namespace

std::string_view Holding::type() const noexcept {
  if (!is_option) {
    return quantity >= 0 ? "LONG" : "SHORT";
  }
  if (kind == risk::OptionKind::kCall) {
    return quantity >= 0 ? "LC" : "SC";
  }
  return quantity >= 0 ? "LP" : "SP";
}

double Book::flow_on(Session session) const noexcept {
  const auto found = std::lower_bound(flows.begin(), flows.end(), session,
                                      [](const Flow& flow, Session s) { return flow.session < s; });
  return found != flows.end() && found->session == session ? found->amount : 0.0;
}

std::vector<Book> make_books(const InputRows& rows, const MarketData& market) {
  std::map<std::string_view, std::map<Session, double>> flows;
  for (const FlowRow& row : rows.flows) {
    flows[row.portfolio][session_on_or_after(row.date)] += row.amount;
  }
  std::vector<Book> books;
  books.reserve(rows.portfolios.size());
  for (const Portfolio& portfolio : rows.portfolios) {
    Book book;
    book.id = portfolio.id;
    book.name = portfolio.name;
    book.content = positions_digest(portfolio);
    for (std::size_t i = 0; i < portfolio.positions.size(); ++i) {
      book.holdings.push_back(make_holding(portfolio.positions[i], i, market));
      book.symbols.push_back(book.holdings.back().underlying);
      book.has_options = book.has_options || book.holdings.back().is_option;
    }
    std::sort(book.symbols.begin(), book.symbols.end());
    book.symbols.erase(std::unique(book.symbols.begin(), book.symbols.end()), book.symbols.end());
    if (portfolio.equity && portfolio.equity_date) {
      book.equity = portfolio.equity;
      book.equity_session = session_on_or_after(*portfolio.equity_date);
    }
    std::map<Session, double> own;
    const std::string id = to_string(book.id);
    for (const std::string_view key : std::set<std::string_view>{book.name, id}) {
      if (const auto found = flows.find(key); found != flows.end()) {
        for (const auto& [session, amount] : found->second) {
          own[session] += amount;
        }
      }
    }
    for (const auto& [session, amount] : own) {
      book.flows.push_back({session, amount});
    }
    books.push_back(std::move(book));
  }
  return books;
}

}  // namespace runledger::engine
