#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace femsynth::testing {

/// What random forms may use beyond Lagrange elements, dx and ds.
enum class Feature {
  interior_facets,  ///< dS, restrictions, jump, avg
  mixed,            ///< mixed elements and split
  derivatives,      ///< derivative, variable and diff, action, adjoint
};

struct GeneratorOptions {
  std::set<Feature> features;
  int depth = 3;  ///< of expressions
};

/// A well-typed form file with one form (`form`), a function of its arguments alone. Its rank,
/// cell, spaces, integrals and integrands are random.
std::string random_form_file(std::uint64_t seed, const GeneratorOptions& options);

}  // namespace femsynth::testing
