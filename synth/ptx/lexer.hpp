#pragma once

#include <cstdint>
#include <string_view>

namespace femsynth::synth::ptx {

enum class TokenKind : std::uint8_t { word, number, string, punctuation, end };

/// A word holds letters, digits and `_ $ % .`, so that `fma.rn.f64`, `%tid.x` and
/// `.reg` are one token each.
struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  int line = 1;
  bool is(char c) const { return kind == TokenKind::punctuation && text[0] == c; }
  bool is(std::string_view word) const { return kind == TokenKind::word && text == word; }
};

/// Splits PTX into tokens; comments and line directives of the preprocessor are skipped.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();

 private:
  void skip_blank();

  std::string_view text_;
  std::size_t position_ = 0;
  int line_ = 1;
};

}  // namespace femsynth::synth::ptx
