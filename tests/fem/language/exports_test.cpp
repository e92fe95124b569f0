#include <gmock/gmock.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> names(const std::vector<Form>& forms) {
  std::vector<std::string> all;
  for (const Form& form : forms) all.push_back(form.name);
  return all;
}

std::vector<std::string> exported(const std::string& lines) {
  return names(parse_after_prelude(lines).forms);
}

// The rule of UFL's interpret_ufl_namespace.
TEST(Exports, AreTheListFormsOrTheUsualNames) {
  EXPECT_THAT(exported("L = v*dx\na = u*v*dx"), ElementsAre("a", "L"));
  EXPECT_THAT(exported("M = f*dx\nF = v*dx\nJ = u*v*dx"), ElementsAre("M", "F", "J"));
  EXPECT_THAT(exported("a = u*v*dx\nL = v*dx\nF = f*v*dx"), ElementsAre("a", "L"));
  EXPECT_THAT(exported("a = u*v*dx\nF = f*v*dx"), ElementsAre("a", "F"));
  EXPECT_THAT(exported("m = u*v*dx\na = 2*u*v*dx\nforms = [m]"), ElementsAre("m"));
  EXPECT_THAT(exported("a = u*v*dx\nforms = [2*a, a]"), ElementsAre("form_0", "a"));
}

TEST(Exports, AreAllFormsIfNoneHasAUsualName) {
  EXPECT_THAT(exported("energy = f*dx\nwork = f*v*dx"), ElementsAre("energy", "work"));
  EXPECT_THAT(exported("energy = f*dx\nM = f*v*dx"), ElementsAre("M"));
}

TEST(Exports, ElementsAloneMakeAFile) {
  const std::string imports = "from ufl import *\nfrom basix.ufl import element\n";
  const FormModule module = parse_form(
      imports + "P5 = element(\"P\", \"tetrahedron\", 5)\nQ = element(\"Q\", \"hexahedron\", 2)\n",
      "test.py");
  EXPECT_TRUE(module.forms.empty());
  ASSERT_EQ(module.elements.size(), 2U);
  EXPECT_EQ(module.elements[0].degree, 5);
  EXPECT_EQ(module.graph.cell(), meshes::CellType::tetrahedron);
  EXPECT_EQ(
      parse_form(imports + "P = element(\"P\", \"triangle\", 1)\nelements = [P, P, P]\n", "test.py")
          .elements.size(),
      3U);
}

TEST(Exports, OtherFormsCanBeAskedForByName) {
  const std::string text = std::string(prelude) + "a = u*v*dx\nenergy = f**2*dx\n";
  const FormModule module = parse_form(text, "test.py", {.form = "energy", .implicit_ufl = false});
  EXPECT_THAT(names(module.forms), ElementsAre("energy"));
  EXPECT_THAT(names(module.named_forms), ElementsAre("a", "energy"));
  try {
    parse_form(text, "test.py", {.form = "F", .implicit_ufl = false});
    FAIL() << "no error";
  } catch (const LocatedError& e) {
    EXPECT_EQ(e.message(), "no form 'F': the form variables here are: a, energy");
  }
}

TEST(Exports, TheModuleKeepsItsPathAndText) {
  const FormModule module = parse_after_prelude("M = f*dx");
  EXPECT_EQ(module.path, "test.py");
  EXPECT_THAT(module.source, ::testing::EndsWith("M = f*dx\n"));
}

}  // namespace
}  // namespace femsynth::fem::testing
