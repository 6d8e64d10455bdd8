#include "engine/inputs/csv_reader.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/inputs/import_testing.h"

namespace runledger::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array<CsvColumn, 3> kColumns = {{
    {.name = "Name", .required = true},
    {.name = "Amount", .required = true, .alias = "Value"},
    {.name = "Memo"},
}};
constexpr CsvLayout kLayout = {.columns = kColumns, .bytes_max = 4U << 20U};

struct Outcome {
  std::vector<std::string> rows;  // "line: name|amount|memo"
  std::vector<std::string> errors;
  std::vector<std::string> notes;
  std::vector<std::string> messages;  // of the errors
  std::uint64_t data_rows = 0;
};

Outcome read(std::string_view text, const CsvLayout& layout = kLayout) {
  Outcome outcome;
  IssueLog log;
  outcome.data_rows = read_csv(text, layout, log, [&](const CsvRow& row) {
    outcome.rows.push_back(std::to_string(row.line) + ": " + std::string(row.values[0]) + "|" +
                           std::string(row.values[1]) + "|" + std::string(row.values[2]));
  });
  Parsed<std::vector<int>> parsed;
  log.finish(parsed);
  outcome.errors = briefs(parsed.errors);
  outcome.notes = briefs(parsed.notes);
  for (const ImportIssue& issue : parsed.errors) {
    outcome.messages.push_back(issue.message);
  }
  return outcome;
}

TEST(CsvReader, ReadsRowsWithTheirLines) {
  const Outcome outcome = read("Name,Amount,Memo\na,1,x\nb,2,y\n");

  EXPECT_THAT(outcome.rows, ElementsAre("2: a|1|x", "3: b|2|y"));
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.notes, IsEmpty());
  EXPECT_EQ(outcome.data_rows, 2U);
}

TEST(CsvReader, SkipsAByteOrderMark) {
  EXPECT_THAT(read("\xef\xbb\xbfName,Amount\na,1\n").rows, ElementsAre("2: a|1|"));
}

TEST(CsvReader, TakesCarriageReturnsAsLineEnds) {
  EXPECT_THAT(read("Name,Amount\r\na,1\r\n\r\nb,2\r\n").rows, ElementsAre("2: a|1|", "4: b|2|"));
  EXPECT_THAT(read("Name,Amount\ra,1\rb,2\r").rows, ElementsAre("2: a|1|", "3: b|2|"));
}

TEST(CsvReader, CountsCommentsAndEmptyLines) {
  const Outcome outcome = read("# about\n\nName,Amount\n# a \"quote\n  \na,1\n,,\n#x\nb,2\n");

  EXPECT_THAT(outcome.rows, ElementsAre("6: a|1|", "9: b|2|"));
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_EQ(outcome.data_rows, 2U);
}

TEST(CsvReader, KeepsLineBreaksWithinQuotesAndCountsThem) {
  const Outcome outcome =
      read("Name,Amount,Memo\na,1,\"two\nlines, \"\"quoted\"\"\n# no comment\"\nb,2,\n");

  EXPECT_THAT(outcome.rows, ElementsAre("2: a|1|two\nlines, \"quoted\"\n# no comment", "5: b|2|"));
}

TEST(CsvReader, TakesColumnsInAnyOrderAndCase) {
  EXPECT_THAT(read("MEMO,vAlUe,name\nx,1,a\n").rows, ElementsAre("2: a|1|x"));
}

TEST(CsvReader, NotesColumnsThatItIgnores) {
  const Outcome outcome = read("Name,Colour,Amount,\na,red,1,\n");

  EXPECT_THAT(outcome.rows, ElementsAre("2: a|1|"));
  EXPECT_THAT(outcome.notes, ElementsAre("1 NOTE_CSV_001 Colour"));
}

TEST(CsvReader, RemovesBlanksAroundCells) {
  EXPECT_THAT(read(" Name ,\" Amount \"\n  a\t, \" 1 \" \n").rows, ElementsAre("2: a|1|"));
}

TEST(CsvReader, NamesEveryMissingColumn) {
  const Outcome outcome = read("#\nMemo\nx\n");

  EXPECT_THAT(outcome.errors, ElementsAre("2 ERR_CSV_004 Name", "2 ERR_CSV_004 Amount"));
  EXPECT_THAT(outcome.rows, IsEmpty());
}

TEST(CsvReader, RefusesAColumnThatIsThereTwice) {
  EXPECT_THAT(read("Name,Amount,Value\na,1,2\n").errors, ElementsAre("1 ERR_CSV_008 Value"));
}

TEST(CsvReader, TellsThatThereIsNoHeader) {
  const Outcome semicolons = read("Name;Amount\na;1\n");

  EXPECT_THAT(read("a,1,x\n").errors, ElementsAre("1 ERR_CSV_005"));
  EXPECT_THAT(semicolons.errors, ElementsAre("1 ERR_CSV_005"));
  EXPECT_THAT(semicolons.messages.front(), HasSubstr("separated by commas"));
}

TEST(CsvReader, RefusesFilesWithoutRows) {
  EXPECT_THAT(read("").errors, ElementsAre("0 ERR_CSV_003"));
  EXPECT_THAT(read("\xef\xbb\xbf").errors, ElementsAre("0 ERR_CSV_003"));
  EXPECT_THAT(read("# only\n# comments\n\n").errors, ElementsAre("0 ERR_CSV_003"));
  EXPECT_THAT(read("Name,Amount\n").errors, ElementsAre("0 ERR_CSV_003"));
  EXPECT_THAT(read("Name,Amount\n,\n").errors, ElementsAre("0 ERR_CSV_003"));
}

TEST(CsvReader, RefusesFilesThatAreTooLarge) {
  const CsvLayout small = {.columns = kColumns, .bytes_max = 15};

  EXPECT_THAT(read("Name,Amount\na,1", small).errors, IsEmpty());
  EXPECT_THAT(read("Name,Amount\na,1\n", small).errors, ElementsAre("0 ERR_CSV_001"));
}

TEST(CsvReader, RefusesBytesThatAreNotText) {
  const std::string nul("Name,Amount\na,\0001\n", 17);

  EXPECT_THAT(read("Name,Amount\na,1\nZ\xfcrich,2\n").errors, ElementsAre("3 ERR_CSV_006"));
  EXPECT_THAT(read(std::string("\xff\xfeN\0a\0", 6)).errors, ElementsAre("1 ERR_CSV_006"));
  EXPECT_THAT(read(nul).errors, ElementsAre("2 ERR_CSV_006"));
  EXPECT_THAT(read("Name,Amount\nZ\u00fcrich,2\n").rows, ElementsAre("2: Z\u00fcrich|2|"));
}

TEST(CsvReader, GoesOnAfterBadQuotesWithinALine) {
  const Outcome outcome = read("Name,Amount\na\"b,1\nc,2\n\"d\"e,3\nf,4\n");

  EXPECT_THAT(outcome.errors, ElementsAre("2 ERR_CSV_006", "4 ERR_CSV_006"));
  EXPECT_THAT(outcome.rows, ElementsAre("3: c|2|", "5: f|4|"));
  EXPECT_EQ(outcome.data_rows, 4U);
}

TEST(CsvReader, StopsWhereAQuotedCellRunsAway) {
  const Outcome outcome = read("Name,Amount\na,1\n\"b,2\nc,3\n\"d\",4\ne\"e,5\n");

  EXPECT_THAT(outcome.errors, ElementsAre("3 ERR_CSV_006"));
  EXPECT_THAT(outcome.messages.front(), HasSubstr("line 5"));
  EXPECT_THAT(outcome.rows, ElementsAre("2: a|1|"));
}

TEST(CsvReader, NamesTheRowWhoseQuoteIsNeverClosed) {
  EXPECT_THAT(read("Name,Amount\na,1\n\"b,2\nc,3\n").errors, ElementsAre("3 ERR_CSV_006"));
  EXPECT_THAT(read("Name,\"Amount\na,1\n").errors, ElementsAre("1 ERR_CSV_006"));
}

TEST(CsvReader, GivesUpOnEndlessRows) {
  std::string text = "Name,Amount\n\"a";
  for (std::size_t i = 0; i < kCsvRowBytesMax / 50; ++i) {
    text += std::string(99, 'x') + "\n";
  }

  EXPECT_THAT(read(text).errors, ElementsAre("2 ERR_CSV_006"));
}

TEST(CsvReader, RefusesRowsOfAnotherNumberOfCells) {
  const Outcome outcome = read("Name,Amount\na\nb,2,\nc,3,4\nd,4\n");

  EXPECT_THAT(outcome.errors, ElementsAre("2 ERR_CSV_007", "4 ERR_CSV_007"));
  EXPECT_THAT(outcome.rows, ElementsAre("3: b|2|", "5: d|4|"));
}

TEST(CsvReader, TellsThatTheFileWasCutOff) {
  const Outcome outcome = read("Name,Amount\na,1\nb");

  EXPECT_THAT(outcome.errors, ElementsAre("3 ERR_CSV_007"));
  EXPECT_THAT(outcome.messages.front(), HasSubstr("cut off"));
}

TEST(CsvReader, NotesALastLineWithoutLineEnd) {
  const Outcome outcome = read("Name,Amount\na,1\nb,2");

  EXPECT_THAT(outcome.rows, ElementsAre("2: a|1|", "3: b|2|"));
  EXPECT_THAT(outcome.errors, IsEmpty());
  EXPECT_THAT(outcome.notes, ElementsAre("3 NOTE_CSV_002"));
}

TEST(CsvReader, CapsTheErrorsAndCountsTheRest) {
  std::string text = "Name,Amount\n";
  for (int i = 0; i < 1500; ++i) {
    text += "a\n";
  }

  const Outcome outcome = read(text);

  ASSERT_EQ(outcome.errors.size(), kIssuesMax + 1);
  EXPECT_EQ(outcome.errors.front(), "2 ERR_CSV_007");
  EXPECT_EQ(outcome.errors.back(), "0 ERR_CSV_009");
  EXPECT_THAT(outcome.messages.back(), HasSubstr("500 more"));
}

}  // namespace
}  // namespace runledger::engine
