#include <gtest/gtest.h>

#include <cmath>

#include "meshes/geometry.hpp"
#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"
#include "oracle.hpp"

/// The oracle's derivatives of functions to order 4 against closed forms: the function is a
/// polynomial of known coordinates, which on these meshes are simple functions of x.
namespace femsynth::solvers {
namespace {

using fem::Element;
using fem::ExprGraph;
using fem::ExprId;
using fem::Family;
using fem::IntegralKind;

ExprId component(ExprGraph& g, ExprId v, int i) { return fem::indexed(g, v, {{false, i}}); }
ExprId times(ExprGraph& g, double factor, ExprId a) {
  return fem::multiply(g, fem::real(g, factor), a);
}
ExprId plus(ExprGraph& g, ExprId a, ExprId b) { return fem::add(g, a, b); }
ExprId minus(ExprGraph& g, ExprId a, ExprId b) { return fem::add(g, a, fem::negate(g, b)); }

/// x_0⁴ − 2 x_0² x_1² + x_1³ x_2 + x_0 x_1 x_2² − x_2³/2 of the first n coordinates, the others 0.
double polynomial(const std::array<double, 3>& x) {
  return std::pow(x[0], 4) - 2.0 * std::pow(x[0] * x[1], 2) + std::pow(x[1], 3) * x[2] +
         x[0] * x[1] * x[2] * x[2] - 0.5 * std::pow(x[2], 3);
}
ExprId polynomial(ExprGraph& g, const std::vector<ExprId>& x) {
  const auto product = [&](std::initializer_list<int> factors) {
    ExprId result = fem::real(g, 1.0);
    for (const int i : factors) {
      if (i >= static_cast<int>(x.size())) return fem::real(g, 0.0);
      result = fem::multiply(g, result, x[static_cast<std::size_t>(i)]);
    }
    return result;
  };
  ExprId sum = minus(g, product({0, 0, 0, 0}), times(g, 2.0, product({0, 0, 1, 1})));
  sum = plus(g, sum, plus(g, product({1, 1, 1, 2}), product({0, 1, 2, 2})));
  return minus(g, sum, times(g, 0.5, product({2, 2, 2})));
}

ExprId gradient(ExprGraph& g, ExprId f, int order) {
  for (int k = 0; k < order; ++k) f = fem::grad(g, f);
  return f;
}

/// C · e with a tensor C of fixed numbers.
ExprId contracted(Case& c, ExprId e) {
  const fem::Shape shape = c.graph[e].shape;
  const auto size = static_cast<std::size_t>(fem::size_of(shape));
  return fem::inner(c.graph, c.constant(shape, random_values(size, 8)), e);
}

/// Expects ∫ C · found = ∫ C · expected.
void expect_equal(const std::function<std::pair<ExprId, ExprId>(Case&)>& make,
                  const meshes::Mesh& mesh, IntegralKind kind, const std::string& what) {
  std::array<ReferenceValues, 2> values;
  for (const bool second : {false, true}) {
    Case c(mesh);
    const auto [found, expected] = make(c);
    c.add(contracted(c, second ? expected : found), given_rule(mesh.cell_type, kind, 3), kind);
    values[second] = c.vector();
  }
  EXPECT_NEAR(values[0].value[0], values[1].value[0], values[0].bound[0] + values[1].bound[0])
      << what;
  EXPECT_GT(std::abs(values[1].value[0]), 1e3 * values[0].bound[0]) << what;
}

/// Moves every geometry node: to(x) where a mesh of straight cells has it.
void move_nodes(meshes::Mesh& mesh, const std::function<void(double*)>& to) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  const auto t = static_cast<std::size_t>(mesh.topological_dim());
  std::vector<double> moved = mesh.coordinates;
  const std::vector<double> X = meshes::geometry_points(mesh.cell_type, mesh.geometry_degree);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto nodes = mesh.geometry(c);
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      double* const x = &moved[static_cast<std::size_t>(nodes[k]) * d];
      std::fill_n(x, d, 0.0);
      const auto phi = meshes::vertex_basis(mesh.cell_type, &X[k * t]);
      for (std::size_t v = 0; v < mesh.cell(c).size(); ++v) {
        const auto vertex = mesh.vertex(static_cast<std::size_t>(mesh.cell(c)[v]));
        for (std::size_t i = 0; i < d; ++i) x[i] += phi[v] * vertex[i];
      }
      to(x);
    }
  }
  mesh.coordinates = moved;
}

/// A basis with nodes that every cell has.
Element quartic(meshes::CellType cell) {
  Element element{Family::lagrange, cell, 4, {}};
  element.lagrange_variant = fem::LagrangeVariant::equispaced;
  return element;
}

/// Meshes whose coordinates are ξ_0 + c ξ_1², ξ_1, ξ_2 with those ξ of a mesh of straight cells.
struct Flat {
  const char* mesh;
  double bend;
};

class HighDerivatives : public testing::TestWithParam<Flat> {
 protected:
  static meshes::Mesh mesh() {
    auto result = meshes::generate_mesh(GetParam().mesh, {0.0, 1, false});
    move_nodes(result, [](double* x) {
      if (GetParam().bend != 0.0) x[0] += GetParam().bend * x[1] * x[1];
    });
    return result;
  }
  /// The function and what it is of x.
  static std::pair<ExprId, ExprId> function(Case& c) {
    const int d = c.mesh.dim();
    const double bend = GetParam().bend;
    const ExprId f = c.interpolated(quartic(c.mesh.cell_type), [&](const double* x, int) {
      std::array<double, 3> xi{};
      std::copy_n(x, d, xi.begin());
      if (bend != 0.0) xi[0] -= bend * x[1] * x[1];
      return polynomial(xi);
    });
    auto& g = c.graph;
    std::vector<ExprId> xi;
    for (int i = 0; i < d; ++i) xi.push_back(component(g, fem::spatial_coordinate(g), i));
    if (bend != 0.0) xi[0] = minus(g, xi[0], times(g, bend, fem::multiply(g, xi[1], xi[1])));
    return {f, polynomial(g, xi)};
  }
};

TEST_P(HighDerivatives, AreThoseOfTheFunctionOfX) {
  for (int order = 1; order <= 4; ++order) {
    expect_equal(
        [&](Case& c) {
          const auto [f, p] = function(c);
          return std::pair{gradient(c.graph, f, order), gradient(c.graph, p, order)};
        },
        mesh(), IntegralKind::cell, std::to_string(order));
  }
}

TEST_P(HighDerivatives, AreThoseOfTheFunctionOfXOnBothSidesOfFacets) {
  for (int order = 3; order <= 4; ++order) {
    for (const int side : {0, 1}) {
      expect_equal(
          [&](Case& c) {
            const auto [f, p] = function(c);
            return std::pair{fem::restricted(c.graph, gradient(c.graph, f, order), side),
                             fem::restricted(c.graph, gradient(c.graph, p, order), side)};
          },
          mesh(), IntegralKind::interior_facet, std::to_string(order) + "+-"[side]);
    }
  }
}

TEST_P(HighDerivatives, OfOrderFiveAreRefused) {
  Case c(mesh());
  const auto [f, p] = function(c);
  c.add(contracted(c, gradient(c.graph, f, 5)), own_rule_of(1));
  EXPECT_THROW(c.vector(), MissingComponent);
}

std::string named(const char* mesh) {
  std::string name = mesh;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Meshes, HighDerivatives,
    testing::Values(Flat{"interval:3", 0.0}, Flat{"triangle:2x1", 0.0},
                    Flat{"quadrilateral:2x1", 0.0}, Flat{"tetrahedron:1x1x1", 0.0},
                    Flat{"hexahedron:2x1x1", 0.0}, Flat{"prism:1x1x1", 0.0},
                    Flat{"pyramid:1x1x1", 0.0}, Flat{"triangle:2x1+2", 0.3},
                    Flat{"triangle:2x1+3", -0.4}, Flat{"quadrilateral:2x1+2", 0.3},
                    Flat{"tetrahedron:1x1x1+2", 0.3}, Flat{"hexahedron:2x1x1+2", 0.2},
                    Flat{"prism:1x1x1+2", 0.3}, Flat{"pyramid:1x1x1+2", 0.3}),
    [](const auto& p) { return named(p.param.mesh); });

/// Graphs of h(x) over a mesh of straight cells: in 2D of intervals, x_1 = h(x_0); in 3D of
/// triangles and quadrilaterals, x_2 = h(x_0, x_1).
class HighTangentialDerivatives : public testing::TestWithParam<const char*> {
 protected:
  static double height(const double* x, bool curve) {
    return curve ? 0.4 * x[0] * x[0] : 0.3 * x[0] * x[0] - 0.2 * x[0] * x[1] + 0.25 * x[1] * x[1];
  }
  static meshes::Mesh mesh() {
    auto result = meshes::generate_mesh(GetParam(), {0.0, 1, false});
    const int d = result.dim();
    move_nodes(result, [d](double* x) { x[d - 1] = height(x, d == 2); });
    return result;
  }
  /// I − n nᵀ, n ∥ (∇h, −1), as a function of all of space that does not depend on its last
  /// coordinate.
  static ExprId projection(ExprGraph& g) {
    const int d = g.dim();
    const ExprId x = component(g, fem::spatial_coordinate(g), 0);
    std::vector<ExprId> n{times(g, 0.8, x)};
    if (d == 3) {
      const ExprId y = component(g, fem::spatial_coordinate(g), 1);
      n = {minus(g, times(g, 0.6, x), times(g, 0.2, y)),
           minus(g, times(g, 0.5, y), times(g, 0.2, x))};
    }
    n.push_back(fem::real(g, -1.0));
    ExprId square = fem::real(g, 0.0);
    for (const ExprId entry : n) square = plus(g, square, fem::multiply(g, entry, entry));
    std::vector<ExprId> rows;
    for (int i = 0; i < d; ++i) {
      std::vector<ExprId> row;
      for (int j = 0; j < d; ++j) {
        const ExprId product =
            fem::multiply(g, n[static_cast<std::size_t>(i)], n[static_cast<std::size_t>(j)]);
        row.push_back(minus(g, fem::real(g, i == j ? 1.0 : 0.0), fem::divide(g, product, square)));
      }
      rows.push_back(fem::list_tensor(g, row));
    }
    return fem::list_tensor(g, rows);
  }
};

/// With any function F of space that is f on the surface, ∂_l f = Σ_k ∂_k F (I − n nᵀ)_kl.
TEST_P(HighTangentialDerivatives, AreProjectedDerivativesInSpace) {
  for (int order = 1; order <= 4; ++order) {
    expect_equal(
        [&](Case& c) {
          auto& g = c.graph;
          const int t = c.mesh.topological_dim();
          const ExprId f = c.interpolated(quartic(c.mesh.cell_type), [&](const double* x, int) {
            return polynomial({x[0], t == 2 ? x[1] : 0.0, 0.0});
          });
          std::vector<ExprId> xi;
          for (int i = 0; i < t; ++i) xi.push_back(component(g, fem::spatial_coordinate(g), i));
          ExprId F = polynomial(g, xi);
          for (int k = 0; k < order; ++k) F = fem::dot(g, fem::grad(g, F), projection(g));
          return std::pair{gradient(g, f, order), F};
        },
        mesh(), IntegralKind::cell, std::to_string(order));
  }
}

/// The directions' order matters: ∂_2 ∂_1 ∂_0 f is not ∂_0 ∂_1 ∂_2 f.
TEST_P(HighTangentialDerivatives, DoNotCommute) {
  Case c(mesh());
  auto& g = c.graph;
  const Element element = quartic(c.mesh.cell_type);
  const auto count = fem::make_dof_map(c.mesh, element).dof_count();
  const ExprId f = c.coefficient(element, random_values(count, 5));
  const ExprId third = gradient(g, f, 3);
  const auto entry = [&](int i, int j, int k) {
    return fem::indexed(g, third, {{false, i}, {false, j}, {false, k}});
  };
  c.add(minus(g, entry(0, 0, 1), entry(1, 0, 0)),
        given_rule(c.mesh.cell_type, IntegralKind::cell, 3));
  const ReferenceValues value = c.vector();
  EXPECT_GT(std::abs(value.value[0]), 1e3 * value.bound[0]);
}

INSTANTIATE_TEST_SUITE_P(Meshes, HighTangentialDerivatives,
                         testing::Values("interval:3+2@2", "triangle:2x1+2@3", "triangle:2x1+3@3",
                                         "quadrilateral:2x1+2@3"),
                         [](const auto& p) { return named(p.param); });

}  // namespace
}  // namespace femsynth::solvers
