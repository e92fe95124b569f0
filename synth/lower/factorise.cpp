#include "synth/lower/factorise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "fem/elements/tabulate.hpp"
#include "fem/form/algebra.hpp"
#include "synth/lower/factoriser.hpp"
#include "synth/lower/tensor_index.hpp"

namespace femsynth::synth {

using fem::ExprGraph;
using fem::ExprId;
using fem::Node;
using fem::Op;

namespace {

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
    case Op::bessel_j:
      return "bessel_j";
    case Op::bessel_y:
      return "bessel_y";
    case Op::bessel_i:
      return "bessel_i";
    case Op::bessel_k:
      return "bessel_k";
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

bool is_bessel(Op op) { return op >= Op::bessel_j && op <= Op::bessel_k; }

}  // namespace

Tensor Factoriser::of(const Node& node, std::size_t count) {
  switch (node.op) {
    case Op::zero:
      return Tensor(count);
    case Op::real:
    case Op::identity:
    case Op::constant:
    case Op::spatial_coordinate:
    case Op::facet_normal:
    case Op::geometric_quantity:
    case Op::imaginary_unit:
      return terminal(node, count, 0);
    case Op::argument:
    case Op::coefficient:
    case Op::grad:
      return jets(node, 0);
    case Op::restricted:
      return restricted(node, count);
    case Op::conj:
    case Op::real_part:
    case Op::imag_part:
      return complex_part(node);
    case Op::variable:
      return value(node, 0);
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
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
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
    case Op::cofactor:
      return matrix(node, count);
    case Op::indexed:
    case Op::index_sum:
    case Op::component_tensor:
    case Op::list_tensor:
      return index_notation(node, count);
    case Op::div:
    case Op::curl:
    case Op::variable_derivative:
    case Op::gateaux_derivative:
      break;
  }
  throw InternalError(
      fmt::format("factorise: {} after derivatives were applied", fem::name_of(node.op)));
}

Tensor Factoriser::elementwise(const Node& node, std::size_t count) {
  const AxisList axes(node);
  std::vector<AxisMap> maps;
  for (std::size_t k = 0; k < node.operands.size(); ++k) maps.emplace_back(axes, operand(node, k));
  const auto at = [&](std::size_t k, const MultiIndex& i) -> const ComplexForm& {
    return value(node, k)[maps[k].offset(i)];
  };
  const auto scalar = [&](std::size_t k, const MultiIndex& i) { return algebra_.value(at(k, i)); };
  Tensor result(count);
  for (MultiIndex i(axes); !i.done(); i.advance()) {
    ComplexForm& entry = result[i.offset()];
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
        entry = algebra_.scalar(algebra_.power(scalar(0, i), scalar(1, i)));
        break;
      case Op::conditional:
        entry = algebra_.select(real_scalar(scalar(0, i), node), at(1, i), at(2, i));
        break;
      case Op::abs:
        entry = algebra_.scalar(algebra_.modulus(scalar(0, i)));
        break;
      default:
        entry = algebra_.scalar(function(node, [&](std::size_t k) { return scalar(k, i); }));
    }
  }
  return result;
}

ScalarId Factoriser::real_scalar(const ComplexScalar& value, const Node& node) const {
  if (!algebra_.is_real(value)) {
    throw InputError(
        fmt::format("{} of a complex value: take real() or imag() of it", fem::name_of(node.op)));
  }
  return value.re;
}

/// A function, comparison or condition of scalars.
ComplexScalar Factoriser::function(const Node& node,
                                   const std::function<ComplexScalar(std::size_t)>& scalar) {
  const ScalarId none = s_.literal(0);
  if (node.operands.size() == 1 && !fem::is_condition(node.op) && !is_bessel(node.op) &&
      node.op != Op::sign) {
    return algebra_.call(function_name(node.op), scalar(0));
  }
  std::vector<ScalarId> operands;
  if (is_bessel(node.op)) operands.push_back(s_.literal(node.number));
  for (std::size_t k = 0; k < node.operands.size(); ++k) {
    const ComplexScalar value = scalar(k);
    if ((node.op == Op::eq || node.op == Op::ne) && !algebra_.is_real(value)) {
      return {equality(node.op, scalar(0), scalar(1)), none};
    }
    operands.push_back(real_scalar(value, node));
  }
  if (fem::is_condition(node.op)) {
    return {s_.choice(choice_op(node.op), std::move(operands)), none};
  }
  return {s_.call(function_name(node.op), std::move(operands)), none};
}

/// a = b (or a ≠ b) of complex values: both parts.
ScalarId Factoriser::equality(Op op, const ComplexScalar& a, const ComplexScalar& b) {
  const ScalarOp compare = choice_op(op);
  return s_.choice(op == Op::eq ? ScalarOp::logical_and : ScalarOp::logical_or,
                   {s_.choice(compare, {a.re, b.re}), s_.choice(compare, {a.im, b.im})});
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
    const ComplexForm* x = value(node, 0).data() + free_a.offset(i) * n_a;
    const ComplexForm* y = value(node, 1).data() + free_b.offset(i) * n_b;
    const std::size_t c = i.shape_offset();
    ComplexForm& entry = result[i.offset()];
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
    const std::vector<ComplexForm> m(begin, begin + static_cast<std::ptrdiff_t>(size));
    const auto at = [&](int r, int c) -> const ComplexForm& {
      return m[static_cast<std::size_t>(r) * static_cast<std::size_t>(cols) +
               static_cast<std::size_t>(c)];
    };
    ComplexForm* out = &result[i.offset()];
    if (node.op == Op::determinant) {
      *out = algebra_.determinant(m, rows);
      continue;
    }
    if (node.op == Op::inverse || node.op == Op::cofactor) {
      const std::vector<ComplexForm> entries =
          node.op == Op::inverse ? algebra_.inverse(m, rows) : algebra_.cofactor(m, rows);
      std::copy(entries.begin(), entries.end(), out);
      continue;
    }
    ComplexForm trace;
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
    ComplexForm& entry = result[i.offset()];
    for (std::size_t k = 0; k < map.sum_extent(); ++k) {
      entry = algebra_.add(entry, value(node, 0)[map.offset(i) + k * map.sum_stride()]);
    }
  }
  return result;
}

FactorisedTensor factorise_components(const ExprGraph& graph, ExprId root, bool complex) {
  FactorisedTensor result;
  Factoriser factoriser(graph, result.scalars, complex);
  for (ComplexForm& component : factoriser.run(root)) {
    result.components.push_back(std::move(component.re));
    result.imaginary.push_back(std::move(component.im));
  }
  return result;
}

Integrand factorise(const ExprGraph& graph, ExprId root, bool complex) {
  FactorisedTensor tensor = factorise_components(graph, root, complex);
  return {std::move(tensor.scalars), std::move(tensor.components.at(0)),
          std::move(tensor.imaginary.at(0))};
}

}  // namespace femsynth::synth
