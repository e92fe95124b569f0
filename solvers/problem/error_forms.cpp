#include "solvers/problem/error_forms.hpp"

#include <algorithm>
#include <span>

#include "fem/form/algebra.hpp"
#include "fem/passes/passes.hpp"

namespace femsynth::solvers {
namespace {

/// The tensor of that shape with these scalar components, row-major.
fem::ExprId tensor_of(fem::ExprGraph& graph, std::span<const fem::ExprId> components,
                      std::span<const int> shape) {
  if (shape.empty()) return components.front();
  const std::size_t size = components.size() / static_cast<std::size_t>(shape.front());
  std::vector<fem::ExprId> rows;
  for (std::size_t first = 0; first < components.size(); first += size) {
    rows.push_back(tensor_of(graph, components.subspan(first, size), shape.subspan(1)));
  }
  return fem::list_tensor(graph, rows);
}

}  // namespace

fem::FormModule make_error_forms(const fem::Element& element, const Field& exact) {
  fem::FormModule module{"error.py", "", exact.expression.graph, {}, {}};
  fem::ExprGraph& graph = module.graph;
  const fem::ExprId u = fem::coefficient(graph, element, "u");
  const fem::ExprId error =
      fem::subtract(graph, u, tensor_of(graph, exact.expression.components, element.shape));
  const fem::ExprId gradient = fem::grad(graph, error);
  const int degree = std::min(2 * element.degree + 3, fem::max_form_degree);
  const auto add = [&](const char* name, fem::ExprId value) {
    module.forms.push_back(
        {name, {{fem::IntegralKind::cell, {}, degree, fem::inner(graph, value, value), {}}}});
  };
  add("l2_error", error);
  add("h1_error", gradient);
  module.named_forms = module.forms;
  return module;
}

}  // namespace femsynth::solvers
