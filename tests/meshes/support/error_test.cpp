#include "meshes/support/error.hpp"

#include <gtest/gtest.h>

namespace femsynth {
namespace {

TEST(Error, EachKindMeansItsExitStatus) {
  EXPECT_EQ(InputError("x").status(), ExitStatus::bad_input);
  EXPECT_EQ(MissingComponent("x").status(), ExitStatus::missing_component);
  EXPECT_EQ(InternalError("x").status(), ExitStatus::internal_error);
  EXPECT_EQ(static_cast<int>(ExitStatus::bad_input), 2);
  EXPECT_EQ(static_cast<int>(ExitStatus::missing_component), 3);
  EXPECT_EQ(static_cast<int>(ExitStatus::internal_error), 70);
}

/// The column of the caret and of the quoted line's first character differ by the indent.
std::size_t caret_column(const std::string& what) {
  const std::size_t quoted = what.find('\n') + 1;
  const std::size_t caret_line = what.find('\n', quoted) + 1;
  return what.find('^', caret_line) - caret_line - (what.find_first_not_of(' ', quoted) - quoted);
}

TEST(LocatedError, NamesThePlaceAndPutsTheCaretUnderIt) {
  const LocatedError error("poisson.py", {2, 5}, "unknown name 'f'", "u = 1\nv = f + u\n");
  const std::string what = error.what();
  EXPECT_TRUE(what.starts_with("poisson.py:2:5: error: unknown name 'f'\n")) << what;
  EXPECT_NE(what.find("v = f + u"), std::string::npos);
  EXPECT_EQ(what.find("u = 1\n"), std::string::npos);
  EXPECT_EQ(caret_column(what), 4u) << what;
  EXPECT_EQ(error.message(), "unknown name 'f'");
  EXPECT_EQ(error.where(), (SourceLocation{2, 5}));
}

TEST(LocatedError, APlaceBehindTheSourceIsNoFault) {
  const std::string what = LocatedError("f.py", {9, 40}, "unexpected end", "u = (1\n").what();
  EXPECT_TRUE(what.starts_with("f.py:9:40: error: unexpected end")) << what;
}

}  // namespace
}  // namespace femsynth
