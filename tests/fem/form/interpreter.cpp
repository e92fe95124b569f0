#include "tests/fem/form/interpreter.hpp"

#include <cmath>
#include <functional>
#include <numeric>

namespace femsynth::fem::testing {

Complex Polynomial::at(const std::vector<double>& x) const {
  Complex sum = 0;
  for (const auto& [powers, c] : terms) {
    Complex term = c;
    for (std::size_t k = 0; k < x.size(); ++k) term *= std::pow(x[k], powers[k]);
    sum += term;
  }
  return sum;
}

Polynomial Polynomial::derivative(int k) const {
  Polynomial result;
  for (const auto& [powers, c] : terms) {
    std::array<int, 3> reduced = powers;
    int& power = reduced[static_cast<std::size_t>(k)];
    if (power == 0) continue;
    const double factor = power--;
    result.terms[reduced] += c * factor;
  }
  return result;
}

Polynomial Polynomial::plus(const Polynomial& other, double factor) const {
  Polynomial result = *this;
  for (const auto& [powers, c] : other.terms) result.terms[powers] += factor * c;
  return result;
}

Polynomial Polynomial::sample(int dim, int seed, bool is_complex) {
  Polynomial result;
  int n = seed;
  const auto next = [&n] { return std::sin(12.9898 * ++n + 4.1414); };
  for (int i = 0; i <= 2; ++i) {
    for (int j = 0; j <= (dim > 1 ? 2 - i : 0); ++j) {
      for (int k = 0; k <= (dim > 2 ? 2 - i - j : 0); ++k) {
        result.terms[{i, j, k}] = Complex(next(), is_complex ? next() : 0.0);
      }
    }
  }
  return result;
}

World World::sample(const ExprGraph& g, int seed, bool is_complex) {
  World world;
  for (int k = 0; k < g.dim(); ++k) world.x.push_back(0.31 + 0.17 * k);
  int n = seed * 1000;
  const auto polynomials = [&](const Element& element, bool complex) {
    std::vector<Polynomial> all;
    for (int k = 0; k < size_of(value_shape(element, g.dim())); ++k) {
      all.push_back(Polynomial::sample(g.dim(), n += 17, complex));
    }
    return all;
  };
  for (std::size_t k = 0; k < g.coefficients().size(); ++k) {
    world.coefficients[static_cast<std::int32_t>(k)] =
        polynomials(g.coefficients()[k].element, is_complex);
  }
  for (std::size_t k = 0; k < g.arguments().size(); ++k) {
    world.arguments[static_cast<std::int32_t>(k)] =
        polynomials(g.arguments()[k].element, is_complex);
  }
  for (std::size_t k = 0; k < g.constants().size(); ++k) {
    for (int c = 0; c < size_of(g.constants()[k].shape); ++c) {
      world.constants[static_cast<std::int32_t>(k)].emplace_back(0.4 + std::sin(n += 3), 0.0);
    }
  }
  return world;
}

namespace {

using Binding = std::map<std::int32_t, int>;
using At = std::vector<int>;

std::size_t flat(const At& at, const Shape& shape) {
  std::size_t index = 0;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    index = index * static_cast<std::size_t>(shape[k]) + static_cast<std::size_t>(at[k]);
  }
  return index;
}

At unflat(std::size_t index, const Shape& shape) {
  At at(shape.size());
  for (std::size_t k = shape.size(); k-- > 0;) {
    at[k] = static_cast<int>(index % static_cast<std::size_t>(shape[k]));
    index /= static_cast<std::size_t>(shape[k]);
  }
  return at;
}

class Interpreter {
 public:
  Interpreter(const ExprGraph& g, const World& world, int side)
      : g_(g), world_(world), side_(side) {}

  Complex value(ExprId id, const At& at, const Binding& bound) {
    const Node& n = g_[id];
    std::vector<int> key(at);
    for (const FreeIndex& f : n.free) key.push_back(bound.at(f.label));
    const auto known = memo_.find({id, key});
    if (known != memo_.end()) return known->second;
    const Complex result = compute(id, n, at, bound);
    memo_.emplace(std::pair(id, key), result);
    return result;
  }

 private:
  Complex compute(ExprId id, const Node& n, const At& at, const Binding& b);
  Complex sum_over(const Shape& shape, const std::function<Complex(const At&)>& f) const {
    Complex sum = 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(size_of(shape)); ++k) {
      sum += f(unflat(k, shape));
    }
    return sum;
  }
  Complex cofactor(ExprId a, int i, int j, const Binding& b) {
    const int size = g_[a].shape[0];
    const auto m = [&](int r, int c) { return value(a, {r % size, c % size}, b); };
    if (size == 1) return 1;
    if (size == 2) return ((i + j) % 2 == 0 ? 1.0 : -1.0) * m(1 - i, 1 - j);
    return m(i + 1, j + 1) * m(i + 2, j + 2) - m(i + 1, j + 2) * m(i + 2, j + 1);
  }
  Complex determinant(ExprId a, const Binding& b) {
    Complex sum = 0;
    for (int j = 0; j < g_[a].shape[0]; ++j) sum += value(a, {0, j}, b) * cofactor(a, 0, j, b);
    return sum;
  }
  /// ∂f_at/∂x_k.
  Complex slope(ExprId f, const At& at, int k, const Binding& b) {
    ExprId base = f;
    std::vector<int> orders;
    At rest = at;
    while (g_[base].op == Op::grad) {
      orders.push_back(rest.back());
      rest.pop_back();
      base = g_[base].operands[0];
    }
    const Node& node = g_[base];
    if (node.op == Op::argument || node.op == Op::coefficient) {
      const auto& functions = node.op == Op::argument ? world_.arguments : world_.coefficients;
      Polynomial p = functions.at(node.number).at(flat(rest, node.shape)).derivative(k);
      for (const int order : orders) p = p.derivative(order);
      return p.at(world_.x) * (1 + (side_ == 1 ? world_.jump : 0));
    }
    const double h = 1e-5;
    const auto moved = [&](double by) {
      World there = world_;
      there.x[static_cast<std::size_t>(k)] += by;
      return Interpreter(g_, there, side_).value(f, at, b);
    };
    return (moved(h) - moved(-h)) / (2 * h);
  }
  Complex conjugated(Complex z) const { return world_.conjugating ? std::conj(z) : z; }
  Complex contraction(const Node& n, const At& at, const Binding& b);
  Complex differential(const Node& n, const At& at, const Binding& b);
  Complex matrix(const Node& n, const At& at, const Binding& b);
  Complex scalar(const Node& n, const Binding& b);

  const ExprGraph& g_;
  const World& world_;
  int side_;
  std::map<std::pair<ExprId, std::vector<int>>, Complex> memo_;
};

Complex Interpreter::compute(ExprId, const Node& n, const At& at, const Binding& b) {
  const auto first = [&](const At& where) { return value(n.operands[0], where, b); };
  switch (n.op) {
    case Op::zero:
      return 0;
    case Op::real:
      return n.value;
    case Op::imaginary_unit:
      return {0, 1};
    case Op::identity:
      return at[0] == at[1] ? 1 : 0;
    case Op::spatial_coordinate:
      return world_.x[static_cast<std::size_t>(at[0])];
    case Op::constant:
      return world_.constants.at(n.number).at(flat(at, n.shape));
    case Op::argument:
    case Op::coefficient: {
      const auto& functions = n.op == Op::argument ? world_.arguments : world_.coefficients;
      return functions.at(n.number).at(flat(at, n.shape)).at(world_.x) *
             (1 + (side_ == 1 ? world_.jump : 0));
    }
    case Op::sum:
      return first(at) + value(n.operands[1], at, b);
    case Op::product: {
      const bool scalar = g_[n.operands[0]].is_scalar();
      return value(n.operands[0], scalar ? At{} : at, b) *
             value(n.operands[1], g_[n.operands[1]].is_scalar() ? At{} : at, b);
    }
    case Op::division:
      return first(at) / value(n.operands[1], {}, b);
    case Op::inner:
    case Op::dot:
    case Op::outer:
    case Op::cross:
      return contraction(n, at, b);
    case Op::grad:
    case Op::div:
    case Op::curl:
      return differential(n, at, b);
    case Op::conj:
      return std::conj(first(at));
    case Op::real_part:
      return first(at).real();
    case Op::imag_part:
      return first(at).imag();
    case Op::variable:
      return first(at);
    case Op::restricted:
      return Interpreter(g_, world_, n.number).value(n.operands[0], at, b);
    case Op::indexed: {
      At inner;
      for (const Index& i : n.indices) inner.push_back(i.free ? b.at(i.value) : i.value);
      return first(inner);
    }
    case Op::index_sum: {
      Complex sum = 0;
      for (const FreeIndex& f : g_[n.operands[0]].free) {
        if (f.label != n.indices[0].value) continue;
        for (int k = 0; k < f.extent; ++k) {
          Binding inner = b;
          inner[f.label] = k;
          sum += value(n.operands[0], at, inner);
        }
      }
      return sum;
    }
    case Op::component_tensor: {
      Binding inner = b;
      for (std::size_t k = 0; k < at.size(); ++k) inner[n.indices[k].value] = at[k];
      return value(n.operands[0], {}, inner);
    }
    case Op::list_tensor:
      return value(n.operands[static_cast<std::size_t>(at[0])], {at.begin() + 1, at.end()}, b);
    case Op::conditional:
      return value(n.operands[value(n.operands[0], {}, b) != 0.0 ? 1 : 2], at, b);
    case Op::transpose:
    case Op::trace:
    case Op::sym:
    case Op::skew:
    case Op::dev:
    case Op::determinant:
    case Op::inverse:
    case Op::cofactor:
      return matrix(n, at, b);
    default:
      return scalar(n, b);
  }
}

Complex Interpreter::contraction(const Node& n, const At& at, const Binding& b) {
  const ExprId x = n.operands[0];
  const ExprId y = n.operands[1];
  const auto rank = static_cast<std::ptrdiff_t>(g_[x].shape.size());
  if (n.op == Op::inner) {
    return sum_over(g_[x].shape,
                    [&](const At& i) { return value(x, i, b) * conjugated(value(y, i, b)); });
  }
  if (n.op == Op::outer) {
    return conjugated(value(x, {at.begin(), at.begin() + rank}, b)) *
           value(y, {at.begin() + rank, at.end()}, b);
  }
  if (n.op == Op::cross) {
    const int i = (at[0] + 1) % 3;
    const int j = (at[0] + 2) % 3;
    return value(x, {i}, b) * value(y, {j}, b) - value(x, {j}, b) * value(y, {i}, b);
  }
  return sum_over({g_[y].shape[0]}, [&](const At& k) {
    At left(at.begin(), at.begin() + rank - 1);
    At right(at.begin() + rank - 1, at.end());
    left.push_back(k[0]);
    right.insert(right.begin(), k[0]);
    return value(x, left, b) * value(y, right, b);
  });
}

Complex Interpreter::differential(const Node& n, const At& at, const Binding& b) {
  const ExprId f = n.operands[0];
  if (n.op == Op::grad) return slope(f, {at.begin(), at.end() - 1}, at.back(), b);
  if (n.op == Op::div) {
    return sum_over({g_.dim()}, [&](const At& k) {
      At inner = at;
      inner.push_back(k[0]);
      return slope(f, inner, k[0], b);
    });
  }
  if (g_[f].is_scalar()) return (at[0] == 0 ? 1.0 : -1.0) * slope(f, {}, 1 - at[0], b);
  if (g_[f].shape[0] == 2) return slope(f, {1}, 0, b) - slope(f, {0}, 1, b);
  const int i = (at[0] + 1) % 3;
  const int j = (at[0] + 2) % 3;
  return slope(f, {j}, i, b) - slope(f, {i}, j, b);
}

Complex Interpreter::matrix(const Node& n, const At& at, const Binding& b) {
  const ExprId a = n.operands[0];
  const int size = g_[a].shape[0];
  const auto m = [&](int i, int j) { return value(a, {i, j}, b); };
  const auto trace = [&] { return sum_over({size}, [&](const At& k) { return m(k[0], k[0]); }); };
  switch (n.op) {
    case Op::transpose:
      return m(at[1], at[0]);
    case Op::trace:
      return trace();
    case Op::sym:
      return 0.5 * (m(at[0], at[1]) + m(at[1], at[0]));
    case Op::skew:
      return 0.5 * (m(at[0], at[1]) - m(at[1], at[0]));
    case Op::dev:
      return m(at[0], at[1]) - (at[0] == at[1] ? trace() / static_cast<double>(size) : 0.0);
    case Op::determinant:
      return determinant(a, b);
    case Op::cofactor:
      return cofactor(a, at[0], at[1], b);
    default:
      return cofactor(a, at[1], at[0], b) / determinant(a, b);
  }
}

Complex Interpreter::scalar(const Node& n, const Binding& b) {
  const Complex z = value(n.operands[0], {}, b);
  const double x = z.real();
  const double y = n.operands.size() > 1 ? value(n.operands[1], {}, b).real() : 0;
  switch (n.op) {
    case Op::power:
      return std::pow(z, value(n.operands[1], {}, b));
    case Op::abs:
      return std::abs(z);
    case Op::sign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case Op::sqrt:
      return std::sqrt(z);
    case Op::exp:
      return std::exp(z);
    case Op::ln:
      return std::log(z);
    case Op::sin:
      return std::sin(z);
    case Op::cos:
      return std::cos(z);
    case Op::tan:
      return std::tan(z);
    case Op::asin:
      return std::asin(z);
    case Op::acos:
      return std::acos(z);
    case Op::atan:
      return std::atan(z);
    case Op::sinh:
      return std::sinh(z);
    case Op::cosh:
      return std::cosh(z);
    case Op::tanh:
      return std::tanh(z);
    case Op::erf:
      return std::erf(x);
    case Op::bessel_j:
      return std::cyl_bessel_j(n.number, x);
    case Op::bessel_y:
      return std::cyl_neumann(n.number, x);
    case Op::bessel_i:
      return std::cyl_bessel_i(n.number, x);
    case Op::bessel_k:
      return std::cyl_bessel_k(n.number, x);
    case Op::atan2:
      return std::atan2(x, y);
    case Op::min_value:
      return std::min(x, y);
    case Op::max_value:
      return std::max(x, y);
    case Op::lt:
      return x < y ? 1 : 0;
    case Op::le:
      return x <= y ? 1 : 0;
    case Op::gt:
      return x > y ? 1 : 0;
    case Op::ge:
      return x >= y ? 1 : 0;
    default:
      throw InternalError(std::string("test interpreter: ") + name_of(n.op));
  }
}

}  // namespace

std::vector<Complex> evaluate(const ExprGraph& g, ExprId id, const World& world) {
  Interpreter interpreter(g, world, 0);
  std::vector<Complex> all;
  for (std::size_t k = 0; k < static_cast<std::size_t>(size_of(g[id].shape)); ++k) {
    all.push_back(interpreter.value(id, unflat(k, g[id].shape), {}));
  }
  return all;
}

}  // namespace femsynth::fem::testing
