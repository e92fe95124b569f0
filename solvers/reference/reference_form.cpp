#include "solvers/reference/reference_form.hpp"

#include <algorithm>
#include <utility>

#include "fem/elements/quadrature.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::solvers {

PointRule given_rule(meshes::CellType cell, fem::IntegralKind kind, int degree) {
  if (kind == fem::IntegralKind::cell) {
    const fem::QuadratureRule ours = fem::cell_quadrature(cell, degree);
    return {true, degree, ours.points, ours.weights};
  }
  PointRule rule{true, degree, {}, {}};
  for (int facet = 0; facet < meshes::facet_count(cell); ++facet) {
    const fem::QuadratureRule ours = fem::facet_quadrature(cell, facet, degree);
    rule.points.insert(rule.points.end(), ours.points.begin(), ours.points.end());
    rule.weights = ours.weights;
  }
  return rule;
}

ReferenceForm::ReferenceForm(const fem::ExprGraph& graph, std::vector<fem::Element> arguments,
                             const std::vector<ReferenceIntegral>& integrals)
    : dim_(graph.dim()), arguments_(std::move(arguments)) {
  for (const ReferenceIntegral& integral : integrals) {
    integrals_.push_back(compile(graph, integral));
  }
}

ReferenceForm::Source ReferenceForm::source_of(const fem::ExprGraph& graph, const Leaf& leaf,
                                               Integral& integral) const {
  Source source{leaf, 0, leaf.slot(dim_), 1};
  const auto number = static_cast<std::size_t>(leaf.number);
  if (leaf.op != fem::Op::coefficient && leaf.op != fem::Op::argument) return source;
  fem::Element element =
      leaf.op == fem::Op::coefficient ? graph.coefficients()[number].element : arguments_[number];
  source.block_size = element.block_size();
  element.shape.clear();
  auto& shapes = integral.shapes;
  const auto at = std::find_if(shapes.begin(), shapes.end(),
                               [&](const Shape& s) { return s.element == element; });
  source.shape = static_cast<std::size_t>(at - shapes.begin());
  if (at == shapes.end()) shapes.push_back({element, 0});
  int& derivatives = shapes[source.shape].derivatives;
  derivatives = std::max(derivatives, leaf.order());
  return source;
}

ReferenceForm::Integral ReferenceForm::compile(const fem::ExprGraph& graph,
                                               const ReferenceIntegral& asked) const {
  Integral integral{asked.kind, asked.subdomains, asked.rule, {}, {}, {}, {}, {}, {}};
  Tape tape;
  const std::int32_t root = scalarise(tape, graph, asked.integrand);
  tape.check_multilinear(root, rank());

  std::vector<std::int32_t> factors;
  const auto keep = [&](std::int32_t factor, int test, int trial) {
    if (tape.is_zero(factor)) return;
    factors.push_back(factor);
    integral.terms.push_back({test, trial});
  };
  if (rank() == 0) keep(root, -1, -1);
  if (rank() >= 1) {
    for (const Leaf& leaf : tape.leaves(root, fem::Op::argument, 0)) {
      integral.tests.push_back(source_of(graph, leaf, integral));
    }
  }
  if (rank() == 2) {
    for (const Leaf& leaf : tape.leaves(root, fem::Op::argument, 1)) {
      integral.trials.push_back(source_of(graph, leaf, integral));
    }
  }
  for (std::size_t t = 0; t < integral.tests.size(); ++t) {
    const std::int32_t factor = tape.factor_of(root, integral.tests[t].leaf);
    if (rank() == 1) keep(factor, static_cast<int>(t), -1);
    for (std::size_t s = 0; s < integral.trials.size(); ++s) {
      keep(tape.factor_of(factor, integral.trials[s].leaf), static_cast<int>(t),
           static_cast<int>(s));
    }
  }
  integral.program = TapeProgram(tape, factors);
  for (const Leaf& leaf : integral.program.leaves()) {
    if (leaf.op == fem::Op::argument) {
      throw InternalError("the oracle's split of a form left an argument in a factor");
    }
    integral.inputs.push_back(source_of(graph, leaf, integral));
  }
  return integral;
}

std::size_t ReferenceForm::operations() const {
  std::size_t count = 0;
  for (const Integral& integral : integrals_) count += integral.program.steps();
  return count;
}

}  // namespace femsynth::solvers
