#include "datasets/family.hpp"

#include <gmock/gmock.h>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "tests/datasets/sample_records.hpp"

namespace femsynth::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::string header = R"toml("""
title = "Mass"
description = "A product with {rho}."
form = "a"
rank = 2
cells = ["interval", "tetrahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2 }

[choices]
term = ["u", "{rho} * u", 2, 0.5]

[literals]
rho = { min = -0.5, max = 2.25, decimals = 2 }

[by_dim.vector]
1 = "(1,)"
3 = "(1, 0, 0)"
"""
)toml";
const std::string body = R"toml(a = {term} * {rho} * {vector} # {cell} {dim} {element} {degree}
)toml";

TEST(Family, ReadsAWholeHeader) {
  const Family family = parse_family("mass", header + body, "mass.py");
  EXPECT_EQ(family.name, "mass");
  EXPECT_EQ(family.title, "Mass");
  EXPECT_EQ(family.rank, 2);
  EXPECT_EQ(family.body, body);
  EXPECT_THAT(family.degrees_on("interval"), ElementsAre(1, 2, 3));
  EXPECT_THAT(family.degrees_on("tetrahedron"), ElementsAre(1, 2));
  EXPECT_THAT(family.strategies, ElementsAre("element", "atomic", "matrix_free"));
  EXPECT_THAT(family.choices.at("term"), ElementsAre("u", "{rho} * u", "2", "0.5"));
  EXPECT_EQ(family.literals.at("rho").size(), 276U);
  EXPECT_EQ(family.by_dim.at("vector").at(3), "(1, 0, 0)");
}

TEST(LiteralRange, SpellsDecimalNumbers) {
  const LiteralRange range{-105, 1000, 2};
  EXPECT_EQ(range.value(0), "-1.05");
  EXPECT_EQ(range.value(5), "-1");
  EXPECT_EQ(range.value(55), "-0.5");
  EXPECT_EQ(range.value(105), "0");
  EXPECT_EQ(range.value(110), "0.05");
  EXPECT_EQ(range.value(1105), "10");
}

TEST(Substitute, ReplacesNestedPlaceholdersAndLeavesOtherBraces) {
  EXPECT_EQ(substitute("{a}{b} {A} {", {{"a", "<{b}>"}, {"b", "2"}}), "<2>2 {A} {");
  EXPECT_THAT([] { substitute("{c}", {}); },
              ThrowsMessage<InputError>(HasSubstr("{c} has no value")));
  EXPECT_THAT(
      [] {
        substitute("{a}", {{"a", "{b}"}, {"b", "{a}"}});
      },
      ThrowsMessage<InputError>(HasSubstr("circle")));
}

struct Mistake {
  std::string from;
  std::string to;
  std::string message;
};

class FamilyMistake : public ::testing::TestWithParam<Mistake> {};

TEST_P(FamilyMistake, IsToldWithItsPlace) {
  std::string text = header + body;
  const auto& [from, to, message] = GetParam();
  ASSERT_NE(text.find(from), std::string::npos);
  text.replace(text.find(from), from.size(), to);
  EXPECT_THAT([&] { parse_family("mass", text, "mass.py"); },
              ThrowsMessage<LocatedError>(HasSubstr(message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, FamilyMistake,
    ::testing::Values(
        Mistake{"\"\"\"\ntitle", "title", "mass.py:1:1: error: a family begins with a docstring"},
        Mistake{"rank = 2", "rank = ", "mass.py:5:"},
        Mistake{"rank = 2", "rank = 3",
                "mass.py:5:8: error: 'rank' must be an integer from 0 to 2"},
        Mistake{"rank = 2", "", "the header has no 'rank'"},
        Mistake{"title", "titel", "mass.py:2:9: error: unknown key 'titel'; there are title"},
        Mistake{"\"interval\"", "\"prism\"",
                "mass.py:6:10: error: 'cells' takes interval, triangle, tetrahedron, "
                "quadrilateral, hexahedron, not 'prism'"},
        Mistake{"[1, 2, 3]", "[1, 3, 2]", "mass.py:8:18: error: 'degrees' must ascend"},
        Mistake{"[1, 2, 3]", "[]", "'degrees' must be a list that is not empty"},
        Mistake{"tetrahedron = 2", "triangle = 2", "'triangle' is not one of the cells"},
        Mistake{"rho = { min", "cell = { min", "the placeholder 'cell' is defined twice"},
        Mistake{"min = -0.5", "min = 3.5", "'rho' needs -1e6 <= min <= max <= 1e6"},
        Mistake{"min = -0.5", "least = -0.5", "a literal has min, max and decimals, not 'least'"},
        Mistake{"3 = \"(1, 0, 0)\"", "", "'vector' has no text for dimension 3 (tetrahedron)"},
        Mistake{"* {vector}", "", "'vector' is defined but never used"},
        Mistake{"a = {term}", "a = {terms}",
                "mass.py:21:5: error: placeholder {terms} has no value; there are cell"},
        Mistake{"a = {term}", "a = {\"term\": 1}", "mass.py:21:5: error: a brace that begins no"}));

TEST(Families, AreAtLeastTwentyAndAllReadable) {
  const auto families = load_families(FEMSYNTH_SOURCE_DIR "/datasets/families");
  EXPECT_GE(families.size(), 40U);
  EXPECT_TRUE(std::is_sorted(families.begin(), families.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
}

TEST(Families, OfAnEmptyOrMissingFolderAreAnError) {
  const testing::TemporaryFolder folder;
  EXPECT_THAT([&] { load_families(folder.path()); },
              ThrowsMessage<InputError>(HasSubstr("holds no families")));
  EXPECT_THAT([] { load_families("/nowhere"); },
              ThrowsMessage<InputError>(HasSubstr("/nowhere: No such file")));
}

}  // namespace
}  // namespace femsynth::datasets
