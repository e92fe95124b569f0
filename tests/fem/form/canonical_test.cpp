#include <gtest/gtest.h>

#include <map>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"

namespace femsynth::fem {
namespace {

constexpr Element scalar{Family::lagrange, meshes::CellType::triangle, 1, {}};
const Element vector{Family::lagrange, meshes::CellType::triangle, 1, {2}};

/// One point of weight 1/2.
QuadratureScheme given(std::vector<double> point) {
  return {"custom",
          std::make_shared<const QuadratureRule>(QuadratureRule{2, std::move(point), {0.5}})};
}

Form form_of(ExprId integrand) { return {"a", {Integral{.integrand = integrand}}}; }

TEST(CanonicalText, DoesNotDependOnNamesOrOrderOfCreation) {
  // f·grad(g) + g² once with f made first, once with g made first and other nodes between.
  const auto build = [](bool f_first) {
    ExprGraph g(meshes::CellType::triangle);
    ExprId f{};
    ExprId h{};
    if (f_first) {
      f = coefficient(g, scalar, "f");
      h = coefficient(g, scalar, "g");
    } else {
      spatial_coordinate(g);
      coefficient(g, vector);
      h = coefficient(g, scalar, "alpha");
      multiply(g, h, h);
      f = coefficient(g, scalar, "beta");
    }
    const ExprId x = multiply(g, f, indexed(g, grad(g, h), {{false, 0}}));
    const ExprId y = multiply(g, h, h);
    return canonical_text(g, form_of(f_first ? add(g, x, y) : add(g, y, x)));
  };
  EXPECT_EQ(build(true), build(false));
}

TEST(CanonicalText, DoesNotDependOnTheLabelsOfIndices) {
  const auto build = [](std::int32_t skip, bool swapped) {
    ExprGraph g(meshes::CellType::triangle);
    for (std::int32_t k = 0; k < skip; ++k) g.new_label();
    std::int32_t i = g.new_label();
    std::int32_t j = g.new_label();
    if (swapped) std::swap(i, j);
    const ExprId v = coefficient(g, vector);
    const ExprId A = grad(g, v);
    const ExprId entry = indexed(g, A, {{true, i}, {true, j}});
    const ExprId other = multiply(g, indexed(g, v, {{true, i}}), indexed(g, v, {{true, j}}));
    return canonical_text(g, form_of(multiply(g, entry, other)));
  };
  EXPECT_EQ(build(0, false), build(5, false));
  EXPECT_EQ(build(0, false), build(3, true));
}

TEST(CanonicalText, DoesNotDependOnTheOrderOfIntegrals) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, scalar);
  const Integral inside{.integrand = f};
  const Integral outside{.kind = IntegralKind::exterior_facet, .integrand = multiply(g, f, f)};
  EXPECT_EQ(canonical_text(g, {"a", {inside, outside}}),
            canonical_text(g, {"b", {outside, inside}}));
}

TEST(CanonicalText, DiffersForDifferentForms) {
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, scalar);
  const ExprId h = coefficient(g, scalar);
  const ExprId v = coefficient(g, vector);
  const ExprId c = constant(g);
  const std::int32_t i = g.new_label();
  const std::int32_t j = g.new_label();
  const ExprId A = grad(g, v);
  const auto entry = [&](std::int32_t r, std::int32_t s) {
    return indexed(g, A, {{true, r}, {true, s}});
  };
  const Integral plain{.integrand = f};
  const std::vector<Form> forms = {
      form_of(f),
      form_of(c),
      form_of(argument(g, 0, scalar)),
      form_of(argument(g, 1, scalar)),
      form_of(multiply(g, f, f)),
      form_of(multiply(g, f, h)),
      form_of(multiply(g, f, c)),
      form_of(divide(g, f, h)),
      form_of(power(g, f, real(g, 2))),
      form_of(power(g, f, real(g, 3))),
      form_of(multiply(g, entry(i, j), entry(i, j))),
      form_of(multiply(g, entry(i, j), entry(j, i))),
      form_of(indexed(g, v, {{false, 0}})),
      form_of(indexed(g, v, {{false, 1}})),
      form_of(add(g, multiply(g, f, f), h)),
      form_of(add(g, multiply(g, f, f), f)),
      {"a", {plain, plain}},
      {"a", {Integral{.subdomains = {1}, .integrand = f}}},
      {"a", {Integral{.degree = 2, .integrand = f}}},
      {"a", {Integral{.integrand = f, .scheme = {"gll", {}}}}},
      {"a", {Integral{.integrand = f, .scheme = {"vertex", {}}}}},
      {"a", {Integral{.integrand = f, .scheme = given({0.5, 0.25})}}},
      {"a", {Integral{.integrand = f, .scheme = given({0.25, 0.5})}}},
      {"a", {Integral{.kind = IntegralKind::exterior_facet, .integrand = f}}},
  };
  std::map<std::string, std::size_t> seen;
  for (std::size_t k = 0; k < forms.size(); ++k) {
    const auto [other, is_new] = seen.emplace(canonical_text(g, forms[k]), k);
    EXPECT_TRUE(is_new) << "forms " << other->second << " and " << k;
  }
}

TEST(CanonicalText, TellsSymmetricUsesOfCoefficientsApart) {
  // f·f_x + g·g_x and f·g_x + g·f_x have the same parts, joined otherwise.
  ExprGraph g(meshes::CellType::triangle);
  const ExprId f = coefficient(g, scalar);
  const ExprId h = coefficient(g, scalar);
  const auto dx = [&g](ExprId e) { return derivative_along(g, e, {false, 0}); };
  const ExprId same = add(g, multiply(g, f, dx(f)), multiply(g, h, dx(h)));
  const ExprId crossed = add(g, multiply(g, f, dx(h)), multiply(g, h, dx(f)));
  EXPECT_NE(canonical_text(g, form_of(same)), canonical_text(g, form_of(crossed)));
}

TEST(CanonicalText, IsLinearInSharedNodes) {
  ExprGraph g(meshes::CellType::triangle);
  ExprId f = coefficient(g, scalar);
  for (int k = 0; k < 200; ++k) f = add(g, f, multiply(g, f, f));  // 2^200 terms
  EXPECT_LT(canonical_text(g, form_of(f)).size(), 20'000U);
}

}  // namespace
}  // namespace femsynth::fem
