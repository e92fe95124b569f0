#include "fem/form/geometry_derivative.hpp"

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {

using Q = GeometricQuantity;

ExprId GeometryDerivative::quantity(Q which) { return geometric_quantity(build_.graph(), which); }

ExprId GeometryDerivative::along(Q gradient) {
  return dot(quantity(gradient), build_.last_fixed(quantity(Q::jacobian_inverse), k_));
}

ExprId GeometryDerivative::of_jacobian() { return along(Q::jacobian_gradient); }

ExprId GeometryDerivative::of_facet_jacobian() {
  return dot(of_jacobian(), quantity(Q::cell_facet_jacobian));
}

ExprId GeometryDerivative::of_inverse(ExprId K, ExprId J, ExprId dJ) {
  const ExprId inner = build_.minus(dot(dot(K, dJ), K));
  const Shape shape = build_[J].shape;
  if (shape[0] == shape[1]) return inner;
  const ExprId normal = minus(identity(build_.graph(), shape[0]), dot(J, K));
  return build_.plus(inner, dot(dot(dot(K, transposed(K)), transposed(dJ)), normal));
}

ExprId GeometryDerivative::of_determinant(ExprId det, ExprId K, ExprId dJ) {
  return build_.scale(det, build_.linear(Op::trace, dot(K, dJ)));
}

ExprId GeometryDerivative::of_normal() {
  const ExprId n = facet_normal(build_.graph());
  const ExprId J = quantity(Q::jacobian);
  const ExprId dK = of_inverse(quantity(Q::jacobian_inverse), J, of_jacobian());
  const ExprId v = dot(dot(n, J), dK);
  return minus(v, build_.scale(dot(n, v), n));
}

ExprId GeometryDerivative::of(Q which) {
  switch (which) {
    case Q::jacobian:
      return of_jacobian();
    case Q::jacobian_gradient:
      return along(Q::jacobian_hessian);
    case Q::jacobian_hessian:
      throw InputError(
          "a third derivative of the Jacobian, or of what is made of it: at most two are taken");
    case Q::jacobian_inverse:
      return of_inverse(quantity(which), quantity(Q::jacobian), of_jacobian());
    case Q::jacobian_determinant:
      return of_determinant(quantity(which), quantity(Q::jacobian_inverse), of_jacobian());
    case Q::facet_jacobian:
      return of_facet_jacobian();
    case Q::facet_jacobian_inverse:
      return of_inverse(quantity(which), quantity(Q::facet_jacobian), of_facet_jacobian());
    case Q::facet_jacobian_determinant:
      return of_determinant(quantity(which), quantity(Q::facet_jacobian_inverse),
                            of_facet_jacobian());
    case Q::cell_normal: {
      const ExprId along_normal = dot(quantity(which), of_jacobian());
      return build_.minus(dot(along_normal, quantity(Q::jacobian_inverse)));
    }
    default:
      throw InternalError("the derivative of a geometric quantity that does not vary");
  }
}

}  // namespace femsynth::fem
