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

const char* field(bool complex) { return complex ? "complex" : "real"; }

/// Value number k: one number, or real and imaginary part.
void append_value(std::string& text, std::span<const double> values, std::size_t k, bool complex) {
  auto out = std::back_inserter(text);
  if (complex) {
    fmt::format_to(out, "{:.17g} {:.17g}\n", values[2 * k], values[2 * k + 1]);
  } else {
    fmt::format_to(out, "{:.17g}\n", values[k]);
  }
}

}  // namespace

std::string matrix_market(const fem::CsrPattern& pattern, std::span<const double> values,
                          bool complex, const std::string& comment) {
  std::string text = fmt::format("%%MatrixMarket matrix coordinate {} general\n", field(complex)) +
                     comment_lines(comment);
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{} {} {}\n", pattern.rows, pattern.cols, pattern.nonzeros());
  for (std::int32_t row = 0; row < pattern.rows; ++row) {
    const auto r = static_cast<std::size_t>(row);
    for (std::int32_t k = pattern.row_offsets[r]; k < pattern.row_offsets[r + 1]; ++k) {
      const auto at = static_cast<std::size_t>(k);
      fmt::format_to(out, "{} {} ", row + 1, pattern.columns[at] + 1);
      append_value(text, values, at, complex);
    }
  }
  return text;
}

std::string matrix_market(std::span<const double> vector, bool complex,
                          const std::string& comment) {
  std::string text = fmt::format("%%MatrixMarket matrix array {} general\n", field(complex)) +
                     comment_lines(comment);
  const std::size_t count = complex ? vector.size() / 2 : vector.size();
  text += fmt::format("{} 1\n", count);
  for (std::size_t k = 0; k < count; ++k) append_value(text, vector, k, complex);
  return text;
}

}  // namespace femsynth::cli
