#include "cli/matrix_market.hpp"

#include <fmt/format.h>

#include <iterator>

namespace femsynth::cli {
namespace {

/// Comment lines: a line break in `text` must not end the comment.
std::string comment_lines(const std::string& text) {
  std::string lines = "% ";
  for (const char c : text)
    lines += c == '\n' || c == '\r' ? std::string("\n% ") : std::string(1, c);
  return lines + "\n";
}

}  // namespace

std::string matrix_market(const fem::CsrPattern& pattern, std::span<const double> values,
                          const std::string& comment) {
  std::string text = "%%MatrixMarket matrix coordinate real general\n" + comment_lines(comment);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{} {} {}\n", pattern.rows, pattern.cols, pattern.nonzeros());
  for (std::int32_t row = 0; row < pattern.rows; ++row) {
    const auto r = static_cast<std::size_t>(row);
    for (std::int32_t k = pattern.row_offsets[r]; k < pattern.row_offsets[r + 1]; ++k) {
      const auto at = static_cast<std::size_t>(k);
      fmt::format_to(out, "{} {} {:.17g}\n", row + 1, pattern.columns[at] + 1, values[at]);
    }
  }
  return text;
}

std::string matrix_market(std::span<const double> vector, const std::string& comment) {
  std::string text = "%%MatrixMarket matrix array real general\n" + comment_lines(comment);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{} 1\n", vector.size());
  for (const double value : vector) fmt::format_to(out, "{:.17g}\n", value);
  return text;
}

}  // namespace femsynth::cli
