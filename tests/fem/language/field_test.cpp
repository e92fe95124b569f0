#include <gmock/gmock.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> components(const std::string& text) {
  const FieldExpression field = parse_field(text, meshes::CellType::triangle, "--set f");
  std::vector<std::string> all;
  for (ExprId id : field.components) all.push_back(to_string(field.graph, id));
  return all;
}

TEST(Field, IsAnExpressionInTheCoordinates) {
  EXPECT_THAT(components("2"), ElementsAre("2"));
  EXPECT_THAT(components("-1.5"), ElementsAre("-1.5"));
  EXPECT_THAT(components("sin(x[0])*x[1]**2"), ElementsAre("sin(x[0]) * x[1] ** 2"));
}

TEST(Field, TuplesAndTensorsGiveComponentsRowByRow) {
  EXPECT_THAT(components("(x[1], 0)"), ElementsAre("x[1]", "0"));
  EXPECT_THAT(components("x[0], ((1, 2), 3)"), ElementsAre("x[0]", "1", "2", "3"));
  EXPECT_THAT(components("x"), ElementsAre("x[0]", "x[1]"));
  EXPECT_THAT(components("Identity(2)"), ElementsAre("1", "0", "0", "1"));
}

TEST(Field, AnythingElseIsRefused) {
  for (const char* text :
       {"", "y", "x[2]", "x[i]", "x[0] < 1", "a = 1", "1; 2", "import os", "dx", "1*dx",
        "FacetNormal(triangle)[0]", "Coefficient(FiniteElement(\"P\", triangle, 1))",
        "x[0]*SpatialCoordinate(tetrahedron)[0]", "\"text\"", "(1, \"a\")", "()[0]",
        "Constant(triangle)"}) {
    EXPECT_THROW(components(text), InputError) << text;
  }
}

TEST(Field, MessagesNameTheOption) {
  try {
    components("cos(x[0]) + sim(x[0])");
    FAIL() << "no error";
  } catch (const LocatedError& e) {
    EXPECT_THAT(e.what(), ::testing::StartsWith(
                              "--set f:1:13: error: undefined name 'sim' (did you mean 'sin'?)"));
  }
}

}  // namespace
}  // namespace femsynth::fem::testing
