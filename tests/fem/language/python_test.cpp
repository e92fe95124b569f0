#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "meshes/support/file.hpp"
#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

/// The message of the error that a program without a form ends with.
std::string message_of(const std::string& program) {
  const std::string error = first_error(program);
  return error.substr(std::min(error.find("error: "), error.size()));
}

// values.txt holds expressions and the text that Python 3 has for their values
// (generate_values.py, run by Python, made it).
TEST(Python, ExpressionsHaveTheValuesOfPython) {
  std::ifstream file(std::string(FEMSYNTH_SOURCE_DIR) + "/tests/fem/language/python/values.txt");
  std::string line;
  int count = 0;
  while (std::getline(file, line)) {
    const std::size_t arrow = line.rfind(" => ");
    ASSERT_NE(arrow, std::string::npos) << line;
    const std::string expression = line.substr(0, arrow);
    EXPECT_EQ(message_of("raise ValueError(repr(" + expression + "))"),
              "error: the file raises an error here: " + line.substr(arrow + 4))
        << expression;
    ++count;
  }
  EXPECT_GE(count, 900);
}

class Program : public ::testing::TestWithParam<std::string> {};

// Programs whose assertions hold when Python runs them.
TEST_P(Program, DoesWhatPythonDoes) {
  EXPECT_EQ(message_of(read_file(GetParam())),
            "error: the file exports no form: define a, L, M, F or J, or a list `forms`; no "
            "variable here holds a form");
}

std::vector<std::string> programs() {
  std::vector<std::string> all = files_in("tests/fem/language/python", ".py");
  std::erase_if(all, [](const std::string& path) { return path.ends_with("generate_values.py"); });
  return all;
}

INSTANTIATE_TEST_SUITE_P(Python, Program, ::testing::ValuesIn(programs()), [](const auto& file) {
  return std::filesystem::path(file.param).stem().string();
});

}  // namespace
}  // namespace femsynth::fem::testing
