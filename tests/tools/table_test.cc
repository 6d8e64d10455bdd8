#include "tools/table.h"

#include <gtest/gtest.h>

namespace runledger::tools {
namespace {

TEST(Table, AlignsColumnsAndEndsLinesWithoutSpaces) {
  Table table({{"NAME"}, {"COUNT", Align::kRight}, {"NOTE"}});
  table.add({"a", "1", ""});
  table.add({"longer", "1000", "x"});

  EXPECT_EQ(table.to_text(),
            "NAME    COUNT  NOTE\n"
            "a           1\n"
            "longer   1000  x\n");
}

TEST(Table, CountsCodePointsNotBytes) {
  Table table({{"N"}, {"M"}});
  table.add({"äöü", "1"});
  table.add({"abcd", "2"});

  EXPECT_EQ(table.to_text(),
            "N     M\n"
            "äöü   1\n"
            "abcd  2\n");
}

}  // namespace
}  // namespace runledger::tools
