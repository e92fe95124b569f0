#include "synth/emit/line_wrap.hpp"

#include <cstddef>

namespace femsynth::synth {
namespace {

// UTF-8 continuation bytes take no column.
bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// True after a comma and after an operator that stands between spaces (not after `double*`).
bool ends_operator(std::string_view before) {
  if (before.back() == ',') return true;
  const std::size_t space = before.rfind(' ');
  if (space == std::string_view::npos) return false;
  return before.find_first_not_of("+-*/=?:<>!&|", space + 1) == std::string_view::npos;
}

/// Position of the space at which to break so that the first part has at most `room` characters:
/// the shallowest, and of those the last. npos if there is none.
std::size_t break_position(std::string_view line, int room) {
  std::size_t best = std::string_view::npos;
  int best_depth = 0;
  int depth = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') --depth;
    if (static_cast<int>(i) > room && best != std::string_view::npos) break;
    const bool candidate = c == ' ' && i > 0 && ends_operator(line.substr(0, i));
    // A break within the first third makes a ragged block; deeper ones are better there.
    const bool early = static_cast<int>(i) < room / 3;
    if (candidate &&
        (best == std::string_view::npos || depth <= best_depth ||
         static_cast<int>(best) < room / 3) &&
        !(early && best != std::string_view::npos && depth > best_depth)) {
      best = i;
      best_depth = depth;
    }
  }
  return best;
}

}  // namespace

std::string wrap_line(std::string_view line, int indent, int width) {
  std::string out;
  int column = indent;
  while (true) {
    const int room = width - column;
    out.append(static_cast<std::size_t>(column), ' ');
    const std::size_t position =
        static_cast<int>(line.size()) <= room ? std::string_view::npos : break_position(line, room);
    if (position == std::string_view::npos) break;
    out.append(line.substr(0, position)) += '\n';
    line.remove_prefix(position + 1);
    column = indent + 4;
  }
  out.append(line) += '\n';
  return out;
}

std::string comment_lines(std::string_view text, int indent, int width) {
  std::string out;
  const auto put = [&](std::string_view line) {
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    out.append(static_cast<std::size_t>(indent), ' ').append("//");
    if (!line.empty()) out.append(" ").append(line);
    if (!line.empty() && line.back() == '\\') out += '.';
    out += '\n';
  };
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (true) {
      int columns = indent + 3;
      std::size_t space = std::string_view::npos;
      std::size_t i = 0;
      for (; i < line.size() && columns <= width; ++i) {
        if (line[i] == ' ' && line.find_first_not_of(' ') < i) space = i;
        columns += starts_character(line[i]) ? 1 : 0;
      }
      if (columns <= width || space == std::string_view::npos) break;
      put(line.substr(0, space));
      line.remove_prefix(space + 1);
    }
    put(line);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

}  // namespace femsynth::synth
