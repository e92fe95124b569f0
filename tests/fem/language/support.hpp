#pragma once

#include <string>
#include <vector>

#include "fem/language/form_file.hpp"

namespace femsynth::fem::testing {

/// Definitions that the tests' fragments use: a mesh of triangles, spaces V (scalar), W (vector)
/// and T (matrix), test and trial functions, coefficients f, g (V), b, d (W), A, B (T).
extern const char* const prelude;

/// The module of the prelude followed by some lines.
FormModule parse_after_prelude(const std::string& lines);
/// Canonical text of the only form of that module.
std::string canonical(const std::string& lines);
/// Canonical text of the functional expression*dx.
std::string canonical_expression(const std::string& expression);
/// The first line of the error that a form file's text gives, its path left out; "" if none.
std::string first_error(const std::string& text);
/// The files of a folder of the source tree with that extension, sorted.
std::vector<std::string> files_in(const std::string& folder, const std::string& extension);

}  // namespace femsynth::fem::testing
