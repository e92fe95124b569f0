#include <gmock/gmock.h>

#include <set>

#include "datasets/family.hpp"
#include "datasets/sampler.hpp"
#include "fem/language/form_file.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::datasets {
namespace {

const std::vector<Family>& families() {
  static const auto all = load_families(FEMSYNTH_SOURCE_DIR "/datasets/families");
  return all;
}

fem::FormModule parse(const Family& family, const Choice& choice) {
  return fem::parse_form(form_text(family, choice), family.name + ".py", {family.form, false});
}

class EveryFamily : public ::testing::TestWithParam<std::string> {
 protected:
  const Family& family() const {
    for (const Family& f : families()) {
      if (f.name == GetParam()) return f;
    }
    throw InternalError("no such family");
  }
};

/// Every cell, element, degree and choice that its header claims: enough random samples that
/// each of them occurs, and each is a form of the rank that the header gives.
TEST_P(EveryFamily, IsAFormOfItsRankForAllThatItsHeaderClaims) {
  const std::vector<Family> only{family()};
  const Sampler sampler(only, 3);
  std::set<std::string> seen;
  std::set<std::string> claimed;
  for (const std::string& cell : family().cells) {
    for (int degree : family().degrees_on(cell)) {
      for (const std::string& element : family().elements) {
        claimed.insert(cell + element + std::to_string(degree));
      }
    }
  }
  for (std::uint64_t i = 0; i < 2000 && (i < 100 || seen != claimed); ++i) {
    const Choice choice = sampler.draw(i);
    const std::string place = choice.cell + choice.element + std::to_string(choice.degree);
    seen.insert(place);
    const fem::FormModule module = parse(family(), choice);
    ASSERT_EQ(module.forms.size(), 1U);
    EXPECT_EQ(fem::rank(module.graph, module.forms[0]), family().rank);
    EXPECT_EQ(meshes::name_of(module.graph.cell()), choice.cell);
    for (const fem::Element& e : fem::argument_elements(module.graph, module.forms[0])) {
      const bool own = e.degree == choice.degree;
      EXPECT_TRUE(own || family().name == "divergence_coupling") << place;
    }
  }
  EXPECT_EQ(seen, claimed);
}

/// Names play no part in the canonical form, literals do.
TEST_P(EveryFamily, HasOneCanonicalFormWithoutItsLiterals) {
  const std::vector<Family> only{family()};
  const Sampler sampler(only, 5);
  std::map<std::string, std::string> by_structure;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const Choice choice = sampler.draw_without_literals(i);
    const fem::FormModule module = parse(family(), choice);
    const std::string text = fem::canonical_text(module.graph, module.forms[0]);
    const std::string key = form_text(family(), choice);
    if (by_structure.contains(key)) {
      EXPECT_EQ(by_structure[key], text);
    }
    by_structure[key] = text;
  }
  std::set<std::string> distinct;
  for (const auto& [key, text] : by_structure) distinct.insert(text);
  EXPECT_EQ(distinct.size(), by_structure.size());
}

std::vector<std::string> names() {
  std::vector<std::string> result;
  for (const Family& f : families()) result.push_back(f.name);
  return result;
}

std::string name_of_instance(const ::testing::TestParamInfo<std::string>& instance) {
  return instance.param;
}

INSTANTIATE_TEST_SUITE_P(Families, EveryFamily, ::testing::ValuesIn(names()), name_of_instance);

}  // namespace
}  // namespace femsynth::datasets
