#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fem/language/source.hpp"

namespace femsynth::fem {

enum class TokenKind {
  name,           ///< identifier
  keyword,        ///< a Python keyword
  integer,        ///< Token::integer
  real,           ///< Token::real
  imaginary,      ///< Token::real, times 1j
  string,         ///< Token::text is its value
  fstring_begin,  ///< an f-string: what follows to fstring_end
  fstring_text,   ///< literal text of an f-string or of a format specification
  fstring_end,
  op,       ///< operator or delimiter
  newline,  ///< end of a logical line
  indent,   ///< a deeper block begins
  dedent,   ///< a block ends
  end,      ///< end of the file
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;  ///< as written; a string's value
  std::int64_t integer = 0;
  double real = 0;
  SourceLocation where;
};

/// The tokens of a form file, by Python's lexical rules: indentation, continuation inside
/// brackets and after a backslash, comments, strings with one or three quotes, numbers with
/// underscores. The fields of an f-string are tokens between "{" and "}", with "!" before a
/// conversion and ":" before a format specification. Refuses byte strings. The last token is
/// `end`. Throws LocatedError.
std::vector<Token> tokenize(const Source& source);

}  // namespace femsynth::fem
