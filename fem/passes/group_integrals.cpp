#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/passes/passes.hpp"

namespace femsynth::fem {

void group_integrals(PassState& state) {
  std::vector<IntegralGroup> merged;
  for (const IntegralGroup& group : state.groups) {
    if (state.graph[group.integrand].op == Op::zero) continue;
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const IntegralGroup& other) {
      return other.kind == group.kind && other.subdomains == group.subdomains &&
             other.degree == group.degree && other.scheme == group.scheme;
    });
    if (same == merged.end()) {
      merged.push_back(group);
      continue;
    }
    same->integrand = add(state.graph, same->integrand, group.integrand);
    same->estimated_degree = std::max(same->estimated_degree, group.estimated_degree);
    same->exact = same->exact && group.exact;
    same->of_element = same->of_element || group.of_element;
    same->members.insert(same->members.end(), group.members.begin(), group.members.end());
  }
  state.groups = std::move(merged);
}

}  // namespace femsynth::fem
