#include "tests/fuzz/random_forms/expression_writer.hpp"

#include <fmt/format.h>

namespace femsynth::testing {

std::vector<Symbol> ExpressionWriter::symbols(Rank rank, bool differentiable) const {
  std::vector<Symbol> found;
  for (const Symbol& symbol : scope_.values) {
    if (symbol.rank == rank && (symbol.differentiable || !differentiable)) found.push_back(symbol);
  }
  return found;
}

template <class Write>
std::string ExpressionWriter::differentiated(const std::string& pattern, Write write) {
  const bool normal = scope_.normal;
  if (in_derivative_) return write();
  in_derivative_ = true;
  scope_.normal = false;
  const std::string expression = write();
  scope_.normal = normal;
  in_derivative_ = false;
  return fmt::format(fmt::runtime(pattern), expression);
}

std::string ExpressionWriter::component() { return std::to_string(random_.below(scope_.dim)); }

std::string ExpressionWriter::value(Rank rank, int depth) {
  switch (rank) {
    case Rank::scalar:
      return depth <= 0 ? scalar_leaf() : scalar(depth);
    case Rank::vector:
      return depth <= 0 ? vector_leaf() : vector(depth);
    case Rank::matrix:
      return depth <= 0 ? matrix_leaf() : matrix(depth);
  }
  return "";
}

std::string ExpressionWriter::scalar_leaf() {
  const auto vectors = symbols(Rank::vector, false);
  switch (random_.below(8)) {
    case 0:
      return random_.pick({"0.5", "2", "3.25", "1.125"});
    case 1:
      return fmt::format("x[{}]", component());
    case 2:
      if (!vectors.empty()) return fmt::format("{}[{}]", random_.pick(vectors).name, component());
      break;
    case 3:
      if (scope_.normal) return fmt::format("n[{}]", component());
      break;
    default:
      break;
  }
  return random_.pick(symbols(Rank::scalar, false)).name;
}

std::string ExpressionWriter::vector_leaf() {
  const auto vectors = symbols(Rank::vector, false);
  const auto smooth = symbols(Rank::scalar, true);
  switch (random_.below(5)) {
    case 0:
      return "x";
    case 1:
      if (scope_.normal) return "n";
      break;
    case 2:
      if (!smooth.empty()) return fmt::format("grad({})", random_.pick(smooth).name);
      break;
    default:
      break;
  }
  return vectors.empty() ? "x" : random_.pick(vectors).name;
}

std::string ExpressionWriter::matrix_leaf() {
  const auto matrices = symbols(Rank::matrix, false);
  const auto smooth = symbols(Rank::vector, true);
  if (!matrices.empty() && random_.chance(40)) return random_.pick(matrices).name;
  if (!smooth.empty() && random_.chance(60))
    return fmt::format("grad({})", random_.pick(smooth).name);
  return fmt::format("Identity({})", scope_.dim);
}

std::string ExpressionWriter::unary_of_matrix() {
  // UFL knows no deviator of a 1×1 matrix, and its skew part is zero.
  return scope_.dim == 1 ? random_.pick({"sym", "transpose"})
                         : random_.pick({"sym", "skew", "dev", "transpose"});
}

std::string ExpressionWriter::condition(int depth) {
  const std::string pattern = scope_.complex ? "{}(real({}), real({}))" : "{}({}, {})";
  std::string simple = fmt::format(fmt::runtime(pattern), random_.pick({"lt", "le", "gt", "ge"}),
                                   value(Rank::scalar, depth - 1), value(Rank::scalar, 0));
  switch (random_.below(4)) {
    case 0:
      return fmt::format("Not({})", simple);
    case 1:
      return fmt::format("{}({}, gt(abs({}), 1.1))", random_.pick({"And", "Or"}), simple,
                         value(Rank::scalar, 0));
    default:
      return simple;
  }
}

/// What complex numbers have beside real ones.
std::string ExpressionWriter::complex_scalar(int depth) {
  const std::string e = value(Rank::scalar, depth - 1);
  return random_.chance(30) ? fmt::format("(0.5 + 1.25j)*({})", e)
                            : fmt::format("{}({})", random_.pick({"conj", "real", "imag"}), e);
}

/// A function of a complex number, away from its cuts and poles.
std::string ExpressionWriter::holomorphic(int depth) {
  const std::string e = value(Rank::scalar, depth - 1);
  switch (random_.below(5)) {
    case 0:
      return fmt::format("{0}(({1})/(1 + ({1})*conj({1})))",
                         random_.pick({"sin", "cos", "sinh", "cosh"}), e);
    case 1:
      return fmt::format("exp(({0})/(1 + ({0})*conj({0})))", e);
    case 2:
      return fmt::format("ln(3 + ({0})/(1 + ({0})*conj({0})))", e);
    case 3:
      return fmt::format("sqrt(2 + ({0})/(1 + ({0})*conj({0})))", e);
    default:
      return fmt::format("({})**{}", e, random_.pick({"2", "3"}));
  }
}

std::string ExpressionWriter::function_of_scalar(int depth) {
  if (scope_.complex) return random_.chance(50) ? complex_scalar(depth) : holomorphic(depth);
  const std::string e = value(Rank::scalar, depth - 1);
  switch (random_.below(scope_.differentiation ? 12 : 10)) {
    case 10:
      return fmt::format("bessel_{}, 0.5 + sin({})**2)", random_.pick({"J(1", "I(0", "Y(0", "K(2"}),
                         e);
    case 11:
      return fmt::format("(lambda s: diff({}, s))(variable({}))",
                         random_.pick({"s**2*sin(s)", "exp(sin(s))", "c*ln(2 + s**2)"}), e);
    case 0:
      return fmt::format("{}({})", random_.pick({"sin", "cos", "atan", "tanh", "erf"}), e);
    case 1:
      return fmt::format("exp(sin({}))", e);
    case 2:
      return fmt::format("ln(2 + ({})**2)", e);
    case 3:
      return fmt::format("sqrt(1.5 + ({})**2)", e);
    case 4:
      return fmt::format("abs({})", e);
    case 5:
      return fmt::format("atan2({}, 2 + sin({}))", e, value(Rank::scalar, 0));
    case 6:
      return fmt::format("(1 + ({})**2)**{}", e, random_.pick({"0.5", "1.5", "-1", "2", "(1/3)"}));
    case 7:
      return fmt::format("{}({}, {})", random_.pick({"max_value", "min_value"}), e,
                         value(Rank::scalar, 0));
    case 8:
      return fmt::format("({})**{}", e, random_.pick({"2", "3"}));
    default:
      return fmt::format("{}(sin({})/2)", random_.pick({"asin", "acos", "sinh", "cosh", "tan"}), e);
  }
}

std::string ExpressionWriter::contraction(int depth) {
  const auto v = [&] { return value(Rank::vector, depth - 1); };
  const auto m = [&] { return value(Rank::matrix, depth - 1); };
  const auto smooth = symbols(Rank::vector, true);
  switch (random_.below(9)) {
    case 0:
      return fmt::format("dot({}, {})", v(), v());
    case 1:
      return fmt::format("inner({}, {})", m(), m());
    case 2:
      return fmt::format("tr({})", m());
    case 3:
      return fmt::format("det(2*Identity({}) + 0.1*({}))", scope_.dim, m());
    case 4:
      return fmt::format("({})[{}, {}]", m(), component(), component());
    case 5:
      return fmt::format("({})[{}]", v(), component());
    case 6:
      return fmt::format("as_tensor(({})[i]*({})[j], (j, i))[{}, {}]", v(), v(), component(),
                         component());
    case 7:
      if (!smooth.empty()) return fmt::format("div({})", random_.pick(smooth).name);
      return fmt::format("({})[k]*({})[k]", v(), v());
    default:
      return fmt::format("dot({}, dot({}, {}))", v(), m(), v());
  }
}

std::string ExpressionWriter::scalar(int depth) {
  const auto s = [&] { return value(Rank::scalar, depth - 1); };
  switch (random_.below(11)) {
    case 0:
      return differentiated("(c + {}).dx(" + component() + ")", s);
    case 1:
    case 10:
      return fmt::format("({} {} {})", s(), random_.pick({"+", "-"}), s());
    case 2:
    case 3:
      return fmt::format("{}*{}", s(), s());
    case 4:
      return fmt::format("({})/(2 + ({})**2)", s(), s());
    case 5:
      return fmt::format("conditional({}, {}, {})", condition(depth), s(), s());
    case 6:
    case 7:
      return function_of_scalar(depth);
    default:
      return contraction(depth);
  }
}

std::string ExpressionWriter::vector(int depth) {
  const auto v = [&] { return value(Rank::vector, depth - 1); };
  const auto m = [&] { return value(Rank::matrix, depth - 1); };
  switch (random_.below(9)) {
    case 8:
      if (in_derivative_) return v();
      return differentiated("grad(c + {})", [&] { return value(Rank::scalar, depth - 1); });
    case 0:
      return fmt::format("({} {} {})", v(), random_.pick({"+", "-"}), v());
    case 1:
      return fmt::format("{}*{}", value(Rank::scalar, depth - 1), v());
    case 2:
      return fmt::format("dot({}, {})", m(), v());
    case 3:
      return fmt::format("({})/(1.5 + ({})**2)", v(), value(Rank::scalar, depth - 1));
    case 4: {
      std::string items;
      for (int k = 0; k < scope_.dim; ++k) {
        items += (k > 0 ? ", " : "") + value(Rank::scalar, depth - 1);
      }
      return fmt::format("as_vector([{}])", items);
    }
    case 5:
      return fmt::format("({})[{}, :]", m(), component());
    case 6:
      if (scope_.dim == 3) return fmt::format("cross({}, {})", v(), v());
      if (scope_.dim == 2) return fmt::format("perp({})", v());
      return v();
    default:
      return fmt::format("as_vector(({})[i, j]*({})[j], i)", m(), v());
  }
}

std::string ExpressionWriter::matrix(int depth) {
  const auto v = [&] { return value(Rank::vector, depth - 1); };
  const auto m = [&] { return value(Rank::matrix, depth - 1); };
  switch (random_.below(9)) {
    case 8:
      if (in_derivative_) return m();
      return differentiated("grad({})", v);
    case 0:
      return fmt::format("({} {} {})", m(), random_.pick({"+", "-"}), m());
    case 1:
      return fmt::format("{}*({})", value(Rank::scalar, depth - 1), m());
    case 2:
      return fmt::format("outer({}, {})", v(), v());
    case 3:
      return fmt::format("{}({})", unary_of_matrix(), m());
    case 4:
      return fmt::format("dot({}, {})", m(), m());
    case 5:
      return fmt::format("inv(3*Identity({}) + 0.1*({}))", scope_.dim, m());
    case 6:
      return fmt::format("({}).T", m());
    default:
      return fmt::format("as_tensor(({})[i]*({})[j], (i, j))", v(), v());
  }
}

/// The function itself or a derivative of it, brought to the shape that is asked for.
std::string ExpressionWriter::linear_leaf(const Symbol& base, Rank rank) {
  const std::string& u = base.name;
  const auto d = scope_.dim;
  const bool smooth = base.differentiable;
  const std::string v = value(Rank::vector, 0);
  switch (base.rank) {
    case Rank::scalar:
      if (rank == Rank::scalar) {
        if (smooth && random_.chance(10)) {
          return fmt::format("{}.dx({}, {}, {})", u, component(), component(), component());
        }
        return smooth && random_.chance(50) ? fmt::format("{}.dx({})", u, component()) : u;
      }
      if (rank == Rank::vector) {
        if (smooth && random_.chance(10)) return fmt::format("grad(div(grad({})))", u);
        return smooth && random_.chance(70) ? fmt::format("grad({})", u)
                                            : fmt::format("{}*{}", u, v);
      }
      if (smooth && random_.chance(20)) return fmt::format("grad(grad({}))", u);
      return smooth && random_.chance(60) ? fmt::format("outer({}, grad({}))", v, u)
                                          : fmt::format("{}*Identity({})", u, d);
    case Rank::vector:
      if (rank == Rank::scalar) {
        if (smooth && random_.chance(10)) return fmt::format("div(grad(div({})))", u);
        if (smooth && random_.chance(50)) return fmt::format("div({})", u);
        return random_.chance(50) ? fmt::format("{}[{}]", u, component())
                                  : fmt::format("dot({}, {})", u, v);
      }
      if (rank == Rank::vector) {
        if (smooth && random_.chance(20)) {
          return fmt::format(fmt::runtime(random_.pick({"grad(div({}))", "div(grad({}))"})), u);
        }
        return smooth && random_.chance(40) ? fmt::format("dot(grad({}), {})", u, v) : u;
      }
      if (smooth) {
        return fmt::format("{}(grad({}))", random_.chance(20) ? "" : unary_of_matrix(), u);
      }
      return fmt::format("transpose(outer({}, {}))", v, u);
    case Rank::matrix:
      if (rank == Rank::scalar) {
        return random_.chance(50) ? fmt::format("tr({})", u)
                                  : fmt::format("{}[{}, {}]", u, component(), component());
      }
      if (rank == Rank::vector) {
        return smooth && random_.chance(50) ? fmt::format("div({})", u)
                                            : fmt::format("dot({}, {})", u, v);
      }
      return random_.chance(50) ? u : fmt::format("sym({})", u);
  }
  return "";
}

std::string ExpressionWriter::linear_sum(const std::vector<Symbol>& bases, Rank rank, int depth) {
  const auto part = [&] { return linear(bases, rank, depth - 1); };
  switch (random_.below(4)) {
    case 0:
      return fmt::format("({} {} {})", part(), random_.pick({"+", "-"}), part());
    case 1:
      return fmt::format("conditional({}, {}, {})", condition(depth - 1), part(), part());
    case 2:
      return fmt::format("({})/(2 + ({})**2)", part(), value(Rank::scalar, depth - 1));
    default:
      return fmt::format("({})*({})", value(Rank::scalar, depth - 1), part());
  }
}

std::string ExpressionWriter::linear_scalar(const std::vector<Symbol>& bases, int depth) {
  const auto of = [&](Rank rank) { return linear(bases, rank, depth - 1); };
  switch (random_.below(6)) {
    case 5:
      if (in_derivative_) return of(Rank::scalar);
      return differentiated("div({})", [&] { return of(Rank::vector); });
    case 0:
      return fmt::format("dot({}, {})", value(Rank::vector, depth - 1), of(Rank::vector));
    case 1:
      return fmt::format("inner({}, {})", of(Rank::matrix), value(Rank::matrix, depth - 1));
    case 2:
      return fmt::format("tr({})", of(Rank::matrix));
    case 3:
      return fmt::format("({})[{}]", of(Rank::vector), component());
    default:
      return fmt::format("({})[i]*({})[i]", of(Rank::vector), value(Rank::vector, depth - 1));
  }
}

std::string ExpressionWriter::linear_vector(const std::vector<Symbol>& bases, int depth) {
  const auto of = [&](Rank rank) { return linear(bases, rank, depth - 1); };
  switch (random_.below(5)) {
    case 4:
      if (in_derivative_) return of(Rank::vector);
      return differentiated("grad({})", [&] { return of(Rank::scalar); });
    case 0:
      return fmt::format("({})*{}", of(Rank::scalar), value(Rank::vector, depth - 1));
    case 1:
      return fmt::format("dot({}, {})", value(Rank::matrix, depth - 1), of(Rank::vector));
    case 2:
      return fmt::format("dot({}, {})", of(Rank::matrix), value(Rank::vector, depth - 1));
    default:
      return fmt::format("({})[:, {}]", of(Rank::matrix), component());
  }
}

std::string ExpressionWriter::linear_matrix(const std::vector<Symbol>& bases, int depth) {
  const auto of = [&](Rank rank) { return linear(bases, rank, depth - 1); };
  switch (random_.below(4)) {
    case 0:
      return fmt::format("({})*({})", of(Rank::scalar), value(Rank::matrix, depth - 1));
    case 1:
      // UFL's outer() conjugates its first operand.
      return fmt::format("transpose(outer({}, {}))", value(Rank::vector, depth - 1),
                         of(Rank::vector));
    case 2:
      return fmt::format("{}({})", unary_of_matrix(), of(Rank::matrix));
    default:
      return fmt::format("dot({}, {})", value(Rank::matrix, depth - 1), of(Rank::matrix));
  }
}

std::string ExpressionWriter::linear(const std::vector<Symbol>& bases, Rank rank, int depth) {
  if (depth <= 0 || random_.chance(25)) return linear_leaf(random_.pick(bases), rank);
  if (random_.chance(40)) return linear_sum(bases, rank, depth);
  switch (rank) {
    case Rank::scalar:
      return linear_scalar(bases, depth);
    case Rank::vector:
      return linear_vector(bases, depth);
    case Rank::matrix:
      return linear_matrix(bases, depth);
  }
  return "";
}

}  // namespace femsynth::testing
