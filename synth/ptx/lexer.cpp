#include "synth/ptx/lexer.hpp"

namespace femsynth::synth::ptx {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
         c == '%' || c == '.';
}

}  // namespace

void Lexer::skip_blank() {
  const std::size_t size = text_.size();
  while (position_ < size) {
    const char c = text_[position_];
    if (c == '\n') {
      ++line_;
      ++position_;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\0') {
      ++position_;
    } else if (c == '#' || (c == '/' && text_.substr(position_, 2) == "//")) {
      while (position_ < size && text_[position_] != '\n') ++position_;
    } else if (c == '/' && text_.substr(position_, 2) == "/*") {
      const std::size_t close = text_.find("*/", position_ + 2);
      const std::size_t stop = close == std::string_view::npos ? size : close + 2;
      for (; position_ < stop; ++position_) line_ += text_[position_] == '\n';
    } else {
      return;
    }
  }
}

Token Lexer::next() {
  skip_blank();
  Token token;
  token.line = line_;
  if (position_ >= text_.size()) return token;
  const std::size_t start = position_;
  const char c = text_[position_];
  if (c == '"') {
    ++position_;
    while (position_ < text_.size() && text_[position_] != '"' && text_[position_] != '\n') {
      ++position_;
    }
    if (position_ < text_.size()) ++position_;
    token.kind = TokenKind::string;
  } else if (is_digit(c)) {
    while (position_ < text_.size() && is_word(text_[position_])) ++position_;
    token.kind = TokenKind::number;
  } else if (is_word(c)) {
    while (position_ < text_.size() && is_word(text_[position_])) ++position_;
    token.kind = TokenKind::word;
  } else {
    ++position_;
    token.kind = TokenKind::punctuation;
  }
  token.text = text_.substr(start, position_ - start);
  return token;
}

}  // namespace femsynth::synth::ptx
