#include "fem/language/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "fem/language/limits.hpp"

namespace femsynth::fem {
namespace {

constexpr std::array keywords = {
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

// Longest first: "**=" before "**" before "*".
constexpr std::array<std::string_view, 47> operators = {
    "**=", "//=", "<<=", ">>=", "...", "**", "//", "<=", ">=", "==", "!=", "->",
    "+=",  "-=",  "*=",  "/=",  "%=",  "@=", "&=", "|=", "^=", ":=", "<<", ">>",
    "+",   "-",   "*",   "/",   "%",   "@",  "<",  ">",  "=",  "(",  ")",  "[",
    "]",   "{",   "}",   ",",   ":",   ".",  ";",  "~",  "^",  "&",  "|"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_continuation_byte(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// A character of two UTF-8 bytes as a code point.
int code_point(char first, char second) {
  return (static_cast<unsigned char>(first) & 0x1F) << 6 |
         (static_cast<unsigned char>(second) & 0x3F);
}

struct Letter {
  int compatible;
  const char* letter;
};
/// Letters that Python takes for another one in names (NFKC).
constexpr Letter compatible_letters[] = {{0xB5, "μ"},  {0x3D0, "β"}, {0x3D1, "θ"}, {0x3D5, "φ"},
                                         {0x3D6, "π"}, {0x3F0, "κ"}, {0x3F1, "ρ"}, {0x3F5, "ε"}};

/// Latin, Greek and Cyrillic letters beyond ASCII, which Python allows in names.
bool is_letter(int c) {
  return (c >= 0xC0 && c <= 0x17E && c != 0xD7 && c != 0xF7 && c != 0x132 && c != 0x133 &&
          c != 0x13F && c != 0x140 && c != 0x149) ||
         (c >= 0x388 && c <= 0x3CF && c != 0x38B && c != 0x38D && c != 0x3A2) ||
         (c >= 0x400 && c <= 0x481) ||
         std::ranges::find(compatible_letters, c, &Letter::compatible) !=
             std::end(compatible_letters);
}

class Lexer {
 public:
  explicit Lexer(const Source& source) : source_(source), text_(source.text) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // byte order mark
  }

  std::vector<Token> run() {
    if (text_.size() > limits::source_bytes) {
      throw source_.error({}, fmt::format("the form file has {} bytes (limit: {})", text_.size(),
                                          limits::source_bytes));
    }
    while (at_ < text_.size()) {
      if (line_start_ && brackets_.empty()) {
        line_start_ = false;
        if (!indentation()) continue;
      }
      next();
    }
    if (!brackets_.empty()) {
      throw source_.error(brackets_.back().where,
                          fmt::format("'{}' is never closed", brackets_.back().text));
    }
    if (!tokens_.empty() && tokens_.back().kind != TokenKind::newline) push(TokenKind::newline);
    for (; indents_.size() > 1; indents_.pop_back()) push(TokenKind::dedent);
    push(TokenKind::end);
    return std::move(tokens_);
  }

 private:
  SourceLocation here() const { return {line_, column_}; }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  /// Moves over one byte, counting characters and lines.
  void advance() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++line_;
      column_ = 1;
    } else if (!is_continuation_byte(c)) {
      ++column_;
    }
  }
  void advance(std::size_t count) {
    for (; count > 0; --count) advance();
  }

  Token& push(TokenKind kind, std::string text = {}) {
    return push_at(here(), kind, std::move(text));
  }
  Token& push_at(SourceLocation where, TokenKind kind, std::string text) {
    tokens_.push_back({kind, std::move(text), 0, 0, where});
    return tokens_.back();
  }

  [[noreturn]] void fail(SourceLocation where, const std::string& message) const {
    throw source_.error(where, message);
  }

  bool at_line_end() const {
    return peek() == '\n' || (peek() == '\r' && peek(1) == '\n') || at_ >= text_.size();
  }

  void skip_comment() {
    while (at_ < text_.size() && peek() != '\n') advance();
  }

  /// Measures a line's indentation and emits what it means; false for a blank line.
  bool indentation() {
    int width = 0;
    while (peek() == ' ' || peek() == '\t' || peek() == '\f') {
      width = peek() == '\t' ? (width / 8 + 1) * 8 : width + 1;
      advance();
    }
    if (peek() == '#') skip_comment();
    if (at_line_end()) {
      while (at_ < text_.size() && peek() != '\n') advance();
      if (at_ < text_.size()) advance();
      line_start_ = true;
      return false;
    }
    if (width > indents_.back()) {
      indents_.push_back(width);
      if (indents_.size() > static_cast<std::size_t>(limits::nesting_depth)) {
        fail(here(), fmt::format("blocks nested more than {} deep", limits::nesting_depth));
      }
      push(TokenKind::indent);
      return true;
    }
    while (width < indents_.back()) {
      indents_.pop_back();
      push(TokenKind::dedent);
    }
    if (width != indents_.back()) {
      fail(here(), "this indentation matches no outer indentation level");
    }
    return true;
  }

  void next() {
    const char c = peek();
    if (at_line_end()) {
      if (brackets_.empty()) push(TokenKind::newline);
      while (peek() != '\n') advance();
      advance();
      line_start_ = brackets_.empty();
    } else if (c == ' ' || c == '\t' || c == '\f') {
      advance();
    } else if (c == '#') {
      skip_comment();
    } else if (c == '\\') {
      continuation();
    } else if (const auto prefix = string_prefix()) {
      string(*prefix);
    } else if (name_character(/*first=*/true) > 0) {
      name();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else {
      op();
    }
  }

  void continuation() {
    const SourceLocation where = here();
    advance();
    if (peek() == '\r') advance();
    if (peek() != '\n' || at_ >= text_.size()) {
      fail(where, "a backslash may only stand at the end of a line");
    }
    advance();
  }

  /// Bytes of the character here if it can stand in a name, else 0.
  std::size_t name_character(bool first) const {
    const char c = peek();
    if (is_name_start(c) || (!first && is_digit(c))) return 1;
    const auto byte = static_cast<unsigned char>(c);
    const bool two_bytes = byte >= 0xC2 && byte < 0xE0 && is_continuation_byte(peek(1));
    return two_bytes && is_letter(code_point(c, peek(1))) ? 2 : 0;
  }

  void name() {
    const SourceLocation where = here();
    std::string text;
    while (const std::size_t length = name_character(text.empty())) {
      const auto* const letter =
          length == 1 ? std::end(compatible_letters)
                      : std::ranges::find(compatible_letters, code_point(peek(), peek(1)),
                                          &Letter::compatible);
      text += letter == std::end(compatible_letters) ? std::string(text_.substr(at_, length))
                                                     : letter->letter;
      advance(length);
    }
    const bool keyword = std::ranges::find(keywords, text) != keywords.end();
    push_at(where, keyword ? TokenKind::keyword : TokenKind::name, std::move(text));
  }

  /// Length of a string's prefix (r, u, …) if a string begins here.
  std::optional<std::size_t> string_prefix() const {
    std::size_t length = 0;
    while (length < 3 &&
           std::string_view("rRuUbBfF").find(peek(length)) != std::string_view::npos &&
           peek(length) != '\0') {
      ++length;
    }
    const char quote = peek(length);
    if (length > 2 || (quote != '"' && quote != '\'')) return std::nullopt;
    return length;
  }

  /// How a string is written.
  struct Style {
    SourceLocation where;
    char quote = '"';
    bool is_triple = false;
    bool is_raw = false;
  };

  void string(std::size_t prefix_length) {
    Style style{here(), '"', false, false};
    bool is_format = false;
    for (std::size_t k = 0; k < prefix_length; ++k) {
      const char c = peek(k);
      if (c == 'b' || c == 'B') fail(style.where, "byte strings are not supported");
      is_format = is_format || c == 'f' || c == 'F';
      style.is_raw = style.is_raw || c == 'r' || c == 'R';
    }
    advance(prefix_length);
    style.quote = peek();
    style.is_triple = peek(1) == style.quote && peek(2) == style.quote;
    advance(style.is_triple ? 3 : 1);
    if (is_format) {
      push_at(style.where, TokenKind::fstring_begin, {});
      format_text(style, /*in_specification=*/false);
    } else {
      std::string value;
      while (!at_string_end(style)) character(style, value);
      push_at(style.where, TokenKind::string, std::move(value));
    }
    advance(style.is_triple ? 3 : 1);
    if (is_format) push(TokenKind::fstring_end);
  }

  bool at_string_end(const Style& style) const {
    if (at_ >= text_.size()) fail(style.where, "this string is never closed");
    const char c = peek();
    if (c == '\n' && !style.is_triple) fail(style.where, "this string is not closed on its line");
    return c == style.quote && (!style.is_triple || (peek(1) == c && peek(2) == c));
  }

  void character(const Style& style, std::string& value) {
    if (peek() == '\\') {
      escape(value, style.is_raw, style.where);
    } else {
      value += peek();
      advance();
    }
  }

  /// The text and the fields of an f-string up to its end, or of a specification up to '}'.
  void format_text(const Style& style, bool in_specification) {
    SourceLocation where = here();
    std::string value;
    const auto flush = [&] {
      if (!value.empty()) push_at(where, TokenKind::fstring_text, std::exchange(value, {}));
    };
    while (!at_string_end(style)) {
      const char c = peek();
      if (in_specification && c == '}') break;
      if (!in_specification && (c == '{' || c == '}') && peek(1) == c) {
        value += c;
        advance(2);
      } else if (c == '{') {
        flush();
        field(style);
        where = here();
      } else if (c == '}') {
        fail(here(), "a single '}' in an f-string (write '}}')");
      } else {
        character(style, value);
      }
    }
    flush();
  }

  /// Whether a quote can only be the string's own end: no other one follows on the line.
  bool at_last_quote(const Style& style) const {
    if (style.is_triple || peek() != style.quote) return false;
    const std::size_t next = text_.find(style.quote, at_ + 1);
    return next == std::string_view::npos || next > text_.find('\n', at_);
  }

  /// {expression!conversion:specification} of an f-string.
  void field(const Style& style) {
    const SourceLocation where = here();
    op();  // "{", which is open until the field ends
    const std::size_t depth = brackets_.size();
    const auto at_expression_end = [&] {
      const char c = peek();
      return brackets_.size() == depth && (c == '}' || c == ':' || (c == '!' && peek(1) != '='));
    };
    while (!at_expression_end()) {
      if (at_ >= text_.size() || (peek() == '\n' && !style.is_triple) || at_last_quote(style)) {
        fail(where, "this '{' of an f-string is never closed");
      }
      next();
    }
    if (peek() == '!') {
      push_at(here(), TokenKind::op, "!");
      advance();
      if (name_character(/*first=*/true) > 0) name();
    }
    if (peek() == ':') {
      push_at(here(), TokenKind::op, ":");
      advance();
      format_text(style, /*in_specification=*/true);
    }
    if (peek() != '}') fail(where, "this '{' of an f-string is never closed");
    op();
  }

  /// A backslash in a string. Escapes beyond those of one letter stay as they are written.
  void escape(std::string& value, bool is_raw, SourceLocation string_begin) {
    advance();
    if (at_ >= text_.size()) fail(string_begin, "this string is never closed");
    const char c = peek();
    static constexpr std::string_view letters = "nt\\'\"";
    static constexpr std::string_view meanings = "\n\t\\'\"";
    const std::size_t k = letters.find(c);
    if (!is_raw && c == '\n') {
      // continued on the next line
    } else if (!is_raw && k != std::string_view::npos) {
      value += meanings[k];
    } else {
      value += '\\';
      value += c;
    }
    advance();
  }

  /// Digits with single underscores between them, appended without the underscores.
  void digits(std::string& number, SourceLocation where) {
    while (is_digit(peek()) || peek() == '_') {
      if (peek() == '_') {
        if (number.empty() || !is_digit(number.back()) || !is_digit(peek(1))) {
          fail(where, "misplaced underscore in a number");
        }
      } else {
        number += peek();
      }
      advance();
    }
  }

  void number() {
    const SourceLocation where = here();
    if (peek() == '0' && peek(1) != '\0' &&
        std::string_view("xXoObB").find(peek(1)) != std::string_view::npos) {
      based_integer(where);
      return;
    }
    std::string number;
    digits(number, where);
    bool is_real = false;
    if (peek() == '.') {
      is_real = true;
      number += '.';
      advance();
      if (is_digit(peek())) digits(number, where);
    }
    const std::size_t exponent_digit = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(exponent_digit))) {
      is_real = true;
      number.append(text_.substr(at_, exponent_digit));
      advance(exponent_digit);
      digits(number, where);
    }
    const bool is_imaginary = peek() == 'j' || peek() == 'J';
    if (is_imaginary) advance();
    if (const std::size_t length = name_character(/*first=*/false); length > 0) {
      fail(where,
           fmt::format("invalid number: '{}' follows '{}'", text_.substr(at_, length), number));
    }
    if (is_imaginary) {
      real(number, where, TokenKind::imaginary);
    } else if (is_real) {
      real(number, where, TokenKind::real);
    } else {
      integer(number, where);
    }
  }

  /// 0xFF, 0o17, 0b101.
  void based_integer(SourceLocation where) {
    const char letter = static_cast<char>(peek(1) | 0x20);
    const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
    std::string text{peek(), peek(1)};
    advance(2);
    while (name_character(/*first=*/false) > 0) {
      if (peek() != '_') text += peek();
      advance();
    }
    std::int64_t value = 0;
    const auto [end, code] =
        std::from_chars(text.data() + 2, text.data() + text.size(), value, base);
    if (code == std::errc::result_out_of_range) {
      fail(where, fmt::format("the integer {} does not fit into 64 bits", text));
    }
    if (code != std::errc() || end != text.data() + text.size()) {
      fail(where, fmt::format("invalid number '{}'", text));
    }
    push_at(where, TokenKind::integer, std::move(text)).integer = value;
  }

  void real(std::string text, SourceLocation where, TokenKind kind) {
    double value = 0;
    std::erase(text, '+');  // from_chars takes none
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code == std::errc::result_out_of_range || !std::isfinite(value)) {
      fail(where, fmt::format("the number {} is out of range", text));
    }
    if (code != std::errc() || end != text.data() + text.size()) {
      fail(where, fmt::format("invalid number '{}'", text));
    }
    push_at(where, kind, std::move(text)).real = value;
  }

  void integer(const std::string& text, SourceLocation where) {
    if (text.size() > static_cast<std::size_t>(limits::integer_digits)) {
      fail(where,
           fmt::format("an integer of {} digits (limit: {})", text.size(), limits::integer_digits));
    }
    const bool all_zero = text.find_first_not_of('0') == std::string::npos;
    if (text.size() > 1 && text[0] == '0' && !all_zero) {
      fail(where, "an integer must not begin with 0");
    }
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    push_at(where, TokenKind::integer, text).integer = value;
  }

  void op() {
    const SourceLocation where = here();
    const std::string_view rest = text_.substr(at_);
    const auto it = std::ranges::find_if(
        operators, [rest](std::string_view candidate) { return rest.starts_with(candidate); });
    if (it == operators.end()) fail_character(where, rest);
    const std::string_view text = *it;
    if (text == "(" || text == "[" || text == "{") {
      if (brackets_.size() >= static_cast<std::size_t>(limits::nesting_depth)) {
        fail(where, fmt::format("brackets nested more than {} deep", limits::nesting_depth));
      }
      brackets_.push_back({TokenKind::op, std::string(text), 0, 0, where});
    } else if (text == ")" || text == "]" || text == "}") {
      close(where, text[0]);
    }
    advance(text.size());
    push_at(where, TokenKind::op, std::string(text));
  }

  void close(SourceLocation where, char bracket) {
    if (brackets_.empty()) fail(where, fmt::format("'{}' closes nothing", bracket));
    const Token& open = brackets_.back();
    const char expected = open.text == "(" ? ')' : open.text == "[" ? ']' : '}';
    if (bracket != expected) {
      fail(where, fmt::format("'{}' does not close '{}' of {}:{}", bracket, open.text,
                              open.where.line, open.where.column));
    }
    brackets_.pop_back();
  }

  [[noreturn]] void fail_character(SourceLocation where, std::string_view rest) const {
    const auto c = static_cast<unsigned char>(rest[0]);
    if (c < 0x20 || c == 0x7F) fail(where, fmt::format("unexpected character \\x{:02x}", c));
    if (c < 0x80) fail(where, fmt::format("unexpected character '{}'", rest[0]));
    std::size_t length = 1;
    while (length < rest.size() && length < 4 && is_continuation_byte(rest[length])) ++length;
    const bool whole = length == (c >= 0xF0 ? 4U : c >= 0xE0 ? 3U : c >= 0xC0 ? 2U : 0U);
    if (!whole) fail(where, fmt::format("unexpected byte \\x{:02x} (not UTF-8)", c));
    fail(where, fmt::format("unexpected character '{}'", rest.substr(0, length)));
  }

  const Source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int column_ = 1;
  bool line_start_ = true;
  std::vector<int> indents_{0};
  std::vector<Token> brackets_;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(const Source& source) { return Lexer(source).run(); }

}  // namespace femsynth::fem
