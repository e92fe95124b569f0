#pragma once

#include <string>
#include <vector>

#include "fem/form/form.hpp"

namespace femsynth::fem {

/// Integrals of a form over one domain with one quadrature rule, added up.
struct IntegralGroup {
  IntegralKind kind = IntegralKind::cell;
  std::vector<int> subdomains;  ///< ascending; empty: everywhere
  int degree = 0;               ///< quadrature degree; 0 where the scheme has none
  QuadratureScheme scheme{};    ///< that the form asks for, or of the quadrature element it reads
  bool of_element = false;      ///< it reads a function on a quadrature element, whose rule this is
  int estimated_degree = 0;     ///< what degree estimation says
  bool exact = false;           ///< integrand is a polynomial on affine cells, rule exact for it
  ExprId integrand{};           ///< derivatives applied to terminals; id in LoweredForm::graph
  /// Which of Form::integrals, as written, make up this group: that integral is to be evaluated
  /// with this group's quadrature rule where `exact` does not hold.
  std::vector<std::size_t> members;
};

}  // namespace femsynth::fem
