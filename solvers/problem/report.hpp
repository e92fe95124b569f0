#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "solvers/problem/solve.hpp"

namespace femsynth::solvers {

/// A table for a person: a line a mesh, and what is wrong, if anything. The same input gives the
/// same text.
std::string solve_text(const SolveReport& report);
/// Seconds by stage, a line a mesh.
std::string solve_times(const SolveReport& report);
/// Everything as one document (notes/solve.md).
nlohmann::ordered_json solve_json(const SolveReport& report);

}  // namespace femsynth::solvers
