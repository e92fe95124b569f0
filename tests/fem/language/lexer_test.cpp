#include "fem/language/lexer.hpp"

#include <gmock/gmock.h>

#include "tests/fem/language/support.hpp"

namespace femsynth::fem {
namespace {

using ::testing::ElementsAre;
using testing::first_error;

std::vector<std::string> texts(const std::string& text) {
  std::vector<std::string> all;
  for (const Token& token : tokenize({"F", text})) {
    switch (token.kind) {
      case TokenKind::newline:
        all.emplace_back("NEWLINE");
        break;
      case TokenKind::indent:
        all.emplace_back("INDENT");
        break;
      case TokenKind::dedent:
        all.emplace_back("DEDENT");
        break;
      case TokenKind::end:
        break;
      default:
        all.push_back(token.text);
    }
  }
  return all;
}

TEST(Lexer, JoinsLinesInBracketsAndAfterABackslash) {
  EXPECT_THAT(texts("a = (1 +\n\n   2)\nb"),
              ElementsAre("a", "=", "(", "1", "+", "2", ")", "NEWLINE", "b", "NEWLINE"));
  EXPECT_THAT(texts("a = 1 + \\\n  2\n"), ElementsAre("a", "=", "1", "+", "2", "NEWLINE"));
  EXPECT_THAT(texts("f(\n1) + [\n2]\nb"),
              ElementsAre("f", "(", "1", ")", "+", "[", "2", "]", "NEWLINE", "b", "NEWLINE"));
}

TEST(Lexer, MarksBlocks) {
  EXPECT_THAT(texts("a:\n  b\n\n  # comment\n  c\nd\n"),
              ElementsAre("a", ":", "NEWLINE", "INDENT", "b", "NEWLINE", "c", "NEWLINE", "DEDENT",
                          "d", "NEWLINE"));
  EXPECT_THAT(texts("a:\n  b"),
              ElementsAre("a", ":", "NEWLINE", "INDENT", "b", "NEWLINE", "DEDENT"));
}

TEST(Lexer, ReadsStrings) {
  EXPECT_THAT(texts("'a\"b' \"c\\\"d\" r'\\n' 'e\\nf'"),
              ElementsAre("a\"b", "c\"d", "\\n", "e\nf", "NEWLINE"));
  EXPECT_THAT(texts("\"\"\"a \"quoted\"\nb\"\"\""), ElementsAre("a \"quoted\"\nb", "NEWLINE"));
}

TEST(Lexer, ReadsNumbers) {
  const std::vector<Token> tokens = tokenize({"F", "1_000 1e-3 .5 5. 1_0.2_5E+2 0"});
  EXPECT_EQ(tokens[0].integer, 1000);
  EXPECT_EQ(tokens[1].real, 1e-3);
  EXPECT_EQ(tokens[2].real, 0.5);
  EXPECT_EQ(tokens[3].real, 5.0);
  EXPECT_EQ(tokens[4].real, 1025.0);
  EXPECT_EQ(tokens[5].kind, TokenKind::integer);
}

TEST(Lexer, RefusesMalformedNumbers) {
  for (const char* number : {"1__0", "1_", "012", "1e5x", "2x", "0b1", "1J", "1e400"}) {
    EXPECT_NE(first_error(std::string("x = ") + number), "") << number;
  }
}

TEST(Lexer, CountsColumnsInCharacters) {
  const std::vector<Token> tokens = tokenize({"F", "s = 'äöü'; κ = 1"});
  EXPECT_EQ(tokens[4].text, "κ");
  EXPECT_EQ(tokens[4].where, (SourceLocation{1, 12}));
}

TEST(Lexer, TakesLineEndsOfAllSystemsAndAByteOrderMark) {
  EXPECT_THAT(texts("\xEF\xBB\xBF"
                    "a = 1\r\nb = 2\r\n"),
              ElementsAre("a", "=", "1", "NEWLINE", "b", "=", "2", "NEWLINE"));
  EXPECT_EQ(tokenize({"F", "a\r\nb"})[2].where, (SourceLocation{2, 1}));
}

TEST(Lexer, NamesAreNormalisedAsInPython) {
  // U+00B5, the micro sign, and U+03BC, the letter, are one name.
  EXPECT_EQ(tokenize({"F", "\xC2\xB5"})[0].text, "\xCE\xBC");
}

TEST(Lexer, RefusesAFileAboveTheSizeLimit) {
  EXPECT_NE(first_error(std::string((1 << 20) + 1, ' ')).find("limit"), std::string::npos);
  EXPECT_EQ(first_error(std::string(1 << 20, ' ')).find("limit"), std::string::npos);
}

}  // namespace
}  // namespace femsynth::fem
