#include <algorithm>
#include <map>
#include <tuple>

#include "http/report/sections.h"
#include "http/report/words.h"

namespace runledger::http::report {
namespace {

void add_market_data(SectionBuilder& section) {
  const Json* document = section.document(JobType::kMarketDataUpdate);
  if (document == nullptr) {
    return;
  }
  section.figures(*document, {{"quality_score", "Score of the market data", Unit::kRatio},
                              {"symbols_needed", "Symbols needed", Unit::kCount},
                              {"symbols_current", "With a close on the date", Unit::kCount},
                              {"coverage_current", "Coverage, current", Unit::kRatio},
                              {"coverage_history", "Coverage, history", Unit::kRatio},
                              {"coverage_fresh", "Coverage, fresh", Unit::kRatio},
                              {"average_history_days", "Mean history", Unit::kDays}});
  std::string missing;
  if (const auto found = document->find("missing"); found != document->end()) {
    for (const Json& symbol : *found) {
      missing += (missing.empty() ? "" : ", ") +
                 (symbol.is_string() ? symbol.get<std::string>() : symbol.dump());
    }
  }
  if (!missing.empty()) {
    section.note("Symbols without any recent price (of all portfolios of the run): " + missing +
                 ".");
  }
  if (const auto found = document->find("stale"); found != document->end() && !found->empty()) {
    section.rows_of(*document, "stale", "Symbols behind",
                    {{"symbol", "Symbol"}, {"stale_days", "Days behind", Unit::kDays}});
  }
  if (const auto found = document->find("suspicious");
      found != document->end() && !found->empty()) {
    section.rows_of(*document, "suspicious", "Prices that look wrong",
                    {{"symbol", "Symbol"},
                     {"date", "Date", Unit::kDate},
                     {"kind", "Kind"},
                     {"ratio", "Ratio", Unit::kNumber}});
  }
}

std::string status_of(JobType job, const JobRecord& record) {
  const auto gap = gap_of(job, record);
  if (gap) {
    return short_words(gap->status);
  }
  return short_words(to_string(record.latest->status));
}

// How far the result that is shown can be trusted, as its job recorded it.
const DataQuality* quality_of(const JobRecord& record) {
  const bool is_known = record.document.is_object() && record.source && record.source->quality;
  return is_known ? &*record.source->quality : nullptr;
}

// What a missing result does to the trust in a date: nothing if there was nothing to calculate.
std::string_view quality_of_gap(JobType job, const JobRecord& record) {
  static constexpr std::array kNothingToDo = {SkipReason::kNoOptions, SkipReason::kNotScheduled,
                                              SkipReason::kNoPositions, SkipReason::kNotApplicable};
  const auto gap = gap_of(job, record);
  const bool nothing_to_do =
      gap && gap->status == "skipped" && std::ranges::any_of(kNothingToDo, [&](SkipReason reason) {
        return gap->reason == to_string(reason);
      });
  if (!gap || nothing_to_do) {
    return "";
  }
  return job == JobType::kPortfolioSnapshot && !gap->figures_shown ? "failed" : "limited";
}

void add_jobs(SectionBuilder& section, const Material& material) {
  Table* jobs = section.table("jobs", "Jobs of the date",
                              {{"job", "Job", Unit::kText},
                               {"status", "Status", Unit::kText},
                               {"quality_flag", "Quality", Unit::kText},
                               {"coverage", "Coverage", Unit::kRatio},
                               {"average_history_days", "Mean history", Unit::kDays},
                               {"warnings", "Warnings", Unit::kCount},
                               {"why", "Why", Unit::kText}});
  for (const auto type : kAllJobTypes) {
    const JobRecord& record = material.jobs.at(type);
    const auto gap = gap_of(type, record);
    const Cell none = Missing{gap ? gap->reason : "not_reported"};
    const auto* quality = quality_of(record);
    jobs->rows.push_back({std::string(title_of(type)), status_of(type, record),
                          quality == nullptr ? none : Cell(std::string(to_string(quality->flag))),
                          quality == nullptr ? none : Cell(quality->coverage),
                          quality == nullptr ? none : Cell(quality->average_history_days),
                          quality == nullptr
                              ? none
                              : Cell(static_cast<std::int64_t>(record.source->warnings.size())),
                          gap ? gap->text : std::string()});
  }
}

void add_warnings(SectionBuilder& section, const Material& material) {
  // The same warning of several jobs is one row.
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto type : kAllJobTypes) {
    const JobRecord& record = material.jobs.at(type);
    if (quality_of(record) == nullptr) {
      continue;
    }
    for (const std::string& text : record.source->warnings) {
      const auto found = std::ranges::find(rows, text, &decltype(rows)::value_type::first);
      const auto title = std::string(title_of(type));
      if (found == rows.end()) {
        rows.emplace_back(text, title);
      } else {
        found->second += ", " + title;
      }
    }
  }
  if (rows.empty()) {
    section.note("No job has a warning.");
    return;
  }
  Table* table = section.table("warnings", "Warnings", {{"warning", "Warning"}, {"jobs", "Jobs"}});
  for (auto& [text, jobs] : rows) {
    table->rows.push_back({std::move(text), std::move(jobs)});
  }
}

/// Missing figures of one kind: (section, table, figure, reason) and the rows that have it.
struct Unknowns {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::vector<std::pair<Key, std::vector<std::string>>> groups;

  void add(Key key, std::string item) {
    auto found = std::ranges::find(groups, key, &decltype(groups)::value_type::first);
    if (found == groups.end()) {
      groups.push_back({std::move(key), {}});
      found = std::prev(groups.end());
    }
    if (!item.empty()) {
      found->second.push_back(std::move(item));
    }
  }
};

std::string row_name(const std::vector<Cell>& row) {
  const auto* name = std::get_if<std::string>(&row.front());
  const auto number = number_of(row.front());
  return name != nullptr ? *name : (number ? std::to_string(*number) : "?");
}

void add_unknowns(SectionBuilder& section, const std::vector<Section>& others) {
  Unknowns unknowns;
  for (const Section& other : others) {
    for (const Figure& figure : other.figures) {
      if (const auto* missing = std::get_if<Missing>(&figure.value)) {
        unknowns.add({other.title, figure.column.title, missing->reason}, "");
      }
    }
    for (const Table& table : other.tables) {
      for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
          if (const auto* missing = std::get_if<Missing>(&row[i])) {
            unknowns.add(
                {other.title, table.title + ": " + table.columns[i].title, missing->reason},
                row_name(row));
          }
        }
      }
    }
  }
  if (unknowns.groups.empty()) {
    section.note("Every figure of the report is known.");
    return;
  }
  Table* table = section.table("unknown", "Figures that are not known",
                               {{"section", "Section"},
                                {"figure", "Figure"},
                                {"count", "Number", Unit::kCount},
                                {"reason", "Word", Unit::kCode, false},
                                {"why", "Why"},
                                {"items", "Of"}});
  for (const auto& [key, items] : unknowns.groups) {
    const auto& [title, figure, reason] = key;
    std::string names;
    for (const auto& item : items) {
      names += (names.empty() ? "" : ", ") + item;
    }
    table->rows.push_back({title, figure,
                           static_cast<std::int64_t>(std::max<std::size_t>(1, items.size())),
                           reason, full_words(reason), std::move(names)});
  }
}

}  // namespace

std::string worst_quality(const Material& material) {
  static constexpr std::string_view kFlags[] = {"full", "limited", "failed"};
  std::string worst;
  std::size_t rank = 0;
  const auto consider = [&](std::string_view flag) {
    const auto place = static_cast<std::size_t>(std::ranges::find(kFlags, flag) - kFlags);
    if (place < std::size(kFlags) && (worst.empty() || place > rank)) {
      worst = flag;
      rank = place;
    }
  };
  for (const auto& [type, record] : material.jobs) {
    consider(member(record.document, "data_quality").value("quality_flag", ""));
    consider(quality_of_gap(type, record));
  }
  return worst.empty() ? "unknown" : worst;
}

Section quality_section(const Material& material, const std::vector<Section>& others) {
  SectionBuilder section(material, "data_quality", "Data quality",
                         "How far the figures can be trusted: what each job covered, what it "
                         "warned of, and every figure that is not known.");
  add_market_data(section);
  add_jobs(section, material);
  add_warnings(section, material);
  add_unknowns(section, others);
  return section.take();
}

Section sources_section(const Material& material) {
  SectionBuilder section(material, "sources", "Where the figures come from",
                         "Each result is stored under its hash and names the hash of its inputs: "
                         "the same inputs and formulas give the same result again.");
  Table* table = section.table("results", "Results",
                               {{"job", "Job", Unit::kText},
                                {"run_id", "Run", Unit::kCode},
                                {"finished_at", "Finished", Unit::kText},
                                {"formula_version", "Formulas", Unit::kCount},
                                {"sequence", "Event", Unit::kCount, false},
                                {"input_hash", "Hash of the inputs", Unit::kCode},
                                {"result_hash", "Hash of the result", Unit::kCode}});
  for (const auto type : kAllJobTypes) {
    const JobRecord& record = material.jobs.at(type);
    if (!record.latest || !record.document.is_object()) {
      continue;
    }
    const auto& latest = *record.latest;
    const auto of_source = [&](auto&& read) {
      return record.source ? Cell(read(*record.source)) : Cell(Missing{"not_reported"});
    };
    table->rows.push_back({std::string(title_of(type)), to_string(latest.run),
                           of_source([](const auto& row) { return format_time(row.finished_at); }),
                           static_cast<std::int64_t>(latest.formula_version),
                           static_cast<std::int64_t>(raw(latest.sequence)),
                           of_source([](const auto& row) { return to_string(row.input_hash); }),
                           to_string(latest.result_hash)});
  }
  return section.take();
}

}  // namespace runledger::http::report
