#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "meshes/support/error.hpp"
#include "solvers/linear/solve.hpp"

/// Boundary-value problems: a TOML file that names a form file, meshes, data and a solver.
namespace femsynth::solvers {

/// A text of the problem file, and where its first character stands there.
struct PlacedText {
  std::string text;
  SourceLocation where;
  bool verbatim = false;  ///< the text stands there letter by letter
};

/// One [[dirichlet]] entry: the solution's values on part of the boundary.
struct DirichletEntry {
  bool everywhere = false;  ///< on = "all"
  std::vector<int> tags;    ///< else: these facet tags
  SourceLocation where;     ///< of `on`
  PlacedText value;         ///< UFL expression in x
};

/// What a problem file says. notes/solve.md describes the format.
struct Problem {
  std::string path;    ///< as given, for messages
  std::string source;  ///< the file's text
  std::filesystem::path form_file;
  PlacedText bilinear;  ///< name of the bilinear form
  PlacedText linear;    ///< name of the linear form
  /// The meshes to solve on, coarsest first: generator specifications or .msh files.
  std::vector<std::string> meshes;
  SourceLocation mesh_where;
  bool halved = false;  ///< each mesh has half the mesh width of the one before
  double perturb = 0;
  std::uint64_t seed = 1;
  std::vector<std::pair<std::string, PlacedText>> settings;  ///< in the order of the names
  std::vector<DirichletEntry> dirichlet;                     ///< later entries win
  std::optional<PlacedText> exact;                           ///< the solution, if it is known
  std::optional<double> order;  ///< expected order of the L2 error; default: degree + 1
  LinearOptions solver;

  /// The error "problem.toml:3:8: error: message" with the quoted line.
  LocatedError error(SourceLocation at, const std::string& message) const {
    return LocatedError(path, at, message, source);
  }
};

/// Reads a problem file. Relative paths in it start from its folder. Throws LocatedError for what
/// is no TOML, an unknown key, a missing one and a value of a wrong type or range.
Problem load_problem(const std::string& path);
/// The same from a text; `path` is its name in messages.
Problem parse_problem(std::string source, std::string path);

/// Most meshes that one problem may ask for.
inline constexpr int max_refinements = 10;

}  // namespace femsynth::solvers
