#include <numbers>

#include "fem/form/differentiate.hpp"

// Derivatives of functions of scalars.
namespace femsynth::fem {
namespace {

/// DLMF 10.6.1 and 10.29.1: 𝒞_ν' = (𝒞_{ν−1} − 𝒞_{ν+1})/2 for J and Y, I_ν' = (I_{ν−1} + I_{ν+1})/2,
/// K_ν' = −(K_{ν−1} + K_{ν+1})/2; of order 0: −J_1, −Y_1, I_1, −K_1.
ExprId bessel_slope(TensorBuilder& build, ExprId id) {
  ExprGraph& g = build.graph();
  const Op op = g[id].op;
  const int order = g[id].number;
  const ExprId f = g[id].operands[0];
  const ExprId above = bessel(g, op, order + 1, f);
  if (order == 0) return op == Op::bessel_i ? above : build.minus(above);
  const ExprId below = bessel(g, op, order - 1, f);
  const bool modified = op == Op::bessel_i || op == Op::bessel_k;
  const ExprId sum = build.plus(below, modified ? above : build.minus(above));
  return build.scale(build.number(op == Op::bessel_k ? -0.5 : 0.5), sum);
}

}  // namespace

ExprId times_slope(TensorBuilder& build, ExprId id, ExprId df) {
  ExprGraph& g = build.graph();
  const Op op = g[id].op;
  const ExprId f = g[id].operands[0];
  const auto one_plus = [&](double sign, ExprId a) {
    return build.plus(build.number(1), build.scale(build.number(sign), build.scale(a, a)));
  };
  switch (op) {
    case Op::abs:
      return build.scale(function(g, Op::sign, f), df);
    case Op::sqrt:
      return build.quotient(df, build.scale(build.number(2), id));
    case Op::exp:
      return build.scale(id, df);
    case Op::ln:
      return build.quotient(df, f);
    case Op::sin:
      return build.scale(function(g, Op::cos, f), df);
    case Op::cos:
      return build.minus(build.scale(function(g, Op::sin, f), df));
    case Op::tan:
      return build.scale(one_plus(1, id), df);
    case Op::asin:
      return build.quotient(df, function(g, Op::sqrt, one_plus(-1, f)));
    case Op::acos:
      return build.minus(build.quotient(df, function(g, Op::sqrt, one_plus(-1, f))));
    case Op::atan:
      return build.quotient(df, one_plus(1, f));
    case Op::sinh:
      return build.scale(function(g, Op::cosh, f), df);
    case Op::cosh:
      return build.scale(function(g, Op::sinh, f), df);
    case Op::tanh:
      return build.scale(one_plus(-1, id), df);
    case Op::erf:
      return build.scale(build.scale(build.number(2 * std::numbers::inv_sqrtpi),
                                     function(g, Op::exp, build.minus(build.scale(f, f)))),
                         df);
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      return build.scale(bessel_slope(build, id), df);
    default:
      throw InternalError("derivatives: not a function of one scalar");
  }
}

ExprId times_base_slope(TensorBuilder& build, ExprId id, ExprId df) {
  ExprGraph& g = build.graph();
  const ExprId f = g[id].operands[0];
  const ExprId e = g[id].operands[1];
  const ExprId reduced = add(g, e, build.number(-1));
  return build.scale(build.scale(e, build.power_of(f, reduced)), df);
}

ExprId times_exponent_slope(TensorBuilder& build, ExprId id, ExprId de) {
  ExprGraph& g = build.graph();
  const ExprId logarithm = function(g, Op::ln, g[id].operands[0]);
  return build.scale(build.scale(id, logarithm), de);
}

}  // namespace femsynth::fem
