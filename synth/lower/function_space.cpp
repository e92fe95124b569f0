#include "synth/lower/function_space.hpp"

#include "synth/lower/derivatives.hpp"

namespace femsynth::synth {

std::vector<FunctionSpace::Source> FunctionSpace::sources(int component) const {
  std::vector<Source> result;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const fem::SubElement& sub = parts[k].sub;
    const int place = component - sub.first_component;
    if (place < 0 || place >= static_cast<int>(sub.source.size())) continue;
    result.push_back({k, sub.source[static_cast<std::size_t>(place)]});
  }
  return result;
}

FunctionSpace make_function_space(const fem::Element& element, int d) {
  FunctionSpace space{element, fem::dof_count(element), {}};
  for (fem::SubElement& sub : fem::sub_elements(element, d)) {
    const fem::PullBack pull_back = fem::pull_back(sub.basic.family);
    space.parts.push_back({std::move(sub), pull_back, {}, {}});
  }
  return space;
}

void add_jet(FunctionSpace& space, const Jet& jet, const fem::Domain& domain) {
  for (const FunctionSpace::Source& source : space.sources(jet.component)) {
    space.parts[source.part].orders.set(order_of(domain, jet.derivative));
  }
}

JetOrders reference_orders(JetOrders orders, fem::PullBack pull_back, bool affine) {
  if (affine || !orders.any_derivative()) return orders;
  const bool value = pull_back != fem::PullBack::identity;
  for (int order = value ? 0 : 1; order < orders.highest(); ++order) orders.set(order);
  return orders;
}

}  // namespace femsynth::synth
