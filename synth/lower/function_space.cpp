#include "synth/lower/function_space.hpp"

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

JetOrders orders_of(std::int32_t derivative, int d) {
  JetOrders orders;
  orders.value = derivative == 0;
  orders.first = derivative >= 1 && derivative <= d;
  orders.second = derivative > d;
  return orders;
}

void add_jet(FunctionSpace& space, const Jet& jet, int d) {
  for (const FunctionSpace::Source& source : space.sources(jet.component)) {
    space.parts[source.part].orders |= orders_of(jet.derivative, d);
  }
}

JetOrders reference_orders(JetOrders orders, fem::PullBack pull_back, bool affine) {
  JetOrders result = orders;
  if (affine) return result;
  if (orders.second) result.first = true;
  if ((orders.first || orders.second) && pull_back != fem::PullBack::identity) result.value = true;
  return result;
}

}  // namespace femsynth::synth
