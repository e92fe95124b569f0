#include "solvers/reference/reference_form.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "fem/elements/quadrature.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::solvers {

PointRule given_rule(meshes::CellType cell, fem::IntegralKind kind, int degree,
                     const fem::QuadratureScheme& scheme) {
  PointRule rule{true, degree, {}, {}, {}};
  if (kind == fem::IntegralKind::vertex) return rule;
  if (kind == fem::IntegralKind::cell) {
    fem::QuadratureRule ours = fem::cell_quadrature(cell, degree, scheme);
    rule.points = std::move(ours.points);
    rule.weights = std::move(ours.weights);
    return rule;
  }
  const bool mixed = cell == meshes::CellType::prism || cell == meshes::CellType::pyramid;
  if (mixed) rule.starts.push_back(0);
  for (int facet = 0; facet < meshes::facet_count(cell); ++facet) {
    const fem::QuadratureRule ours = fem::facet_quadrature(cell, facet, degree, scheme);
    rule.points.insert(rule.points.end(), ours.points.begin(), ours.points.end());
    if (facet == 0 || mixed) {
      rule.weights.insert(rule.weights.end(), ours.weights.begin(), ours.weights.end());
    }
    if (mixed) rule.starts.push_back(rule.weights.size());
  }
  return rule;
}

ReferenceForm::ReferenceForm(const fem::ExprGraph& graph, std::vector<fem::Element> arguments,
                             const std::vector<ReferenceIntegral>& integrals, bool is_complex)
    : dim_(graph.dim()), complex_(is_complex), arguments_(std::move(arguments)) {
  for (const ReferenceIntegral& integral : integrals) {
    integrals_.push_back(compile(graph, integral));
  }
}

ReferenceForm::Source ReferenceForm::source_of(const fem::ExprGraph& graph, const Leaf& leaf,
                                               Integral& integral) const {
  Source source{leaf, leaf.slot(dim_), {}};
  const auto number = static_cast<std::size_t>(leaf.number);
  if (leaf.op != fem::Op::coefficient && leaf.op != fem::Op::argument) return source;
  const fem::Element& element =
      leaf.op == fem::Op::coefficient ? graph.coefficients()[number].element : arguments_[number];
  auto& shapes = integral.shapes;
  for (const fem::SubElement& sub : fem::sub_elements(element, dim_)) {
    const int component = leaf.component - sub.first_component;
    if (component < 0 || component >= static_cast<int>(sub.source.size())) continue;
    const int from = sub.source[static_cast<std::size_t>(component)];
    const auto at = std::find_if(shapes.begin(), shapes.end(),
                                 [&](const Shape& s) { return s.element == sub.basic; });
    const auto shape = static_cast<std::size_t>(at - shapes.begin());
    if (at == shapes.end()) shapes.push_back({sub.basic, 0});
    int& derivatives = shapes[shape].derivatives;
    derivatives = std::max(derivatives, leaf.order());
    source.parts.push_back(
        {shape, from % sub.value_size, sub.dof_offset, sub.block_size, from / sub.value_size});
  }
  return source;
}

ReferenceForm::Integral ReferenceForm::compile(const fem::ExprGraph& graph,
                                               const ReferenceIntegral& asked) const {
  Integral integral{asked.kind, asked.subdomains, asked.rule, {}, {}, {}, {}, {}, {}};
  Tape tape(!graph.domain().is_manifold(), graph.domain().is_affine());
  const ComplexEntry root = scalarise(tape, graph, asked.integrand, complex_);
  // Both parts of a complex integrand are linear in the (real) basis functions.
  tape.check_multilinear(root.re, rank());
  tape.check_multilinear(root.im, rank());

  std::vector<std::int32_t> factors;
  const auto keep = [&](const ComplexEntry& factor, int test, int trial) {
    if (tape.is_zero(factor.re) && tape.is_zero(factor.im)) return;
    factors.push_back(factor.re);
    if (complex_) factors.push_back(factor.im);
    integral.terms.push_back({test, trial});
  };
  const auto leaves_in = [&](const ComplexEntry& entry, std::int32_t number) {
    std::set<Leaf> leaves;
    for (const std::int32_t part : {entry.re, entry.im}) {
      for (const Leaf& leaf : tape.leaves(part, fem::Op::argument, number)) leaves.insert(leaf);
    }
    return leaves;
  };
  const auto leaves_of = [&](std::int32_t number) {
    std::vector<Source> sources;
    for (const Leaf& leaf : leaves_in(root, number))
      sources.push_back(source_of(graph, leaf, integral));
    return sources;
  };
  const auto factor_of = [&](const ComplexEntry& entry, const Leaf& leaf) {
    return ComplexEntry{tape.factor_of(entry.re, leaf), tape.factor_of(entry.im, leaf)};
  };
  if (rank() == 0) keep(root, -1, -1);
  if (rank() >= 1) integral.tests = leaves_of(0);
  if (rank() == 2) integral.trials = leaves_of(1);
  for (std::size_t t = 0; t < integral.tests.size(); ++t) {
    const ComplexEntry factor = factor_of(root, integral.tests[t].leaf);
    if (rank() == 1) keep(factor, static_cast<int>(t), -1);
    const std::set<Leaf> read = leaves_in(factor, 1);
    for (std::size_t s = 0; s < integral.trials.size(); ++s) {
      const Leaf& leaf = integral.trials[s].leaf;
      if (!read.contains(leaf)) continue;
      keep(factor_of(factor, leaf), static_cast<int>(t), static_cast<int>(s));
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

std::size_t global_dof(const fem::DofMap& map, std::size_t cell, int local) {
  const auto block = static_cast<std::size_t>(map.block_size);
  const auto at = static_cast<std::size_t>(local);
  return static_cast<std::size_t>(map.cell(cell)[at / block]) * block + at % block;
}

}  // namespace femsynth::solvers
