#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/complex_tape.hpp"

namespace femsynth::solvers {
namespace {

using fem::ExprId;
using fem::Node;
using fem::Op;
using Id = std::int32_t;
using Pair = ComplexEntry;

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
  Scalariser(Tape& tape, const fem::ExprGraph& graph, bool is_complex)
      : tape_(tape), z_(tape), g_(graph), complex_(is_complex) {
    components_.resize(graph.size());
  }

  Pair run(ExprId root) {
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
  Pair at(ExprId id, std::size_t c, const Binding& binding) const {
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
    if (takes_whole(node.op)) {
      out = whole(node);
      return;
    }
    if (is_gradient(node.op)) prepare_gradient(node);
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

  static bool is_gradient(Op op) { return op == Op::grad || op == Op::div || op == Op::curl; }
  static bool takes_whole(Op op) {
    return op == Op::restricted || op == Op::variable || op == Op::variable_derivative ||
           op == Op::gateaux_derivative;
  }

  /// Real parts of some values, then their imaginary parts; and back.
  static std::vector<Id> split(const std::vector<Pair>& pairs) {
    std::vector<Id> ids;
    for (const Pair& pair : pairs) ids.push_back(pair.re);
    for (const Pair& pair : pairs) ids.push_back(pair.im);
    return ids;
  }
  static std::vector<Pair> join(const std::vector<Id>& ids) {
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < ids.size() / 2; ++i) {
      pairs.push_back({ids[i], ids[ids.size() / 2 + i]});
    }
    return pairs;
  }

  /// All components, for all values of the free indices, of an operator that acts on whole tensors.
  std::vector<Pair> whole(const Node& node) {
    const auto& operand = components_[raw(node.operands[0])];
    switch (node.op) {
      case Op::restricted:
        return join(tape_.restrict_to(split(operand), node.number));
      case Op::variable:
        return named(node, operand);
      case Op::variable_derivative:
        return by_variable(node);
      default:
        return join(tape_.differentiate(split(operand), gateaux_seed(node)));
    }
  }

  std::vector<Pair> named(const Node& node, const std::vector<Pair>& operand) {
    std::vector<Pair> result;
    for (std::size_t c = 0; c < operand.size(); ++c) {
      Leaf leaf{Op::variable, node.number, static_cast<std::int32_t>(c)};
      Pair pair{tape_.variable(leaf, operand[c].re), operand[c].im};
      leaf.part = 1;
      if (!tape_.is_zero(pair.im)) pair.im = tape_.variable(leaf, pair.im);
      result.push_back(pair);
    }
    return result;
  }

  /// ∂f/∂v: one derivative for each component of v, whose axes come last.
  std::vector<Pair> by_variable(const Node& node) {
    const auto& f = components_[raw(node.operands[0])];
    const Node& v = g_[node.operands[1]];
    const std::size_t extent = size(v.shape);
    std::vector<Pair> result(f.size() * extent);
    for (std::size_t c = 0; c < extent; ++c) {
      const Tape::Seed seed = [&](const Leaf& leaf) -> Id {
        if (leaf.op != v.op || leaf.number != v.number || leaf.order() > 0) return -1;
        const bool same = leaf.component == static_cast<std::int32_t>(c) && leaf.part == 0;
        return tape_.real(same ? 1.0 : 0.0);
      };
      const std::vector<Pair> derivative = join(tape_.differentiate(split(f), seed));
      for (std::size_t i = 0; i < f.size(); ++i) result[i * extent + c] = derivative[i];
    }
    return result;
  }

  /// Direction of a Gateaux derivative: ∂^α w_c of a coefficient w moves by ∂^α d_c.
  Tape::Seed gateaux_seed(const Node& node) {
    return [this, &node](const Leaf& leaf) -> Id {
      if (leaf.op != Op::coefficient && leaf.op != Op::constant) return -1;
      Id sum = -1;
      for (std::size_t k = 1; k + 1 < node.operands.size(); k += 2) {
        const Node& w = g_[node.operands[k]];
        if (w.op != leaf.op || w.number != leaf.number) continue;
        const Pair& moved =
            components_[raw(node.operands[k + 1])].at(static_cast<std::size_t>(leaf.component));
        Id d = leaf.part == 0 ? moved.re : moved.im;
        for (const std::int8_t axis : leaf.along) {
          if (axis >= 0) d = tape_.differentiate(std::span(&d, 1), axis)[0];
        }
        if (leaf.side >= 0) d = tape_.restrict_to(std::span(&d, 1), leaf.side)[0];
        sum = sum < 0 ? d : tape_.add(sum, d);
      }
      return sum;
    };
  }

  /// gradient_[k] = ∂_k of all that the operand holds, in its order.
  void prepare_gradient(const Node& node) {
    gradient_.clear();
    const std::vector<Id> operand = split(components_[raw(node.operands[0])]);
    for (int k = 0; k < g_.dim(); ++k) gradient_.push_back(join(tape_.differentiate(operand, k)));
  }

  /// ∂_k of component `c` of the operand of a differential operator.
  Pair partial(ExprId operand, std::size_t c, std::size_t k, const Binding& binding) const {
    std::size_t block = 0;
    for (const fem::FreeIndex& index : g_[operand].free) {
      block = block * static_cast<std::size_t>(index.extent) +
              static_cast<std::size_t>(value_of(binding, index.label));
    }
    return gradient_[k][block * components(operand) + c];
  }

  Pair terminal(const Node& node, std::size_t c) {
    switch (node.op) {
      case Op::zero:
        return z_.real(0.0);
      case Op::real:
        return z_.real(node.value);
      case Op::imaginary_unit:
        return {tape_.real(0.0), tape_.real(1.0)};
      case Op::identity: {
        const auto n = static_cast<std::size_t>(node.shape[0]);
        return z_.real(c / n == c % n ? 1.0 : 0.0);
      }
      case Op::argument: {  // named by what it is: 0 for test, 1 for trial functions
        const fem::Argument& argument = g_.arguments()[static_cast<std::size_t>(node.number)];
        return z_.of_real(tape_.leaf({node.op, argument.number, static_cast<std::int32_t>(c)}));
      }
      default: {
        Leaf leaf{node.op, node.number, static_cast<std::int32_t>(c)};
        Pair pair = z_.of_real(tape_.leaf(leaf));
        if (complex_ && (node.op == Op::coefficient || node.op == Op::constant)) {
          leaf.part = 1;
          pair.im = tape_.leaf(leaf);
        }
        return pair;
      }
    }
  }

  Pair component(const Node& node, std::size_t c, const Binding& b) {
    if (node.operands.empty()) return terminal(node, c);
    const ExprId x = node.operands[0];
    switch (node.op) {
      case Op::sum:
        return z_.add(at(x, c, b), at(node.operands[1], c, b));
      case Op::product:
        return z_.multiply(at(x, 0, b), at(node.operands[1], c, b));
      case Op::division:
        return z_.divide(at(x, c, b), at(node.operands[1], 0, b));
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
      case Op::cofactor:
        return matrix(node, c, b);
      case Op::conj:
      case Op::real_part:
      case Op::imag_part:
        return z_.apply(node.op, at(x, c, b));
      case Op::bessel_j:
      case Op::bessel_y:
      case Op::bessel_i:
      case Op::bessel_k:
        return z_.bessel(node.op, node.number, at(x, 0, b));
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
        return z_.choose(at(x, 0, b), at(node.operands[1], c, b), at(node.operands[2], c, b));
      default:
        if (node.operands.size() > 1) {
          return z_.apply(node.op, at(x, 0, b), at(node.operands[1], 0, b));
        }
        return z_.apply(node.op, at(x, 0, b));
    }
  }

  Pair bilinear(const Node& node, std::size_t c, const Binding& b) {
    const ExprId x = node.operands[0];
    const ExprId y = node.operands[1];
    if (node.op == Op::cross) {
      const std::size_t i = (c + 1) % 3;
      const std::size_t j = (c + 2) % 3;
      return z_.subtract(z_.multiply(at(x, i, b), at(y, j, b)),
                         z_.multiply(at(x, j, b), at(y, i, b)));
    }
    // UFL's sesquilinear products: a : conj(b) and conj(a) ⊗ b.
    if (node.op == Op::outer) {
      return z_.multiply(z_.conj(at(x, c / components(y), b)), at(y, c % components(y), b));
    }
    // inner contracts all axes, dot the last of x with the first of y.
    std::size_t extent = components(x);
    std::size_t columns = 1;
    if (node.op == Op::dot && !g_[x].shape.empty()) {
      extent = static_cast<std::size_t>(g_[x].shape.back());
      columns = components(y) / extent;
    }
    const auto second = [&](std::size_t i) {
      const Pair entry = at(y, i, b);
      return node.op == Op::inner ? z_.conj(entry) : entry;
    };
    Pair sum = z_.real(0.0);
    for (std::size_t k = 0; k < extent; ++k) {
      const Pair product =
          z_.multiply(at(x, c / columns * extent + k, b), second(k * columns + c % columns));
      sum = z_.add(sum, product);
    }
    return sum;
  }

  /// a_00 a_11 − a_01 a_10 of the 2 × 2 block of rows r, s and columns p, q.
  Pair minor(ExprId x, std::array<std::size_t, 4> rspq, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    const auto [r, s, p, q] = rspq;
    return z_.subtract(z_.multiply(at(x, r * n + p, b), at(x, s * n + q, b)),
                       z_.multiply(at(x, r * n + q, b), at(x, s * n + p, b)));
  }

  /// Cofactor of entry (i, j): ∂ det A/∂A_ij.
  Pair cofactor(ExprId x, std::size_t i, std::size_t j, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    if (n == 1) return z_.real(1.0);
    if (n == 2) {
      const Pair entry = at(x, (1 - i) * 2 + (1 - j), b);
      return i == j ? entry : z_.negate(entry);
    }
    return minor(x, {(i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3}, b);
  }

  Pair determinant(ExprId x, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    Pair sum = z_.real(0.0);
    for (std::size_t j = 0; j < n; ++j) {
      sum = z_.add(sum, z_.multiply(at(x, j, b), cofactor(x, 0, j, b)));
    }
    return sum;
  }

  Pair trace(ExprId x, const Binding& b) {
    const auto n = static_cast<std::size_t>(g_[x].shape[0]);
    Pair sum = z_.real(0.0);
    for (std::size_t i = 0; i < n; ++i) sum = z_.add(sum, at(x, i * n + i, b));
    return sum;
  }

  Pair matrix(const Node& node, std::size_t c, const Binding& b) {
    const ExprId x = node.operands[0];
    const auto rows = static_cast<std::size_t>(g_[x].shape[0]);
    const auto columns = static_cast<std::size_t>(g_[x].shape[1]);
    // c = i · (columns of the result) + j, and the result's columns are the operand's rows.
    const std::size_t i = c / rows;
    const std::size_t j = c % rows;
    switch (node.op) {
      case Op::cofactor:
        return cofactor(x, i, j, b);
      case Op::transpose:
        return at(x, j * columns + i, b);
      case Op::trace:
        return trace(x, b);
      case Op::sym:
        return z_.multiply(z_.real(0.5), z_.add(at(x, c, b), at(x, j * rows + i, b)));
      case Op::skew:
        return z_.multiply(z_.real(0.5), z_.subtract(at(x, c, b), at(x, j * rows + i, b)));
      case Op::dev:
        if (i != j) return at(x, c, b);
        return z_.subtract(at(x, c, b), z_.divide(trace(x, b), z_.real(static_cast<double>(rows))));
      case Op::determinant:
        return determinant(x, b);
      default:
        return z_.divide(cofactor(x, j, i, b), determinant(x, b));
    }
  }

  Pair differential(const Node& node, std::size_t c, const Binding& b) {
    const ExprId x = node.operands[0];
    const auto d = static_cast<std::size_t>(g_.dim());
    if (node.op == Op::grad) return partial(x, c / d, c % d, b);
    if (node.op == Op::div) {
      Pair sum = z_.real(0.0);
      for (std::size_t k = 0; k < d; ++k) sum = z_.add(sum, partial(x, c * d + k, k, b));
      return sum;
    }
    if (g_[x].shape.empty()) {
      return c == 0 ? partial(x, 0, 1, b) : z_.negate(partial(x, 0, 0, b));
    }
    if (components(x) == 2) return z_.subtract(partial(x, 1, 0, b), partial(x, 0, 1, b));
    const std::size_t i = (c + 1) % 3;
    const std::size_t j = (c + 2) % 3;
    return z_.subtract(partial(x, j, i, b), partial(x, i, j, b));
  }

  Pair index_notation(const Node& node, std::size_t c, Binding b) {
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
        Pair sum = z_.real(0.0);
        b.emplace_back(label, 0);
        for (int k = 0; k < index->extent; ++k) {
          b.back().second = k;
          sum = z_.add(sum, at(x, c, b));
        }
        return sum;
      }
    }
  }

  Tape& tape_;
  ComplexTape z_;
  const fem::ExprGraph& g_;
  bool complex_;
  std::vector<std::vector<Pair>> components_;
  std::vector<std::vector<Pair>> gradient_;
};

}  // namespace

ComplexEntry scalarise(Tape& tape, const fem::ExprGraph& graph, ExprId root, bool is_complex) {
  return Scalariser(tape, graph, is_complex).run(root);
}

}  // namespace femsynth::solvers
