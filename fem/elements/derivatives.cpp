#include "fem/elements/derivatives.hpp"

#include <algorithm>
#include <utility>

namespace femsynth::fem {

std::vector<Directions> directions_of_order(int dim, int order) {
  std::vector<Directions> all{{}};
  for (int k = 0; k < order; ++k) {
    std::vector<Directions> longer;
    for (const Directions& before : all) {
      for (int e = before.empty() ? 0 : before.back(); e < dim; ++e) {
        longer.push_back(before);
        longer.back().push_back(e);
      }
    }
    all = std::move(longer);
  }
  return all;
}

Directions with(Directions along, int axis) {
  along.insert(std::upper_bound(along.begin(), along.end(), axis), axis);
  return along;
}

std::vector<ProductTerm> product_rule(const Directions& along) {
  std::vector<ProductTerm> terms;
  for (unsigned subset = 0; subset < 1U << along.size(); ++subset) {
    ProductTerm term;
    for (std::size_t k = 0; k < along.size(); ++k) {
      (subset >> k & 1U ? term.first : term.second).push_back(along[k]);
    }
    const auto same = std::find_if(terms.begin(), terms.end(), [&](const ProductTerm& other) {
      return other.first == term.first && other.second == term.second;
    });
    if (same == terms.end()) {
      terms.push_back(std::move(term));
    } else {
      ++same->times;
    }
  }
  return terms;
}

}  // namespace femsynth::fem
