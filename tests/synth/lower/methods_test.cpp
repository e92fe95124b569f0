// Element tensors do not depend on the way of summing them up.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/synth/lower/method_cases.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using namespace testing;  // NOLINT: cases and how they are run

ExprId mass(ElementRunner& r, int p) {
  return multiply(r.graph(), trial(r, scalar(r, p)), test(r, scalar(r, p)));
}
ExprId laplace(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  return inner(g, grad(g, trial(r, scalar(r, p))), grad(g, test(r, scalar(r, p))));
}
ExprId vector_laplace(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  return inner(g, grad(g, trial(r, vector(r, p))), grad(g, test(r, vector(r, p))));
}
ExprId elasticity(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, vector(r, p));
  const ExprId v = test(r, vector(r, p));
  const auto strain = [&](ExprId w) { return matrix_operator(g, Op::sym, grad(g, w)); };
  return add(g, multiply(g, number(r, "mu"), inner(g, strain(u), strain(v))),
             multiply(g, number(r, "lmbda"), multiply(g, div(g, u), div(g, v))));
}
/// Not symmetric: the jets of test and trial function are different.
ExprId advection(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, scalar(r, p));
  const ExprId v = test(r, scalar(r, p));
  ExprId sum = multiply(g, u, v);
  for (int k = 0; k < r.mesh.dim(); ++k) {
    const ExprId du = derivative_along(g, u, {false, k});
    sum = add(g, sum, multiply(g, real(g, 1.0 + k), multiply(g, du, v)));
    const ExprId dv = derivative_along(g, v, {false, 0});
    sum = add(g, sum, multiply(g, real(g, 3.0 - k), multiply(g, du, dv)));
  }
  return sum;
}
/// A matrix of full rank between derivatives: a(u, v) = Σ_kl (k + 2 l + 1) ∂_k u ∂_l v.
ExprId skew_diffusion(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, scalar(r, p));
  const ExprId v = test(r, scalar(r, p));
  ExprId sum = zero(g);
  for (int k = 0; k < r.mesh.dim(); ++k) {
    for (int l = 0; l < r.mesh.dim(); ++l) {
      sum = add(g, sum,
                multiply(g, real(g, 1.0 + k + 2.0 * l),
                         multiply(g, derivative_along(g, u, {false, k}),
                                  derivative_along(g, v, {false, l}))));
    }
  }
  return sum;
}
ExprId stokes(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const Element w{.family = Family::mixed,
                  .cell = r.mesh.cell_type,
                  .degree = p + 1,
                  .parts = {vector(r, p + 1), scalar(r, p)}};
  const int d = r.mesh.dim();
  const ExprId wu = trial(r, w);
  const ExprId wv = test(r, w);
  const auto at = [&](ExprId a, int k) { return indexed(g, a, {{false, k}}); };
  const auto along = [&](ExprId a, int k) { return derivative_along(g, a, {false, k}); };
  ExprId sum = zero(g);
  for (int k = 0; k < d; ++k) {
    for (int l = 0; l < d; ++l) {
      sum = add(g, sum, multiply(g, along(at(wu, k), l), along(at(wv, k), l)));
    }
    sum = subtract(g, sum, multiply(g, at(wu, d), along(at(wv, k), k)));
    sum = add(g, sum, multiply(g, real(g, 2), multiply(g, along(at(wu, k), k), at(wv, d))));
  }
  return sum;
}
/// (b · ∇u) v c with fields b and c.
ExprId convection(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId b = field(r, vector(r, 1), "b");
  const ExprId c = field(r, scalar(r, 2), "c");
  const ExprId du = grad(g, trial(r, scalar(r, p)));
  return multiply(g, multiply(g, dot(g, b, du), test(r, scalar(r, p))), c);
}
ExprId cellwise_diffusion(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const Element constant_in_cell{Family::discontinuous_lagrange, r.mesh.cell_type, 0, {}};
  return multiply(g, field(r, constant_in_cell, "k"), laplace(r, p));
}
/// ∇c · ∇u v + |∇c|² ∇u · ∇v, ∇c the same in a simplex.
ExprId diffusion_by_gradient(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId dc = grad(g, field(r, scalar(r, 1), "c"));
  const ExprId u = trial(r, scalar(r, p));
  const ExprId v = test(r, scalar(r, p));
  return add(g, multiply(g, dot(g, dc, grad(g, u)), v),
             multiply(g, inner(g, dc, dc), inner(g, grad(g, u), grad(g, v))));
}
ExprId linear_form(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, vector(r, 2), "f");
  const ExprId v = test(r, vector(r, p));
  return add(g, inner(g, f, v), multiply(g, div(g, f), div(g, v)));
}
ExprId plain_load(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId v = test(r, scalar(r, p));
  return add(g, multiply(g, number(r, "f"), v), derivative_along(g, v, {false, 1}));
}
ExprId energy(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = field(r, vector(r, p), "u");
  const ExprId square = inner(g, grad(g, u), grad(g, u));
  return add(g, multiply(g, square, square), power(g, inner(g, u, u), real(g, 1.5)));
}
ExprId with_normal(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, scalar(r, p));
  const ExprId v = test(r, scalar(r, p));
  const ExprId n = facet_normal(g);
  const ExprId b = field(r, vector(r, 1), "b");
  const ExprId flux = multiply(g, dot(g, grad(g, u), n), v);
  return subtract(g, multiply(g, dot(g, b, n), multiply(g, u, v)),
                  add(g, flux, multiply(g, dot(g, grad(g, v), b), u)));
}
ExprId traction(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, vector(r, 2), "f");
  const ExprId v = test(r, vector(r, p));
  return add(g, inner(g, f, v), inner(g, dot(g, grad(g, v), facet_normal(g)), f));
}
ExprId outflow(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, vector(r, p), "f");
  return multiply(g, dot(g, f, facet_normal(g)), div(g, f));
}

/// Jumps and averages of values and gradients, as interior penalties have them.
ExprId interior_penalty(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, scalar(r, p));
  const ExprId v = test(r, scalar(r, p));
  const ExprId b = field(r, vector(r, 1), "b");
  const ExprId n = restricted(g, facet_normal(g), 0);
  const auto jump = [&](ExprId w) { return subtract(g, restricted(g, w, 0), restricted(g, w, 1)); };
  const auto flux = [&](ExprId w, int side) { return dot(g, restricted(g, grad(g, w), side), n); };
  const ExprId wind = dot(g, restricted(g, b, 1), n);
  const ExprId stiff = multiply(g, flux(u, 0), restricted(g, v, 1));
  const ExprId adjoint = multiply(g, jump(u), flux(v, 1));
  return add(g, multiply(g, wind, multiply(g, jump(u), jump(v))), subtract(g, stiff, adjoint));
}
ExprId jump_load(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId v = test(r, vector(r, p));
  const ExprId f = field(r, vector(r, 2), "f");
  return add(g, inner(g, restricted(g, f, 1), restricted(g, v, 0)),
             multiply(g, restricted(g, div(g, f), 0), restricted(g, div(g, v), 1)));
}
/// A complex form: (f + i g) ∇u·∇v̄ + i k u v̄.
ExprId helmholtz(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, scalar(r, p));
  const ExprId v = test(r, scalar(r, p));
  const ExprId f = field(r, scalar(r, 1), "f");
  const ExprId k = number(r, "k");
  const ExprId waves = multiply(g, multiply(g, imaginary_unit(g), k), inner(g, u, v));
  return add(g, multiply(g, f, inner(g, grad(g, u), grad(g, v))), waves);
}
ExprId complex_load(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, scalar(r, p), "f");
  return inner(g, multiply(g, imaginary_unit(g), grad(g, f)), grad(g, test(r, scalar(r, p))));
}
ExprId complex_energy(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, scalar(r, p), "f");
  return add(g, multiply(g, f, f), inner(g, grad(g, f), grad(g, f)));
}

/// Derivatives of order n of u, and of order n − 1 of v, with what is constant in a cell between.
ExprId of_order(ElementRunner& r, int order, int p) {
  ExprGraph& g = r.graph();
  const Element element = scalar(r, std::max(p, order));
  const ExprId hessian = grad(g, grad(g, field(r, scalar(r, 2), "f")));
  const ExprId b = dot(g, hessian, grad(g, field(r, scalar(r, 1), "c")));
  ExprId v = test(r, element);
  for (int k = 1; k < order; ++k) v = grad(g, v);
  ExprId u = trial(r, element);
  for (int k = 0; k < order; ++k) u = grad(g, u);
  return inner(g, dot(g, u, b), v);
}
ExprId second_derivatives(ElementRunner& r, int p) { return of_order(r, 2, p); }
ExprId third_derivatives(ElementRunner& r, int p) { return of_order(r, 3, p); }
ExprId fourth_derivatives(ElementRunner& r, int p) { return of_order(r, 4, p); }

constexpr CellType kSimplices[] = {CellType::triangle, CellType::tetrahedron};
constexpr CellType kCubes[] = {CellType::quadrilateral, CellType::hexahedron};

constexpr IntegralKind kCell = IntegralKind::cell;
constexpr IntegralKind kFacet = IntegralKind::exterior_facet;
constexpr IntegralKind kBetween = IntegralKind::interior_facet;

class ByReferenceTensor : public ::testing::TestWithParam<Case> {};

TEST_P(ByReferenceTensor, ElementTensorsAreThoseOfQuadrature) {
  for (const CellType cell : kSimplices) {
    for (int degree = 1; degree <= 3; ++degree) {
      // Larger matrices are made by columns.
      if (cell == CellType::tetrahedron && degree > 1 && GetParam().integrand == stokes) continue;
      expect_same(GetParam(), cell, degree, Method::reference_tensor);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ByReferenceTensor,
    ::testing::Values(Case{"mass", mass}, Case{"laplace", laplace},
                      Case{"vector_laplace", vector_laplace}, Case{"elasticity", elasticity},
                      Case{"advection", advection}, Case{"skew_diffusion", skew_diffusion},
                      Case{"stokes", stokes}, Case{"cellwise_diffusion", cellwise_diffusion},
                      Case{"diffusion_by_gradient", diffusion_by_gradient},
                      Case{"second_derivatives", second_derivatives},
                      Case{"third_derivatives", third_derivatives},
                      Case{"fourth_derivatives", fourth_derivatives}),
    [](const auto& form) { return std::string(form.param.name); });

class BySumFactorisation : public ::testing::TestWithParam<Case> {};

TEST_P(BySumFactorisation, ElementTensorsAreThoseOfQuadrature) {
  const bool blocks = GetParam().integrand == vector_laplace ||
                      GetParam().integrand == elasticity || GetParam().integrand == stokes;
  for (const CellType cell : kCubes) {
    const bool large = blocks || GetParam().kind != kCell || GetParam().precision != Precision::f64;
    const int most = cell == CellType::quadrilateral ? 4 : large ? 2 : 3;
    for (int degree = 1; degree <= most; ++degree) {
      if (cell == CellType::hexahedron && degree > 1 && GetParam().integrand == stokes) continue;
      expect_same(GetParam(), cell, degree, Method::sum_factorisation);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, BySumFactorisation,
    ::testing::Values(
        Case{"mass", mass}, Case{"laplace", laplace}, Case{"vector_laplace", vector_laplace},
        Case{"elasticity", elasticity}, Case{"advection", advection},
        Case{"skew_diffusion", skew_diffusion}, Case{"stokes", stokes},
        Case{"convection", convection}, Case{"cellwise_diffusion", cellwise_diffusion},
        Case{"linear_form", linear_form}, Case{"plain_load", plain_load}, Case{"energy", energy},
        Case{"matrix_free_convection", convection, IntegralKind::cell, Strategy::matrix_free},
        Case{"matrix_free_elasticity", elasticity, IntegralKind::cell, Strategy::matrix_free},
        Case{"matrix_free_stokes", stokes, IntegralKind::cell, Strategy::matrix_free},
        Case{"boundary_mass", mass, kFacet}, Case{"boundary_advection", advection, kFacet},
        Case{"with_normal", with_normal, kFacet}, Case{"traction", traction, kFacet},
        Case{"outflow", outflow, kFacet}, Case{"interior_penalty", interior_penalty, kBetween},
        Case{"jump_load", jump_load, kBetween},
        Case{"matrix_free_penalty", interior_penalty, kBetween, Strategy::matrix_free},
        Case{"helmholtz", helmholtz, kCell, Strategy::element, Precision::c128},
        Case{"complex_load", complex_load, kCell, Strategy::element, Precision::c128},
        Case{"complex_energy", complex_energy, kCell, Strategy::element, Precision::c128},
        Case{"matrix_free_helmholtz", helmholtz, kCell, Strategy::matrix_free, Precision::c128},
        Case{"complex_boundary", helmholtz, kFacet, Strategy::element, Precision::c128},
        Case{"matrix_free_with_normal", with_normal, kFacet, Strategy::matrix_free}),
    [](const auto& form) { return std::string(form.param.name); });

TEST(ChosenMethod, IsTheOneOfTheFewestOperationsUnlessItsSourceIsMuchLonger) {
  struct Wanted {
    CellType cell;
    int degree;
    Method method;
  };
  for (const Wanted& w : {Wanted{CellType::tetrahedron, 1, Method::quadrature},
                          Wanted{CellType::tetrahedron, 2, Method::reference_tensor},
                          Wanted{CellType::triangle, 3, Method::reference_tensor},
                          Wanted{CellType::hexahedron, 1, Method::quadrature},
                          Wanted{CellType::hexahedron, 2, Method::sum_factorisation},
                          Wanted{CellType::hexahedron, 4, Method::sum_factorisation}}) {
    SCOPED_TRACE(fmt::format("{} {}", meshes::name_of(w.cell), w.degree));
    ElementRunner runner(mesh_of(w.cell));
    const Form form{"a", {{kCell, {}, {}, laplace(runner, w.degree), {1, 1}}}};
    const MethodChoice choice = make_program(runner.module, form, runner.schedule).methods.at(0);
    EXPECT_EQ(choice.method, w.method) << choice.reason;
    ASSERT_EQ(choice.candidates.size(), 3U);
    const auto chosen =
        std::find_if(choice.candidates.begin(), choice.candidates.end(),
                     [&](const MethodCandidate& c) { return c.method == choice.method; });
    for (const MethodCandidate& c : choice.candidates) {
      // A tenth more is as good where the source is shorter.
      if (c.why_not.empty()) {
        EXPECT_LE(chosen->flops, 1.1 * c.flops) << name_of(c.method);
      }
    }
  }
}

TEST(ChosenMethod, FormsOfDegreeSixOnHexahedraFit) {
  // Whole tables would have 343 × 512 × 3 numbers.
  for (ExprId (*integrand)(ElementRunner&, int) : {mass, laplace, vector_laplace}) {
    ElementRunner runner(mesh_of(CellType::hexahedron));
    const Form form{"a", {{kCell, {}, {}, integrand(runner, 6), {1, 1}}}};
    const Program program = make_program(runner.module, form, runner.schedule);
    EXPECT_EQ(program.methods.at(0).method, Method::sum_factorisation);
    EXPECT_EQ(program.methods.at(0).columns, 343);
    std::size_t entries = 0;
    for (const Table& table : program.ir.tables) entries += table.values.size();
    EXPECT_LT(entries, 20'000U);
  }
}

TEST(ChosenMethod, SumFactorisationDoesNotApplyWhereItsArraysExceedLocalMemory) {
  ElementRunner runner(mesh_of(CellType::hexahedron));
  runner.schedule.method = Method::sum_factorisation;
  const Form form{"a", {{kCell, {}, 20, elasticity(runner, 3), {1, 1}}}};
  const MethodChoice choice = make_program(runner.module, form, runner.schedule).methods.at(0);
  EXPECT_EQ(choice.method, Method::quadrature);
  EXPECT_NE(choice.candidates.at(2).why_not.find("KiB a thread"), std::string::npos)
      << choice.reason;
}

}  // namespace
}  // namespace femsynth::synth
