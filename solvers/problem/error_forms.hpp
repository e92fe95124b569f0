#pragma once

#include "fem/form/form.hpp"
#include "solvers/problem/field.hpp"

namespace femsynth::solvers {

/// Two functionals of the discrete solution, coefficient number 0: `l2_error`, the integral of
/// |u − exact|², and `h1_error`, that of |grad(u − exact)|², by quadrature of degree 2k + 3 (k the
/// element's degree; at most max_form_degree). The error of that quadrature is of higher order than
/// the discretisation's.
fem::FormModule make_error_forms(const fem::Element& element, const Field& exact);

}  // namespace femsynth::solvers
