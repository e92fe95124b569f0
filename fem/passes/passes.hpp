#pragma once

#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/passes/integrals.hpp"

/// The passes from a form as written to integrals that can be lowered, one file each.
namespace femsynth::fem {

/// What a pass works on: the form's graph grows, its integrals are rewritten.
struct PassState {
  const FormModule& module;           ///< for messages: path and source
  ExprGraph graph;                    ///< a copy of the module's; ids of the module stay valid
  Form form;                          ///< as rewritten so far
  std::vector<IntegralGroup> groups;  ///< filled by estimate_degrees, merged by group_integrals
  bool complex = false;               ///< are values complex?
};

/// Gives inner() and outer() their meaning: afterwards both are bilinear, and no inner() of
/// scalars is left. In a real form conj() and real() are identities and imag() is 0; in a complex
/// one inner(a, b) becomes inner(a, conj(b)), outer(a, b) becomes outer(conj(a), b), and order
/// relations take the real parts of what must be real. Throws LocatedError at a complex number in
/// a real form, and at a comparison of complex values.
void lower_complex(PassState& state);
/// Expands all derivatives: afterwards `grad` stands only on arguments and coefficients (and on
/// their gradients), and div, curl, derivatives by functions and variables, and variables are gone.
/// Throws LocatedError for what has no derivative.
void apply_derivatives(PassState& state);
/// Checks that every integrand is linear in each argument and has all of them, and in a complex
/// form that it conjugates the test function alone. Changes nothing. Throws LocatedError at the
/// node where linearity breaks.
void check_arity(PassState& state);
/// Pushes restrictions to the sides of interior facets down to arguments, coefficients, geometry
/// and gradients. Throws LocatedError where one is missing in dS, or stands in another integral.
void apply_restrictions(PassState& state);
/// Fills `groups`, one an integral, with UFL's estimate of the quadrature degree (Alnæs et al.
/// 2014, §6.4), or the degree that the form asks for. Throws LocatedError above max_degree.
void estimate_degrees(PassState& state);
/// Adds up the integrals that share domain and degree, in order of first occurrence.
void group_integrals(PassState& state);

/// Largest quadrature degree that is taken.
constexpr int max_form_degree = 30;

/// A pass: its name, and the function that does it.
struct Pass {
  const char* name;
  void (*run)(PassState&);
};
/// All of them, in order.
const std::vector<Pass>& passes();

/// Seconds that each pass took.
struct PassTiming {
  std::string name;
  double seconds = 0;
};

/// A form after all passes. The graph holds the module's nodes under their ids, and more.
struct LoweredForm {
  ExprGraph graph;
  std::vector<IntegralGroup> groups;
  std::vector<PassTiming> timings;
};

/// Runs all passes on a form, taken as real or as complex.
LoweredForm run_passes(const FormModule& module, const Form& form, bool complex = false);

/// Degree as a polynomial on an affine cell, −1 if it is none: on simplices the total degree, on
/// other cells the degree in each reference coordinate (of prisms in the triangle's together, of
/// pyramids in those of the collapsed cube). It is an upper bound: cell_quadrature's rules of this
/// degree are exact. The factor |det J|, constant on affine cells, is not counted.
int polynomial_degree(const ExprGraph& graph, ExprId id);

}  // namespace femsynth::fem
