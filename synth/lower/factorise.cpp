#include "synth/lower/factorise.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fem/elements/tabulate.hpp"
#include "synth/lower/tensor_index.hpp"

namespace femsynth::synth {
namespace {

using fem::ExprGraph;
using fem::ExprId;
using fem::Node;
using fem::Op;

/// All components of a node, the axes being its free indices by label, then its shape.
using Tensor = std::vector<Multilinear>;

/// Kernel IR's name of a function.
const char* function_name(Op op) {
  switch (op) {
    case Op::abs:
      return "abs";
    case Op::sign:
      return "sign";
    case Op::sqrt:
      return "sqrt";
    case Op::exp:
      return "exp";
    case Op::ln:
      return "log";
    case Op::sin:
      return "sin";
    case Op::cos:
      return "cos";
    case Op::tan:
      return "tan";
    case Op::asin:
      return "asin";
    case Op::acos:
      return "acos";
    case Op::atan:
      return "atan";
    case Op::sinh:
      return "sinh";
    case Op::cosh:
      return "cosh";
    case Op::tanh:
      return "tanh";
    case Op::erf:
      return "erf";
    case Op::atan2:
      return "atan2";
    case Op::min_value:
      return "fmin";
    case Op::max_value:
      return "fmax";
    default:
      throw InternalError(fmt::format("factorise: {} is no function", fem::name_of(op)));
  }
}

ScalarOp choice_op(Op op) {
  switch (op) {
    case Op::lt:
      return ScalarOp::less;
    case Op::le:
      return ScalarOp::less_equal;
    case Op::gt:
      return ScalarOp::greater;
    case Op::ge:
      return ScalarOp::greater_equal;
    case Op::eq:
      return ScalarOp::equal;
    case Op::ne:
      return ScalarOp::not_equal;
    case Op::logical_and:
      return ScalarOp::logical_and;
    case Op::logical_or:
      return ScalarOp::logical_or;
    case Op::logical_not:
      return ScalarOp::logical_not;
    default:
      throw InternalError(fmt::format("factorise: {} is no condition", fem::name_of(op)));
  }
}

/// Evaluates the nodes of a DAG, operands first, to tensors of multilinear forms.
class Factoriser {
 public:
  Factoriser(const ExprGraph& graph, ScalarGraph& scalars)
      : g_(graph), algebra_(scalars), s_(scalars), values_(graph.size()) {}

  Multilinear run(ExprId root) {
    std::size_t entries = 0;
    for (const ExprId id : fem::reachable(g_, root)) {
      const std::size_t count = AxisList(g_[id]).count();
      entries += count;
      if (entries > max_entries) {
        throw InputError(
            fmt::format("the expression has more than {} tensor components in all", max_entries));
      }
      values_[raw(id)] = of(g_[id], count);
    }
    return values_[raw(root)].at(0);
  }

 private:
  const Tensor& value(const Node& node, std::size_t k) const {
    return values_[raw(node.operands[k])];
  }
  const Node& operand(const Node& node, std::size_t k) const { return g_[node.operands[k]]; }

  Tensor of(const Node& node, std::size_t count);
  Tensor terminal(const Node& node, std::size_t count);
  Tensor jets(const Node& node);
  Tensor elementwise(const Node& node, std::size_t count);
  Tensor contraction(const Node& node, std::size_t count);
  Tensor matrix(const Node& node, std::size_t count);
  Tensor index_notation(const Node& node, std::size_t count);

  const ExprGraph& g_;
  MultilinearAlgebra algebra_;
  ScalarGraph& s_;
  std::vector<Tensor> values_;
};

Tensor Factoriser::of(const Node& node, std::size_t count) {
  switch (node.op) {
    case Op::geometric_quantity:
    case Op::imaginary_unit:
    case Op::cofactor:
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
    case Op::variable:
    case Op::variable_derivative:
    case Op::gateaux_derivative:
    case Op::restricted:
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      throw MissingComponent("this operator or integral is not supported here yet");
    case Op::zero:
      return Tensor(count);
    case Op::real:
    case Op::identity:
    case Op::constant:
    case Op::spatial_coordinate:
    case Op::facet_normal:
      return terminal(node, count);
    case Op::argument:
    case Op::coefficient:
    case Op::grad:
      return jets(node);
    case Op::sum:
    case Op::product:
    case Op::division:
    case Op::power:
    case Op::conditional:
    case Op::abs:
    case Op::sign:
    case Op::sqrt:
    case Op::exp:
    case Op::ln:
    case Op::sin:
    case Op::cos:
    case Op::tan:
    case Op::asin:
    case Op::acos:
    case Op::atan:
    case Op::sinh:
    case Op::cosh:
    case Op::tanh:
    case Op::erf:
    case Op::atan2:
    case Op::min_value:
    case Op::max_value:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
    case Op::eq:
    case Op::ne:
    case Op::logical_and:
    case Op::logical_or:
    case Op::logical_not:
      return elementwise(node, count);
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
      return contraction(node, count);
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
    case Op::determinant:
    case Op::inverse:
      return matrix(node, count);
    case Op::indexed:
    case Op::index_sum:
    case Op::component_tensor:
    case Op::list_tensor:
      return index_notation(node, count);
    case Op::div:
    case Op::curl:
      break;
  }
  throw InternalError(
      fmt::format("factorise: {} after derivatives were applied", fem::name_of(node.op)));
}

Tensor Factoriser::terminal(const Node& node, std::size_t count) {
  Tensor result(count);
  for (std::size_t c = 0; c < count; ++c) {
    const auto component = static_cast<std::int32_t>(c);
    switch (node.op) {
      case Op::real:
        result[c] = algebra_.literal(node.value);
        break;
      case Op::identity: {
        const auto n = static_cast<std::size_t>(node.shape[0]);
        result[c] = algebra_.literal(c / n == c % n ? 1 : 0);
        break;
      }
      case Op::constant:
        result[c] = algebra_.scalar(s_.symbol({Symbol::Kind::constant, node.number, component, 0}));
        break;
      case Op::spatial_coordinate:
        result[c] = algebra_.scalar(s_.symbol({Symbol::Kind::coordinate, 0, component, 0}));
        break;
      default:
        result[c] = algebra_.scalar(s_.symbol({Symbol::Kind::normal, 0, component, 0}));
    }
  }
  return result;
}

/// An argument or coefficient under zero, one or two gradients.
Tensor Factoriser::jets(const Node& node) {
  const Node* terminal = &node;
  int order = 0;
  while (terminal->op == Op::grad) {
    terminal = &operand(*terminal, 0);
    ++order;
  }
  if (order > 2) {
    throw InputError(fmt::format(
        "a derivative of order {} of a finite element function: at most 2 is taken", order));
  }
  const auto dim = static_cast<std::size_t>(g_.dim());
  std::size_t derivatives = 1;
  for (int k = 0; k < order; ++k) derivatives *= dim;
  const auto components = static_cast<std::size_t>(fem::size_of(terminal->shape));
  Tensor result(components * derivatives);
  for (std::size_t c = 0; c < result.size(); ++c) {
    const std::size_t k = c % derivatives;
    std::size_t derivative = 0;
    if (order == 1) derivative = fem::derivative_index(k);
    if (order == 2) derivative = fem::derivative_index(dim, k / dim, k % dim);
    const auto component = static_cast<std::int32_t>(c / derivatives);
    const auto place = static_cast<std::int32_t>(derivative);
    if (terminal->op == Op::coefficient) {
      result[c] = algebra_.scalar(
          s_.symbol({Symbol::Kind::coefficient, terminal->number, component, place}));
      continue;
    }
    const Jet jet{component, place};
    const bool test = g_.arguments()[static_cast<std::size_t>(terminal->number)].number == 0;
    result[c] = {{test ? jet : Jet{}, test ? Jet{} : jet, s_.literal(1)}};
  }
  return result;
}

Tensor Factoriser::elementwise(const Node& node, std::size_t count) {
  const AxisList axes(node);
  std::vector<AxisMap> maps;
  for (std::size_t k = 0; k < node.operands.size(); ++k) maps.emplace_back(axes, operand(node, k));
  const auto at = [&](std::size_t k, const MultiIndex& i) -> const Multilinear& {
    return value(node, k)[maps[k].offset(i)];
  };
  const auto scalar = [&](std::size_t k, const MultiIndex& i) { return algebra_.value(at(k, i)); };
  Tensor result(count);
  for (MultiIndex i(axes); !i.done(); i.advance()) {
    Multilinear& entry = result[i.offset()];
    switch (node.op) {
      case Op::sum:
        entry = algebra_.add(at(0, i), at(1, i));
        break;
      case Op::product:
        entry = algebra_.multiply(at(0, i), at(1, i));
        break;
      case Op::division:
        entry = algebra_.divide(at(0, i), scalar(1, i));
        break;
      case Op::power:
        entry = algebra_.scalar(s_.power(scalar(0, i), scalar(1, i)));
        break;
      case Op::conditional:
        entry = algebra_.select(scalar(0, i), at(1, i), at(2, i));
        break;
      default: {
        std::vector<ScalarId> operands;
        for (std::size_t k = 0; k < node.operands.size(); ++k) operands.push_back(scalar(k, i));
        const bool condition = node.op >= Op::lt && node.op <= Op::logical_not;
        entry = algebra_.scalar(condition ? s_.choice(choice_op(node.op), std::move(operands))
                                          : s_.call(function_name(node.op), std::move(operands)));
      }
    }
  }
  return result;
}

Tensor Factoriser::contraction(const Node& node, std::size_t count) {
  const Node& a = operand(node, 0);
  const Node& b = operand(node, 1);
  const AxisList axes(node);
  const FreeMap free_a(axes, a);
  const FreeMap free_b(axes, b);
  const auto n_a = static_cast<std::size_t>(fem::size_of(a.shape));
  const auto n_b = static_cast<std::size_t>(fem::size_of(b.shape));
  Tensor result(count);
  for (MultiIndex i(axes); !i.done(); i.advance()) {
    const Multilinear* x = value(node, 0).data() + free_a.offset(i) * n_a;
    const Multilinear* y = value(node, 1).data() + free_b.offset(i) * n_b;
    const std::size_t c = i.shape_offset();
    Multilinear& entry = result[i.offset()];
    const auto accumulate = [&](std::size_t p, std::size_t q) {
      entry = algebra_.add(entry, algebra_.multiply(x[p], y[q]));
    };
    switch (node.op) {
      case Op::inner:
        for (std::size_t k = 0; k < n_a; ++k) accumulate(k, k);
        break;
      case Op::outer:
        accumulate(c / n_b, c % n_b);
        break;
      case Op::dot: {
        const auto m = static_cast<std::size_t>(b.shape.empty() ? 1 : b.shape[0]);
        const std::size_t tail = n_b / m;  // components of b beside its first axis
        for (std::size_t k = 0; k < m; ++k) accumulate((c / tail) * m + k, k * tail + c % tail);
        break;
      }
      default: {  // cross
        const std::size_t p = (c + 1) % 3;
        const std::size_t q = (c + 2) % 3;
        entry = algebra_.subtract(algebra_.multiply(x[p], y[q]), algebra_.multiply(x[q], y[p]));
      }
    }
  }
  return result;
}

Tensor Factoriser::matrix(const Node& node, std::size_t count) {
  const Node& a = operand(node, 0);
  const AxisList axes(node);
  const FreeMap free_a(axes, a);
  const int rows = a.shape[0];
  const int cols = a.shape[1];
  const auto size = static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols);
  Tensor result(count);
  for (MultiIndex i(axes); !i.done(); i.advance()) {
    if (i.shape_offset() != 0) continue;  // one pass fills all components of a free-index value
    const auto begin =
        value(node, 0).begin() + static_cast<std::ptrdiff_t>(free_a.offset(i) * size);
    const std::vector<Multilinear> m(begin, begin + static_cast<std::ptrdiff_t>(size));
    const auto at = [&](int r, int c) -> const Multilinear& {
      return m[static_cast<std::size_t>(r) * static_cast<std::size_t>(cols) +
               static_cast<std::size_t>(c)];
    };
    Multilinear* out = &result[i.offset()];
    if (node.op == Op::determinant) {
      *out = algebra_.determinant(m, rows);
      continue;
    }
    if (node.op == Op::inverse) {
      const std::vector<Multilinear> inverted = algebra_.inverse(m, rows);
      std::copy(inverted.begin(), inverted.end(), out);
      continue;
    }
    Multilinear trace;
    if (node.op == Op::trace || node.op == Op::dev) {
      for (int k = 0; k < rows; ++k) trace = algebra_.add(trace, at(k, k));
    }
    if (node.op == Op::trace) {
      *out = trace;
      continue;
    }
    for (int r = 0; r < node.shape[0]; ++r) {
      for (int c = 0; c < node.shape[1]; ++c, ++out) {
        if (node.op == Op::transpose) *out = at(c, r);
        if (node.op == Op::sym) *out = algebra_.scale(0.5, algebra_.add(at(r, c), at(c, r)));
        if (node.op == Op::skew) *out = algebra_.scale(0.5, algebra_.subtract(at(r, c), at(c, r)));
        if (node.op == Op::dev) {
          *out = r == c ? algebra_.subtract(at(r, c), algebra_.scale(1.0 / rows, trace)) : at(r, c);
        }
      }
    }
  }
  return result;
}

Tensor Factoriser::index_notation(const Node& node, std::size_t count) {
  Tensor result(count);
  const AxisList axes(node);
  if (node.op == Op::list_tensor) {
    const auto items = node.operands.size();
    std::vector<FreeMap> maps;
    for (std::size_t k = 0; k < items; ++k) maps.emplace_back(axes, operand(node, k));
    const auto size = static_cast<std::size_t>(fem::size_of(operand(node, 0).shape));
    for (MultiIndex i(axes); !i.done(); i.advance()) {
      const std::size_t item = i.shape_offset() / size;
      result[i.offset()] = value(node, item)[maps[item].offset(i) * size + i.shape_offset() % size];
    }
    return result;
  }
  const Node& a = operand(node, 0);
  const LabelMap map(axes, a, node);
  for (MultiIndex i(axes); !i.done(); i.advance()) {
    if (node.op != Op::index_sum) {
      result[i.offset()] = value(node, 0)[map.offset(i)];
      continue;
    }
    Multilinear& entry = result[i.offset()];
    for (std::size_t k = 0; k < map.sum_extent(); ++k) {
      entry = algebra_.add(entry, value(node, 0)[map.offset(i) + k * map.sum_stride()]);
    }
  }
  return result;
}

}  // namespace

Integrand factorise(const ExprGraph& graph, ExprId root, bool complex) {
  if (complex) throw MissingComponent("complex forms are not lowered");
  Integrand result;
  Factoriser factoriser(graph, result.scalars);
  result.terms = factoriser.run(root);
  return result;
}

}  // namespace femsynth::synth
