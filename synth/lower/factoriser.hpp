#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "synth/lower/complex_algebra.hpp"
#include "synth/lower/factorise.hpp"
#include "synth/lower/tensor_index.hpp"

/// What factorise() works with; included by its own sources alone.
namespace femsynth::synth {

/// All components of a node, the axes being its free indices by label, then its shape.
using Tensor = std::vector<ComplexForm>;

/// Evaluates the nodes of a DAG, operands first, to tensors of multilinear forms.
class Factoriser {
 public:
  Factoriser(const fem::ExprGraph& graph, ScalarGraph& scalars, bool complex)
      : g_(graph), algebra_(scalars), s_(scalars), complex_(complex), values_(graph.size()) {}

  Tensor run(fem::ExprId root) {
    std::size_t entries = 0;
    for (const fem::ExprId id : fem::reachable(g_, root)) {
      const std::size_t count = AxisList(g_[id]).count();
      entries += count;
      if (entries > max_entries) {
        throw InputError(
            fmt::format("the expression has more than {} tensor components in all", max_entries));
      }
      values_[raw(id)] = of(g_[id], count);
    }
    return values_[raw(root)];
  }

 private:
  const Tensor& value(const fem::Node& node, std::size_t k) const {
    return values_[raw(node.operands[k])];
  }
  const fem::Node& operand(const fem::Node& node, std::size_t k) const {
    return g_[node.operands[k]];
  }

  Tensor of(const fem::Node& node, std::size_t count);
  Tensor terminal(const fem::Node& node, std::size_t count, int side);
  Tensor geometric_quantity(const fem::Node& node, std::size_t count, int side);
  Tensor jets(const fem::Node& node, int side);
  Tensor restricted(const fem::Node& node, std::size_t count);
  ComplexForm symbol(Symbol symbol);
  ComplexScalar function(const fem::Node& node,
                         const std::function<ComplexScalar(std::size_t)>& scalar);
  ScalarId equality(fem::Op op, const ComplexScalar& a, const ComplexScalar& b);
  ScalarId real_scalar(const ComplexScalar& value, const fem::Node& node) const;
  Tensor complex_part(const fem::Node& node);
  Tensor elementwise(const fem::Node& node, std::size_t count);
  Tensor contraction(const fem::Node& node, std::size_t count);
  Tensor matrix(const fem::Node& node, std::size_t count);
  Tensor index_notation(const fem::Node& node, std::size_t count);

  const fem::ExprGraph& g_;
  ComplexAlgebra algebra_;
  ScalarGraph& s_;
  bool complex_;
  std::vector<Tensor> values_;
};

}  // namespace femsynth::synth
