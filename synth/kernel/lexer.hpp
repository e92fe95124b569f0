#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "meshes/support/error.hpp"

/// Tokens of the kernel IR's text form.
namespace femsynth::synth {

enum class TokenKind : std::uint8_t {
  identifier,  ///< keywords too
  integer,
  real,
  symbol,   ///< one of ( ) [ ] { } , : = += .. + - * / < <= > >= == != && || ! ?
  comment,  ///< `text` without the slashes and one following space
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view spelling;  ///< as in the source
  SourceLocation where;
  int line_end = 0;        ///< line on which the token before this one ended
  bool continued = false;  ///< of a comment: begins with //|
};

/// Splits a source into tokens, one at a time. The source must outlive it.
class Lexer {
 public:
  Lexer(std::string_view source, std::string_view file);

  const Token& peek() const { return token_; }
  /// The current token; moves on to the next.
  Token next();
  /// Throws LocatedError.
  [[noreturn]] void fail(SourceLocation where, const std::string& message) const;

 private:
  void advance();
  void take(std::size_t bytes);
  void take_number();

  std::string_view source_;
  std::string_view file_;
  std::size_t position_ = 0;
  SourceLocation here_{1, 1};
  Token token_;
};

}  // namespace femsynth::synth
