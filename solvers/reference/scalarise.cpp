#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/tape.hpp"

namespace femsynth::solvers {
namespace {

using fem::ExprId;
using fem::Node;
using fem::Op;
using Id = std::int32_t;

/// Values of free indices, label → component.
using Binding = std::vector<std::pair<std::int32_t, int>>;

int value_of(const Binding& binding, std::int32_t label) {
  for (auto at = binding.rbegin(); at != binding.rend(); ++at) {
    if (at->first == label) return at->second;
  }
  throw InternalError(fmt::format("index i_{} is not bound", label));
}

/// Writes nodes out, operands first. The components of a node stand one after another,
/// row-major, for each assignment of its free indices, which are row-major in turn.
class Scalariser {
 public:
  Scalariser(Tape& tape, const fem::ExprGraph& graph) : tape_(tape), g_(graph) {
    components_.resize(graph.size());
  }

  Id run(ExprId root) {
    if (!g_[root].shape.empty() || !g_[root].free.empty()) {
      throw InternalError("an integrand must be a scalar without free indices");
    }
    for (const ExprId id : fem::reachable(g_, root)) visit(id);
    return components_[raw(root)].front();
  }

 private:
  static std::size_t size(const fem::Shape& shape) {
    return static_cast<std::size_t>(fem::size_of(shape));
  }
  std::size_t components(ExprId id) const { return size(g_[id].shape); }

  /// Component `c` of an operand, its free indices taken from `binding`.
  Id at(ExprId id, std::size_t c, const Binding& binding) const {
    std::size_t block = 0;
    for (const fem::FreeIndex& index : g_[id].free) {
      block = block * static_cast<std::size_t>(index.extent) +
              static_cast<std::size_t>(value_of(binding, index.label));
    }
    return components_[raw(id)][block * components(id) + c];
  }

  void visit(ExprId id) {
    const Node& node = g_[id];
    std::size_t blocks = 1;
    for (const fem::FreeIndex& index : node.free) blocks *= static_cast<std::size_t>(index.extent);
    if (blocks * components(id) > Tape::max_entries) {
      throw InputError(
          fmt::format("the form has more than {} scalar operations when written out "
                      "for deal.II",
                      Tape::max_entries));
    }
    auto& out = components_[raw(id)];
    out.reserve(blocks * components(id));
    if (is_derivative(node.op)) prepare_gradient(node);
    for (std::size_t block = 0; block < blocks; ++block) {
      Binding binding(node.free.size());
      std::size_t rest = block;
      for (std::size_t i = node.free.size(); i-- > 0;) {
        const auto extent = static_cast<std::size_t>(node.free[i].extent);
        binding[i] = {node.free[i].label, static_cast<int>(rest % extent)};
        rest /= extent;
      }
      for (std::size_t c = 0; c < components(id); ++c) {
        out.push_back(component(node, c, binding));
      }
    }
  }

  static bool is_derivative(Op op) { return op == Op::grad || op == Op::div || op == Op::curl; }

  /// gradient_[k] = ∂_k of all that the operand holds, in its order.
  void prepare_gradient(const Node& node) {
    gradient_.clear();
    for (int k = 0; k < g_.dim(); ++k) {
      gradient_.push_back(tape_.differentiate(components_[raw(node.operands[0])], k));
    }
  }

  /// ∂_k of component `c` of the operand of a differential operator.
  Id partial(ExprId operand, std::size_t c, std::size_t k, const Binding& binding) const {
    std::size_t block = 0;
    for (const fem::FreeIndex& index : g_[operand].free) {
      block = block * static_cast<std::size_t>(index.extent) +
              static_cast<std::size_t>(value_of(binding, index.label));
    }
    return gradient_[k][block * components(operand) + c];
  }

  Id terminal(const Node& node, std::size_t c) {
    switch (node.op) {
      case Op::zero:
        return tape_.real(0.0);
      case Op::real:
        return tape_.real(node.value);
      case Op::identity: {
        const auto n = static_cast<std::size_t>(node.shape[0]);
        return tape_.real(c / n == c % n ? 1.0 : 0.0);
      }
      case Op::argument: {  // named by what it is: 0 for test, 1 for trial functions
        const fem::Argument& argument = g_.arguments()[static_cast<std::size_t>(node.number)];
        return tape_.leaf({node.op, argument.number, static_cast<std::int32_t>(c), {-1, -1}});
      }
      default:
        return tape_.leaf({node.op, node.number, static_cast<std::int32_t>(c), {-1, -1}});
    }
  }

  Id component(const Node& node, std::size_t c, const Binding& b) {
    if (node.operands.empty()) return terminal(node, c);
    const ExprId x = node.operands[0];
    switch (node.op) {
      case Op::sum:
        return tape_.add(at(x, c, b), at(node.operands[1], c, b));
      case Op::product:
        return tape_.multiply(at(x, 0, b), at(node.operands[1], c, b));
      case Op::division:
        return tape_.divide(at(x, c, b), at(node.operands[1], 0, b));
      case Op::inner:
      case Op::dot:
      case Op::outer:
      case Op::cross:
        return bilinear(node, c, b);
      case Op::transpose:
      case Op::trace:
      case Op::sym:
      case Op::skew:
      case Op::dev:
      case Op::determinant:
      case Op::inverse:
        return matrix(node, c, b);
      case Op::grad:
      case Op::div:
      case Op::curl:
        return differential(node, c, b);
      case Op::indexed:
      case Op::index_sum:
      case Op::component_tensor:
      case Op::list_tensor:
        return index_notation(node, c, b);
      case Op::conditional:
        return tape_.apply(node.op, at(x, 0, b), at(node.operands[1], c, b),
                           at(node.operands[2], c, b));
      default:
        return tape_.apply(node.op, at(x, 0, b),
                           node.operands.size() > 1 ? at(node.operands[1], 0, b) : -1);
    }
  }

  Id bilinear(const Node& node, std::size_t c, const Binding& b) {
    const ExprId x = node.operands[0];
    const ExprId y = node.operands[1];
    if (node.op == Op::cross) {
      const std::size_t i = (c + 1) % 3;
      const std::size_t j = (c + 2) % 3;
      return tape_.subtract(tape_.multiply(at(x, i, b), at(y, j, b)),
                            tape_.multiply(at(x, j, b), at(y, i, b)));
    }
    if (node.op == Op::outer) {
      return tape_.multiply(at(x, c / components(y), b), at(y, c % components(y), b));
    }
    // inner contracts all axes, dot the last of x with the first of y.
    std::size_t extent = components(x);
    std::size_t columns = 1;
    if (node.op == Op::dot && !g_[x].shape.empty()) {
      extent = static_cast<std::size_t>(g_[x].shape.back());
      columns = components(y) / extent;
    }
    Id sum = tape_.real(0.0);
    for (std::size_t k = 0; k < extent; ++k) {
      const Id product =
          tape_.multiply(at(x, c / columns * extent + k, b), at(y, k * columns + c % columns, b));
      sum = tape_.add(sum, product);
    }
    return sum;
  }

  /// a_00 a_11 − a_01 a_10 of the 2 × 2 block of rows r, s and columns p, q.
  Id minor(ExprId x, std::array<std::size_t, 4> rspq, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    const auto [r, s, p, q] = rspq;
    return tape_.subtract(tape_.multiply(at(x, r * n + p, b), at(x, s * n + q, b)),
                          tape_.multiply(at(x, r * n + q, b), at(x, s * n + p, b)));
  }

  /// Cofactor of entry (i, j): ∂ det A/∂A_ij.
  Id cofactor(ExprId x, std::size_t i, std::size_t j, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    if (n == 1) return tape_.real(1.0);
    if (n == 2) {
      const Id entry = at(x, (1 - i) * 2 + (1 - j), b);
      return i == j ? entry : tape_.negate(entry);
    }
    return minor(x, {(i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3}, b);
  }

  Id determinant(ExprId x, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    Id sum = tape_.real(0.0);
    for (std::size_t j = 0; j < n; ++j) {
      sum = tape_.add(sum, tape_.multiply(at(x, j, b), cofactor(x, 0, j, b)));
    }
    return sum;
  }

  Id trace(ExprId x, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    Id sum = tape_.real(0.0);
    for (std::size_t i = 0; i < n; ++i) sum = tape_.add(sum, at(x, i * n + i, b));
    return sum;
  }

  Id matrix(const Node& node, std::size_t c, const Binding& b) {
    const ExprId x = node.operands[0];
    const auto rows = static_cast<std::size_t>(g_[x].shape[0]);
    const auto columns = static_cast<std::size_t>(g_[x].shape[1]);
    // c = i · (columns of the result) + j, and the result's columns are the operand's rows.
    const std::size_t i = c / rows;
    const std::size_t j = c % rows;
    switch (node.op) {
      case Op::transpose:
        return at(x, j * columns + i, b);
      case Op::trace:
        return trace(x, b);
      case Op::sym:
        return tape_.multiply(tape_.real(0.5), tape_.add(at(x, c, b), at(x, j * rows + i, b)));
      case Op::skew:
        return tape_.multiply(tape_.real(0.5), tape_.subtract(at(x, c, b), at(x, j * rows + i, b)));
      case Op::dev:
        if (i != j) return at(x, c, b);
        return tape_.subtract(at(x, c, b),
                              tape_.divide(trace(x, b), tape_.real(static_cast<double>(rows))));
      case Op::determinant:
        return determinant(x, b);
      default:
        return tape_.divide(cofactor(x, j, i, b), determinant(x, b));
    }
  }

  Id differential(const Node& node, std::size_t c, const Binding& b) {
    const ExprId x = node.operands[0];
    const auto d = static_cast<std::size_t>(g_.dim());
    if (node.op == Op::grad) return partial(x, c / d, c % d, b);
    if (node.op == Op::div) {
      Id sum = tape_.real(0.0);
      for (std::size_t k = 0; k < d; ++k) sum = tape_.add(sum, partial(x, c * d + k, k, b));
      return sum;
    }
    if (g_[x].shape.empty()) {
      return c == 0 ? partial(x, 0, 1, b) : tape_.negate(partial(x, 0, 0, b));
    }
    if (components(x) == 2) return tape_.subtract(partial(x, 1, 0, b), partial(x, 0, 1, b));
    const std::size_t i = (c + 1) % 3;
    const std::size_t j = (c + 2) % 3;
    return tape_.subtract(partial(x, j, i, b), partial(x, i, j, b));
  }

  Id index_notation(const Node& node, std::size_t c, Binding b) {
    const ExprId x = node.operands[0];
    switch (node.op) {
      case Op::list_tensor:
        return at(node.operands[c / components(x)], c % components(x), b);
      case Op::indexed: {
        std::size_t flat = 0;
        for (std::size_t axis = 0; axis < node.indices.size(); ++axis) {
          const fem::Index& index = node.indices[axis];
          const int value = index.free ? value_of(b, index.value) : index.value;
          flat =
              flat * static_cast<std::size_t>(g_[x].shape[axis]) + static_cast<std::size_t>(value);
        }
        return at(x, flat, b);
      }
      case Op::component_tensor: {
        std::size_t rest = c;
        for (std::size_t axis = node.indices.size(); axis-- > 0;) {
          const auto extent = static_cast<std::size_t>(node.shape[axis]);
          b.emplace_back(node.indices[axis].value, static_cast<int>(rest % extent));
          rest /= extent;
        }
        return at(x, 0, b);
      }
      default: {  // index_sum
        const std::int32_t label = node.indices[0].value;
        const auto index = std::find_if(g_[x].free.begin(), g_[x].free.end(),
                                        [&](const auto& free) { return free.label == label; });
        Id sum = tape_.real(0.0);
        b.emplace_back(label, 0);
        for (int k = 0; k < index->extent; ++k) {
          b.back().second = k;
          sum = tape_.add(sum, at(x, c, b));
        }
        return sum;
      }
    }
  }

  Tape& tape_;
  const fem::ExprGraph& g_;
  std::vector<std::vector<Id>> components_;
  std::vector<std::vector<Id>> gradient_;
};

}  // namespace

Id scalarise(Tape& tape, const fem::ExprGraph& graph, ExprId root) {
  return Scalariser(tape, graph).run(root);
}

}  // namespace femsynth::solvers
