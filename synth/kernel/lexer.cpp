#include "synth/kernel/lexer.hpp"

#include <algorithm>
#include <array>

namespace femsynth::synth {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Longer ones first.
constexpr std::array<std::string_view, 25> kSymbols = {
    "+=", "..", "<=", ">=", "==", "!=", "&&", "||", "(", ")", "[", "]", "{",
    "}",  ",",  ":",  "=",  "+",  "-",  "*",  "/",  "<", ">", "!", "?"};

}  // namespace

Lexer::Lexer(std::string_view source, std::string_view file) : source_(source), file_(file) {
  advance();
}

Token Lexer::next() {
  const Token current = token_;
  advance();
  return current;
}

void Lexer::fail(SourceLocation where, const std::string& message) const {
  throw LocatedError(std::string(file_), where, message, std::string(source_));
}

void Lexer::take(std::size_t bytes) {
  // Tokens are ASCII, and a comment is the last token of its line: bytes are columns.
  here_.column += static_cast<int>(bytes);
  position_ += bytes;
}

void Lexer::take_number() {
  const auto digits = [&](std::size_t at) {
    while (at < source_.size() && is_digit(source_[at])) ++at;
    return at;
  };
  std::size_t end = digits(position_);
  token_.kind = TokenKind::integer;
  // 0..4 is a range, 0.5 a number.
  if (end + 1 < source_.size() && source_[end] == '.' && is_digit(source_[end + 1])) {
    token_.kind = TokenKind::real;
    end = digits(end + 1);
  }
  if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-')) {
      ++exponent;
    }
    if (digits(exponent) > exponent) {
      token_.kind = TokenKind::real;
      end = digits(exponent);
    }
  }
  if (end < source_.size() && is_letter(source_[end])) {
    fail(here_, "a number is followed by a letter");
  }
  take(end - position_);
}

void Lexer::advance() {
  const int line_end = here_.line;
  while (position_ < source_.size()) {
    const char c = source_[position_];
    if (c == '\n') {
      ++position_;
      here_ = {here_.line + 1, 1};
    } else if (c == ' ' || c == '\t' || c == '\r') {
      take(1);
    } else {
      break;
    }
  }
  token_ = Token{TokenKind::end, {}, here_, line_end, false};
  if (position_ == source_.size()) return;
  const std::size_t start = position_;
  const std::string_view rest = source_.substr(start);
  if (rest.starts_with("//")) {
    token_.kind = TokenKind::comment;
    token_.continued = rest.starts_with("//|");
    take(std::min(rest.find('\n'), rest.size()));
    std::string_view text = source_.substr(start, position_ - start);
    text.remove_prefix(token_.continued ? 3 : 2);
    if (text.starts_with(' ')) text.remove_prefix(1);
    token_.spelling = text;
    return;
  }
  if (is_letter(rest.front())) {
    std::size_t size = 1;
    while (size < rest.size() && (is_letter(rest[size]) || is_digit(rest[size]))) ++size;
    token_.kind = TokenKind::identifier;
    take(size);
  } else if (is_digit(rest.front())) {
    take_number();
  } else {
    token_.kind = TokenKind::symbol;
    std::size_t size = 0;
    for (const std::string_view s : kSymbols) {
      if (size == 0 && rest.starts_with(s)) size = s.size();
    }
    if (size == 0) fail(here_, "no token of kernel IR begins with this character");
    take(size);
  }
  token_.spelling = source_.substr(start, position_ - start);
}

}  // namespace femsynth::synth
