#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace femsynth::testing {

/// What random forms may use beyond Lagrange elements on straight cells, dx and ds.
enum class Feature {
  interior_facets,  ///< dS, restrictions, jump, avg
  mixed,            ///< mixed elements and split
  derivatives,      ///< derivative, variable and diff, action, adjoint
  complex,          ///< complex values, conj, real, imag
  piola,            ///< elements mapped by Piola transformations
  geometry,         ///< prisms, pyramids, curved cells, manifolds, sizes of cells
};
/// All features, by the names they have on the command line.
const std::map<std::string, Feature>& feature_names();

struct GeneratorOptions {
  std::set<Feature> features;
  int depth = 3;  ///< of expressions
};

/// A form file with one form, `form`.
struct RandomForm {
  std::string text;
  bool complex = false;  ///< its values are
};

/// A well-typed form, a function of the arguments alone. Its rank, cell, spaces, integrals and
/// integrands are random.
RandomForm random_form(std::uint64_t seed, const GeneratorOptions& options);

}  // namespace femsynth::testing
