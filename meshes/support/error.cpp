#include "meshes/support/error.hpp"

#include <fmt/format.h>

#include <string_view>

namespace femsynth {
namespace {

/// Line `number` (from 1) of `text`, without its end; empty past the last.
std::string_view line_of(std::string_view text, int number) {
  std::size_t begin = 0;
  for (int i = 1; i < number; ++i) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// Blanks up to the caret, tabs kept so that it stands below its character.
/// Continuation bytes of UTF-8 take no room.
std::string caret_padding(std::string_view line, int column) {
  std::string padding;
  int at = 1;
  for (const char c : line) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
    if (at++ >= column) break;
    padding += c == '\t' ? '\t' : ' ';
  }
  return padding;
}

std::string located(const std::string& file, SourceLocation where, const std::string& message,
                    const std::string& source) {
  if (!where.known()) return fmt::format("{}: error: {}", file, message);
  const std::string_view line = line_of(source, where.line);
  return fmt::format("{}:{}:{}: error: {}\n    {}\n    {}^", file, where.line, where.column,
                     message, line, caret_padding(line, where.column));
}

}  // namespace

LocatedError::LocatedError(const std::string& file, SourceLocation where,
                           const std::string& message, const std::string& source)
    : InputError(located(file, where, message, source)), where_(where), message_(message) {}

}  // namespace femsynth
