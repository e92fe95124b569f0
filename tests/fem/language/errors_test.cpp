#include <gtest/gtest.h>

#include <filesystem>

#include "meshes/support/file.hpp"
#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

/// Each file tests/errors/NAME.py is wrong; NAME.expected holds its error's first line, after
/// the path.
class WrongFile : public ::testing::TestWithParam<std::string> {};

TEST_P(WrongFile, GivesTheExpectedMessageAtItsPlace) {
  const std::filesystem::path path(GetParam());
  std::string expected = read_file(std::filesystem::path(path).replace_extension(".expected"));
  while (expected.ends_with('\n')) expected.pop_back();
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(first_error(read_file(path)), expected);
}

INSTANTIATE_TEST_SUITE_P(Errors, WrongFile, ::testing::ValuesIn(files_in("tests/errors", ".py")),
                         [](const auto& file) {
                           return std::filesystem::path(file.param).stem().string();
                         });

TEST(WrongFiles, AreManyAndHaveALineAndCaret) {
  EXPECT_GE(files_in("tests/errors", ".py").size(), 40U);
  try {
    parse_form("from ufl import *\ny = sqrt(as_vector([1, 2]))\n", "p.py");
    FAIL() << "no error";
  } catch (const LocatedError& e) {
    EXPECT_EQ(e.status(), ExitStatus::bad_input);
    EXPECT_STREQ(e.what(),
                 "p.py:2:5: error: sqrt() of a vector of shape (2,) (it needs a scalar without "
                 "free indices)\n    y = sqrt(as_vector([1, 2]))\n        ^");
  }
}

TEST(WrongFiles, AMissingFileIsAnInputError) {
  EXPECT_THROW(load_form_file("/nonexistent/form.py"), InputError);
}

}  // namespace
}  // namespace femsynth::fem::testing
