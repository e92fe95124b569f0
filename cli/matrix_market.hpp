#pragma once

#include <span>
#include <string>

#include "fem/spaces/csr_pattern.hpp"

/// Matrix Market text (Boisvert, Pozo, Remington, NISTIR 5935, 1996); numbers read back exactly.
namespace femsynth::cli {

/// `matrix coordinate real general`, all entries of the pattern, 1-based, row by row.
std::string matrix_market(const fem::CsrPattern& pattern, std::span<const double> values,
                          bool complex, const std::string& comment);
/// `matrix array real general` with one column.
std::string matrix_market(std::span<const double> vector, bool complex, const std::string& comment);

}  // namespace femsynth::cli
