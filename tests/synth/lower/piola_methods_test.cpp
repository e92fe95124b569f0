// Sum factorisation of Piola-mapped functions on cells that are not affine.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/synth/lower/method_cases.hpp"

namespace femsynth::synth {
namespace {

using namespace fem;      // NOLINT: the algebra is this file's vocabulary
using namespace testing;  // NOLINT: cases and how they are run
using meshes::CellType;

constexpr IntegralKind kCell = IntegralKind::cell;
constexpr IntegralKind kFacet = IntegralKind::exterior_facet;
constexpr IntegralKind kBetween = IntegralKind::interior_facet;
constexpr Strategy kFree = Strategy::matrix_free;

Element rt(ElementRunner& r, int p) { return {Family::raviart_thomas, r.mesh.cell_type, p, {}}; }
Element n1curl(ElementRunner& r, int p) { return {Family::nedelec_first, r.mesh.cell_type, p, {}}; }
Element mixed(ElementRunner& r, std::vector<Element> parts) {
  return {.family = Family::mixed,
          .cell = r.mesh.cell_type,
          .degree = parts[0].degree,
          .parts = std::move(parts)};
}
/// Components first … first + n − 1 of a function.
ExprId part(ElementRunner& r, ExprId w, int first, int n) {
  ExprGraph& g = r.graph();
  if (n == 1) return indexed(g, w, {{false, first}});
  std::vector<ExprId> rows;
  for (int k = 0; k < n; ++k) rows.push_back(indexed(g, w, {{false, first + k}}));
  return list_tensor(g, rows);
}

ExprId mass_of(ElementRunner& r, const Element& e) {
  return inner(r.graph(), trial(r, e), test(r, e));
}
ExprId rt_mass(ElementRunner& r, int p) { return mass_of(r, rt(r, p)); }
ExprId curl_mass(ElementRunner& r, int p) { return mass_of(r, n1curl(r, p)); }

/// The scalar products of H(div) and H(curl).
ExprId div_product(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, rt(r, p)), v = test(r, rt(r, p));
  return add(g, inner(g, u, v), multiply(g, div(g, u), div(g, v)));
}
ExprId curl_product(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, n1curl(r, p)), v = test(r, n1curl(r, p));
  return add(g, inner(g, u, v), inner(g, curl(g, u), curl(g, v)));
}
/// Not symmetric: f u·v + k div u div v + div u v_0.
ExprId div_div(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, rt(r, p));
  const ExprId v = test(r, rt(r, p));
  const ExprId square = multiply(g, number(r, "k"), multiply(g, div(g, u), div(g, v)));
  return add(g, multiply(g, field(r, scalar(r, 1), "f"), inner(g, u, v)),
             add(g, square, multiply(g, div(g, u), indexed(g, v, {{false, 0}}))));
}
/// f u·v + curl u · curl v + (curl u)_0 v_1.
ExprId curl_curl(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, n1curl(r, p));
  const ExprId v = test(r, n1curl(r, p));
  const ExprId rot = curl(g, u);
  const ExprId first = r.mesh.dim() == 2 ? rot : indexed(g, rot, {{false, 0}});
  return add(g, multiply(g, field(r, scalar(r, 1), "f"), inner(g, u, v)),
             add(g, inner(g, rot, curl(g, v)), multiply(g, first, indexed(g, v, {{false, 1}}))));
}
/// Derivatives that are no divergence and no curl: ∂_k u_0 ∂_0 v_k + ∂_1 u_0 v_1 +
/// (∂_0 u_1 + ∂_1 u_0) (∂_0 v_0 − ∂_1 v_1).
ExprId gradients_of(ElementRunner& r, const Element& e) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, e);
  const ExprId v = test(r, e);
  const auto along = [&](ExprId w, int i, int k) {
    return derivative_along(g, indexed(g, w, {{false, i}}), {false, k});
  };
  ExprId sum = multiply(g, along(u, 0, 1), indexed(g, v, {{false, 1}}));
  for (int k = 0; k < r.mesh.dim(); ++k) {
    sum = add(g, sum, multiply(g, along(u, 0, k), along(v, k, 0)));
  }
  return add(g, sum,
             multiply(g, add(g, along(u, 1, 0), along(u, 0, 1)),
                      subtract(g, along(v, 0, 0), along(v, 1, 1))));
}
ExprId rt_gradients(ElementRunner& r, int p) { return gradients_of(r, rt(r, p)); }
ExprId curl_gradients(ElementRunner& r, int p) { return gradients_of(r, n1curl(r, p)); }

/// Darcy's flow: u·v − p div v + 2 q div u, RT with discontinuous pressures.
ExprId darcy(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const Element q{Family::discontinuous_lagrange, r.mesh.cell_type, p - 1, {}};
  const Element w = mixed(r, {rt(r, p), q});
  const int d = r.mesh.dim();
  const ExprId wu = trial(r, w);
  const ExprId wv = test(r, w);
  const ExprId u = part(r, wu, 0, d), v = part(r, wv, 0, d);
  return add(g, inner(g, u, v),
             subtract(g, multiply(g, real(g, 2), multiply(g, div(g, u), part(r, wv, d, 1))),
                      multiply(g, part(r, wu, d, 1), div(g, v))));
}
/// Both families and both sides: curl u · v, u in N1curl and v in RT (in the plane u · v).
ExprId both(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const int d = r.mesh.dim();
  const Element w = mixed(r, {n1curl(r, p), rt(r, p)});
  const ExprId u = part(r, trial(r, w), 0, d), v = part(r, test(r, w), d, d);
  return inner(g, d == 3 ? curl(g, u) : u, v);
}
/// A vector of rows in RT, two copies of a Piola-mapped element, coupled.
ExprId rows(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  Element e = rt(r, p);
  e.shape = {2};
  const ExprId u = trial(r, e), v = test(r, e);
  const auto entry = [&](ExprId w, int row) { return indexed(g, w, {{false, row}, {false, row}}); };
  return add(g, multiply(g, entry(u, 0), entry(v, 1)),
             add(g, inner(g, u, v), inner(g, div(g, u), div(g, v))));
}

/// f · v + div f div v + ∂_1 f_0 v_0 with f in RT.
ExprId load(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, rt(r, p), "f");
  const ExprId v = test(r, rt(r, p));
  const ExprId slope = derivative_along(g, indexed(g, f, {{false, 0}}), {false, 1});
  return add(
      g, inner(g, f, v),
      add(g, multiply(g, div(g, f), div(g, v)), multiply(g, slope, indexed(g, v, {{false, 0}}))));
}
ExprId curl_load(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, n1curl(r, p), "f");
  return add(g, inner(g, f, test(r, n1curl(r, p))),
             inner(g, curl(g, f), curl(g, test(r, n1curl(r, p)))));
}
ExprId energy(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, rt(r, p), "f");
  const ExprId h = field(r, n1curl(r, p), "h");
  return add(g, inner(g, f, h), multiply(g, div(g, f), inner(g, curl(g, h), curl(g, h))));
}

/// (u · n) (v · n) + b · v u_0.
ExprId normal_mass(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, rt(r, p)), v = test(r, rt(r, p));
  const ExprId n = facet_normal(g);
  const ExprId b = field(r, vector(r, 1), "b");
  return add(g, multiply(g, dot(g, u, n), dot(g, v, n)),
             multiply(g, dot(g, b, v), indexed(g, u, {{false, 0}})));
}
/// u · v − (u · n) (v · n), and a potential's gradient times v.
ExprId tangential(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const Element w = mixed(r, {n1curl(r, p), scalar(r, p)});
  const int d = r.mesh.dim();
  const ExprId wu = trial(r, w), wv = test(r, w);
  const ExprId u = part(r, wu, 0, d), v = part(r, wv, 0, d);
  const ExprId n = facet_normal(g);
  return add(g, subtract(g, inner(g, u, v), multiply(g, dot(g, u, n), dot(g, v, n))),
             dot(g, grad(g, part(r, wu, d, 1)), v));
}
ExprId divergence_at_facet(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId f = field(r, rt(r, p), "f");
  return multiply(g, add(g, div(g, f), indexed(g, f, {{false, 1}})),
                  dot(g, test(r, rt(r, p)), facet_normal(g)));
}
ExprId jumps(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, n1curl(r, p)), v = test(r, n1curl(r, p));
  const ExprId f = field(r, rt(r, p), "f");
  const auto jump = [&](ExprId w) { return subtract(g, restricted(g, w, 0), restricted(g, w, 1)); };
  return add(
      g, inner(g, jump(u), jump(v)),
      multiply(g, restricted(g, div(g, f), 1), inner(g, restricted(g, u, 0), restricted(g, v, 1))));
}
ExprId complex_maxwell(ElementRunner& r, int p) {
  ExprGraph& g = r.graph();
  const ExprId u = trial(r, n1curl(r, p)), v = test(r, n1curl(r, p));
  const ExprId k = number(r, "k");
  return subtract(g, inner(g, curl(g, u), curl(g, v)),
                  multiply(g, multiply(g, imaginary_unit(g), k), inner(g, u, v)));
}

class PiolaBySumFactorisation : public ::testing::TestWithParam<Case> {};

TEST_P(PiolaBySumFactorisation, ElementTensorsAreThoseOfQuadrature) {
  const Case& c = GetParam();
  for (int degree = 1; degree <= 3; ++degree) {
    expect_same(c, CellType::quadrilateral, degree, Method::sum_factorisation);
  }
  // Interpreted kernels are slow.
  const bool large = c.integrand == both || c.integrand == rows || c.integrand == tangential ||
                     c.integrand == jumps || c.integrand == complex_maxwell;
  for (int degree = 1; degree <= (c.integrand == load ? 3 : large ? 1 : 2); ++degree) {
    expect_same(c, CellType::hexahedron, degree, Method::sum_factorisation);
  }
}

TEST(PiolaMethod, MatricesByColumnsAreThoseOfQuadrature) {
  // Any rule shows it: few points are soon interpreted.
  for (Case c : {Case{"curl", curl_product}, Case{"darcy", darcy}}) {
    c.quadrature_degree = 3;
    expect_same(c, CellType::hexahedron, 3, Method::sum_factorisation);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, PiolaBySumFactorisation,
    ::testing::Values(
        Case{"rt_mass", rt_mass}, Case{"curl_mass", curl_mass}, Case{"div_div", div_div},
        Case{"curl_curl", curl_curl}, Case{"rt_gradients", rt_gradients},
        Case{"curl_gradients", curl_gradients}, Case{"darcy", darcy}, Case{"both", both},
        Case{"rows", rows}, Case{"load", load}, Case{"curl_load", curl_load},
        Case{"energy", energy}, Case{"matrix_free_darcy", darcy, kCell, kFree},
        Case{"matrix_free_curl_curl", curl_curl, kCell, kFree},
        Case{"matrix_free_gradients", curl_gradients, kCell, kFree},
        Case{"matrix_free_rows", rows, kCell, kFree}, Case{"normal_mass", normal_mass, kFacet},
        Case{"tangential", tangential, kFacet},
        Case{"divergence_at_facet", divergence_at_facet, kFacet},
        Case{"matrix_free_tangential", tangential, kFacet, kFree}, Case{"jumps", jumps, kBetween},
        Case{"matrix_free_jumps", jumps, kBetween, kFree},
        Case{"complex_maxwell", complex_maxwell, kCell, Strategy::element, Precision::c128}),
    [](const auto& form) { return std::string(form.param.name); });

// So that in single precision, too, they have the relative accuracy of quadrature's.
TEST(PiolaMethod, WhatVanishesOnAFacetIsZeroExactly) {
  const Case c{"rt_mass", rt_mass, kFacet};
  for (const CellType cell : {CellType::quadrilateral, CellType::hexahedron}) {
    const std::vector<double> expected = element_tensors(c, cell, 2, Method::quadrature);
    const std::vector<double> result = element_tensors(c, cell, 2, Method::sum_factorisation);
    ASSERT_EQ(result.size(), expected.size());
    std::size_t zeros = 0;
    for (std::size_t k = 0; k < expected.size(); ++k) {
      if (expected[k] != 0) continue;
      ++zeros;
      EXPECT_EQ(result[k], 0) << k;
    }
    EXPECT_GT(zeros, expected.size() / 4);
  }
}

TEST(PiolaMethod, DegreeSixOnHexahedraFits) {
  // Whole tables would have millions of numbers.
  for (ExprId (*integrand)(ElementRunner&, int) : {div_product, curl_product}) {
    ElementRunner runner(mesh_of(CellType::hexahedron));
    const Form form{"a", {{kCell, {}, {}, integrand(runner, 6), {1, 1}}}};
    const Program program = make_program(runner.module, form, runner.schedule);
    EXPECT_EQ(program.methods.at(0).method, Method::sum_factorisation);
    std::size_t entries = 0;
    for (const Table& table : program.ir.tables) entries += table.values.size();
    EXPECT_LT(entries, 20'000U);
  }
}

TEST(PiolaMethod, DerivativesOfArgumentsOnFacetsAreNot) {
  ElementRunner runner(mesh_of(CellType::quadrilateral));
  runner.schedule.method = Method::sum_factorisation;
  const Form form{"a", {{kFacet, {}, {}, div_div(runner, 2), {1, 1}}}};
  const MethodChoice choice = make_program(runner.module, form, runner.schedule).methods.at(0);
  EXPECT_EQ(choice.method, Method::quadrature);
  EXPECT_NE(choice.candidates.at(2).why_not.find("on facets"), std::string::npos);
}

}  // namespace
}  // namespace femsynth::synth
