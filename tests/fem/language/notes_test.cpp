#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "meshes/support/file.hpp"
#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

struct Example {
  std::string text;
  int line = 0;
  bool refused = false;
  bool is_file = false;
};

/// The blocks ```python, ```python refused and ```python file of notes/form_language.md.
std::vector<Example> examples() {
  const std::string page = read_file(std::string(FEMSYNTH_SOURCE_DIR) + "/notes/form_language.md");
  std::vector<Example> all;
  std::size_t at = 0;
  for (int line = 1; at < page.size(); ++line) {
    const std::size_t end = page.find('\n', at);
    const std::string text = page.substr(at, end - at);
    at = end == std::string::npos ? page.size() : end + 1;
    if (text.starts_with("```python")) {
      const std::size_t close = page.find("\n```", at - 1);
      all.push_back({page.substr(at, close + 1 - at), line, text == "```python refused",
                     text == "```python file"});
    }
  }
  return all;
}

// The page's first example is a whole file; the others follow on its definitions, but for those
// that are marked as files.
TEST(Notes, EveryExampleIsAcceptedOrRefusedAsThePageSays) {
  const std::vector<Example> all = examples();
  ASSERT_GE(all.size(), 20U);
  const std::string& base = all[0].text;
  for (const Example& example : all) {
    const bool is_whole = &example == &all[0] || example.is_file;
    std::string error;
    try {
      parse_form(is_whole ? example.text : base + example.text, "form_language.md");
    } catch (const InputError& e) {
      error = e.what();
    }
    EXPECT_EQ(!error.empty(), example.refused) << "the example of line " << example.line << ":\n"
                                               << example.text << error;
  }
}

// The table of refused names.
TEST(Notes, NamesOfUflThatThePageRefusesAreRefusedWithTheReason) {
  const std::string page = read_file(std::string(FEMSYNTH_SOURCE_DIR) + "/notes/form_language.md");
  const std::size_t begin = page.find("|---|---|\n", page.find("## Names of ufl"));
  const std::size_t end = page.find("```", begin);
  ASSERT_NE(end, std::string::npos);
  int names = 0;
  std::istringstream rows(page.substr(begin + 10, end - begin - 10));
  for (std::string row; std::getline(rows, row) && row.starts_with("| ");) {
    const std::size_t bar = row.find(" | ");
    const std::string reason = row.substr(bar + 3, row.size() - bar - 5);
    for (std::size_t at = 2; at < bar; ++names) {
      const std::size_t close = row.find('`', at + 1);
      const std::string name = row.substr(at + 1, close - at - 1);
      at = row.find('`', close + 1);
      try {
        parse_form("from ufl import " + name + "\n", "form.py");
        ADD_FAILURE() << name << " is accepted";
      } catch (const InputError& e) {
        EXPECT_THAT(e.what(),
                    ::testing::HasSubstr(fmt::format("{} is not supported yet: {}", name, reason)));
      }
    }
  }
  EXPECT_EQ(names, 53);
}

}  // namespace
}  // namespace femsynth::fem::testing
