#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "fem/form/algebra.hpp"
#include "meshes/generate.hpp"
#include "synth/kernel/print.hpp"
#include "synth/run/assembly.hpp"
#include "tests/support/ir_executor.hpp"

/// Laws that assembled forms obey on perturbed meshes of the unit interval, square and cube,
/// whatever the basis: they see a transposed inverse Jacobian, a missing determinant, a wrong
/// weight, table or sign. The kernel IR is interpreted.
namespace femsynth::synth {
namespace {

using namespace fem;  // NOLINT: the algebra is this file's vocabulary
using meshes::CellType;
using meshes::Mesh;

const char* small_mesh(CellType cell) {
  switch (cell) {
    case CellType::interval:
      return "interval:5";
    case CellType::triangle:
      return "triangle:3x2";
    case CellType::quadrilateral:
      return "quadrilateral:3x3";
    case CellType::tetrahedron:
      return "tetrahedron:2x2x2";
    case CellType::hexahedron:
      return "hexahedron:2x2x2";
    case CellType::prism:
      return "prism:2x2x2";
    case CellType::pyramid:
      return "pyramid:2x1x1";
  }
  return "";
}

Mesh mesh_of(CellType cell) { return meshes::generate_mesh(small_mesh(cell), {.perturb = 0.2}); }

/// One form on one mesh.
struct Setting {
  FormModule module;
  Form form;
  Mesh mesh;
  Schedule schedule;
  FormInputs inputs;

  Setting(CellType cell, const std::function<Form(ExprGraph&)>& make)
      : module{"form.py", "line\n", ExprGraph(cell), {}, {}},
        form(make(module.graph)),
        mesh(mesh_of(cell)) {
    schedule.strategy = default_strategy(rank(module.graph, form));
    schedule.block_size = 32;
    inputs.coefficients.resize(module.graph.coefficients().size());
  }

  Program program() const { return make_program(module, form, schedule); }
  AssemblySpaces spaces() const { return make_spaces(module, program(), mesh); }
  Assembled run() const {
    const Program p = program();
    CompiledModule compiled;
    compiled.ptx = to_text(p.ir);
    testing::IrExecutor executor;
    const auto loaded = executor.load(compiled);
    return assemble(module, p, *loaded, executor, mesh, make_spaces(module, p, mesh), inputs);
  }
  /// x_k at the nodes of an element's space.
  std::vector<double> nodal(const Element& element,
                            const std::function<double(const double*)>& f) const {
    const DofMap map = make_dof_map(mesh, element);
    const std::vector<double> points = node_points(mesh, element, map);
    std::vector<double> values;
    for (std::size_t n = 0; n < map.node_count; ++n) {
      values.push_back(f(&points[n * static_cast<std::size_t>(mesh.dim())]));
    }
    return values;
  }
};

Form cell_form(ExprId integrand) {
  return {"a", {{IntegralKind::cell, {}, {}, integrand, {1, 1}}}};
}
Form boundary_form(ExprId integrand) {
  return {"a", {{IntegralKind::exterior_facet, {}, {}, integrand, {1, 1}}}};
}

/// vᵀ A u of a CSR matrix.
double bilinear(const CsrPattern& p, const std::vector<double>& a, const std::vector<double>& v,
                const std::vector<double>& u) {
  double sum = 0;
  for (std::size_t r = 0; r < v.size(); ++r) {
    for (auto k = static_cast<std::size_t>(p.row_offsets[r]);
         k < static_cast<std::size_t>(p.row_offsets[r + 1]); ++k) {
      sum += v[r] * a[k] * u[static_cast<std::size_t>(p.columns[k])];
    }
  }
  return sum;
}

class OnEveryCell : public ::testing::TestWithParam<std::tuple<CellType, int>> {
 protected:
  CellType cell = std::get<0>(GetParam());
  int degree = std::get<1>(GetParam());
  Element scalar{Family::lagrange, cell, degree, {}};
  int dim = meshes::dimension(cell);
};

TEST_P(OnEveryCell, EntriesOfTheMassMatrixSumToTheVolume) {
  const Setting s(cell, [&](ExprGraph& g) {
    return cell_form(multiply(g, argument(g, 1, scalar), argument(g, 0, scalar)));
  });
  const Assembled a = s.run();
  EXPECT_NEAR(std::accumulate(a.csr_values.begin(), a.csr_values.end(), 0.0), 1, 1e-12);
  EXPECT_TRUE(a.inputs_unchanged);
}

TEST_P(OnEveryCell, StiffnessOfCoordinatesIsTheIdentity) {
  const Setting s(cell, [&](ExprGraph& g) {
    return cell_form(inner(g, grad(g, argument(g, 1, scalar)), grad(g, argument(g, 0, scalar))));
  });
  const Assembled a = s.run();
  const AssemblySpaces spaces = s.spaces();
  const std::vector<double> one = s.nodal(scalar, [](const double*) { return 1; });
  for (int k = 0; k < dim; ++k) {
    const auto x_k = s.nodal(scalar, [k](const double* x) { return x[k]; });
    EXPECT_NEAR(bilinear(spaces.pattern, a.csr_values, x_k, one), 0, 1e-11);
    for (int l = 0; l < dim; ++l) {
      const auto x_l = s.nodal(scalar, [l](const double* x) { return x[l]; });
      EXPECT_NEAR(bilinear(spaces.pattern, a.csr_values, x_k, x_l), k == l ? 1 : 0, 1e-11);
    }
  }
}

TEST_P(OnEveryCell, AdvectionOfCoordinatesKeepsTestAndTrialApart) {
  // ∫ ∂u/∂x₀ v with u = x₀, v = 1 is 1; with u = 1 it is 0.
  const Setting s(cell, [&](ExprGraph& g) {
    return cell_form(multiply(g, derivative_along(g, argument(g, 1, scalar), {false, 0}),
                              argument(g, 0, scalar)));
  });
  const Assembled a = s.run();
  const AssemblySpaces spaces = s.spaces();
  const auto one = s.nodal(scalar, [](const double*) { return 1; });
  const auto x = s.nodal(scalar, [](const double* p) { return p[0]; });
  EXPECT_NEAR(bilinear(spaces.pattern, a.csr_values, one, x), 1, 1e-12);
  EXPECT_NEAR(bilinear(spaces.pattern, a.csr_values, x, one), 0, 1e-12);
}

TEST_P(OnEveryCell, FluxOfThePositionThroughTheBoundaryIsTheDimension) {
  const Setting s(cell, [&](ExprGraph& g) {
    return boundary_form(inner(g, spatial_coordinate(g), facet_normal(g)));
  });
  EXPECT_NEAR(s.run().value, dim, 1e-12);
}

TEST_P(OnEveryCell, BoundaryMassSumsToTheBoundarysMeasure) {
  const Setting s(cell, [&](ExprGraph& g) {
    return boundary_form(multiply(g, argument(g, 1, scalar), argument(g, 0, scalar)));
  });
  const Assembled a = s.run();
  EXPECT_NEAR(std::accumulate(a.csr_values.begin(), a.csr_values.end(), 0.0), 2 * dim, 1e-11);
}

TEST_P(OnEveryCell, StrategiesAgree) {
  Setting s(cell, [&](ExprGraph& g) {
    const ExprId w = coefficient(g, scalar, "w");
    const ExprId weight = add(g, real(g, 1), multiply(g, w, w));
    return cell_form(multiply(
        g, weight, inner(g, grad(g, argument(g, 1, scalar)), grad(g, argument(g, 0, scalar)))));
  });
  s.inputs.coefficients[0] = s.nodal(scalar, [](const double* x) { return std::sin(3 * x[0]); });
  const std::vector<double> atomic = s.run().csr_values;
  const AssemblySpaces spaces = s.spaces();
  s.schedule.strategy = Strategy::element;
  const std::vector<double> element = s.run().csr_values;
  ASSERT_EQ(atomic.size(), element.size());
  for (std::size_t k = 0; k < atomic.size(); ++k) ASSERT_NEAR(atomic[k], element[k], 1e-12);
  s.schedule.strategy = Strategy::matrix_free;
  s.inputs.x = s.nodal(scalar, [](const double* x) { return std::cos(2 * x[0]); });
  const std::vector<double> y = s.run().vector;
  for (std::size_t r = 0; r < y.size(); ++r) {
    double sum = 0;
    for (auto k = static_cast<std::size_t>(spaces.pattern.row_offsets[r]);
         k < static_cast<std::size_t>(spaces.pattern.row_offsets[r + 1]); ++k) {
      sum += atomic[k] * s.inputs.x[static_cast<std::size_t>(spaces.pattern.columns[k])];
    }
    ASSERT_NEAR(y[r], sum, 1e-11);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cells, OnEveryCell,
    ::testing::Combine(::testing::Values(CellType::interval, CellType::triangle,
                                         CellType::quadrilateral, CellType::tetrahedron,
                                         CellType::hexahedron),
                       ::testing::Values(1, 2)),
    [](const auto& test) {
      return std::string(meshes::name_of(std::get<0>(test.param))) + "_" +
             std::to_string(std::get<1>(test.param));
    });

class SecondDerivatives : public ::testing::TestWithParam<CellType> {};

TEST_P(SecondDerivatives, OfAQuadraticAreExactOnPerturbedCells) {
  // u = Σ_k (k+1) x_k² + 3 x_0 x_{d−1} lies in the space; its Hessian is constant.
  const CellType cell = GetParam();
  const int dim = meshes::dimension(cell);
  const Element p2{Family::lagrange, cell, 2, {}};
  const Element dg0{Family::discontinuous_lagrange, cell, 0, {}};
  for (int k = 0; k < dim; ++k) {
    for (int l = 0; l < dim; ++l) {
      Setting s(cell, [&](ExprGraph& g) {
        const ExprId u = coefficient(g, p2, "u");
        return cell_form(multiply(g, indexed(g, grad(g, grad(g, u)), {{false, k}, {false, l}}),
                                  argument(g, 0, dg0)));
      });
      s.inputs.coefficients[0] = s.nodal(p2, [&](const double* x) {
        double value = dim > 1 ? 3 * x[0] * x[dim - 1] : 0;
        for (int m = 0; m < dim; ++m) value += (m + 1) * x[m] * x[m];
        return value;
      });
      const std::vector<double> b = s.run().vector;
      double expected = k == l ? 2 * (k + 1) : 0;
      if (dim > 1 && std::abs(k - l) == dim - 1) expected += 3;
      EXPECT_NEAR(std::accumulate(b.begin(), b.end(), 0.0), expected, 1e-10) << k << l;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, SecondDerivatives,
                         ::testing::Values(CellType::interval, CellType::triangle,
                                           CellType::quadrilateral, CellType::tetrahedron,
                                           CellType::hexahedron));

Form elasticity(ExprGraph& g, const Element& element) {
  const auto strain = [&](ExprId w) { return matrix_operator(g, Op::sym, grad(g, w)); };
  const ExprId u = argument(g, 1, element);
  const ExprId v = argument(g, 0, element);
  const ExprId stress =
      add(g, multiply(g, real(g, 2), strain(u)),
          multiply(g, matrix_operator(g, Op::trace, strain(u)), identity(g, g.dim())));
  return cell_form(inner(g, stress, strain(v)));
}

class Elasticity : public ::testing::TestWithParam<CellType> {};

TEST_P(Elasticity, RigidBodyMotionsCostNoEnergyAndStretchingDoes) {
  const CellType cell = GetParam();
  const int dim = meshes::dimension(cell);
  // On hexahedra of degree 2 the matrix is made a column at a time.
  const Element element{Family::lagrange, cell, 2, {dim}};
  const Element scalar{Family::lagrange, cell, 2, {}};
  Setting s(cell, [&](ExprGraph& g) { return elasticity(g, element); });
  s.schedule.strategy = Strategy::matrix_free;
  const auto field = [&](const std::function<double(const double*, int)>& f) {
    std::vector<double> values;
    std::vector<std::vector<double>> parts;
    for (int c = 0; c < dim; ++c)
      parts.push_back(s.nodal(scalar, [&](const double* x) { return f(x, c); }));
    for (std::size_t n = 0; n < parts[0].size(); ++n) {
      for (int c = 0; c < dim; ++c) values.push_back(parts[static_cast<std::size_t>(c)][n]);
    }
    return values;
  };
  const std::vector<double> rotation = field([](const double* x, int c) {
    return c == 0 ? -x[1] : c == 1 ? x[0] : 0;
  });
  const std::vector<double> stretch =
      field([](const double* x, int c) { return c == 0 ? x[0] : 0; });
  s.inputs.x = rotation;
  for (const double y : s.run().vector) EXPECT_NEAR(y, 0, 1e-10);
  s.inputs.x = stretch;
  const std::vector<double> y = s.run().vector;
  // σ : ε of ε = e₀⊗e₀ with μ = λ = 1 is 2 + 1.
  EXPECT_NEAR(std::inner_product(y.begin(), y.end(), stretch.begin(), 0.0), 3, 1e-10);
  s.schedule.strategy = Strategy::atomic;
  EXPECT_NEAR(bilinear(s.spaces().pattern, s.run().csr_values, stretch, stretch), 3, 1e-10);
}

INSTANTIATE_TEST_SUITE_P(Cells, Elasticity,
                         ::testing::Values(CellType::triangle, CellType::quadrilateral,
                                           CellType::tetrahedron, CellType::hexahedron));

TEST(Subdomains, OnlyTaggedCellsAndFacetsCount) {
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  Setting s(CellType::triangle, [&](ExprGraph& g) {
    const ExprId one = real(g, 1);
    Form form = cell_form(one);
    form.integrals[0].subdomains = {2, 5};
    form.integrals.push_back({IntegralKind::exterior_facet, {3}, {}, real(g, 10), {1, 1}});
    return form;
  });
  s.mesh = meshes::generate_mesh("triangle:2x2");
  EXPECT_EQ(s.run().value, 0);
  s.mesh.cell_tags[1] = 2;
  s.mesh.cell_tags[4] = 5;
  s.mesh.cell_tags[5] = 1;
  s.mesh.exterior_facets[2].tag = 3;
  EXPECT_NEAR(s.run().value, 2.0 / 8 + 10 * 0.5, 1e-13);
}

TEST(Reduction, ManyBlocksAddUpToTheIntegral) {
  Setting s(CellType::triangle, [&](ExprGraph& g) {
    const ExprId x = spatial_coordinate(g);
    return cell_form(multiply(g, indexed(g, x, {{false, 0}}), indexed(g, x, {{false, 1}})));
  });
  s.mesh = meshes::generate_mesh("triangle:9x7", {.perturb = 0.2});  // 126 cells: 4 blocks of 32
  EXPECT_NEAR(s.run().value, 0.25, 1e-13);
}

TEST(Program, AStrategyThatDoesNotApplyIsRefused) {
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  Setting s(CellType::triangle, [&](ExprGraph& g) { return cell_form(argument(g, 0, p1)); });
  s.schedule.strategy = Strategy::matrix_free;
  EXPECT_THROW(s.program(), InputError);
}

/// The message and place with which a form is refused.
std::string refusal(const Setting& s) {
  try {
    s.program();
  } catch (const LocatedError& error) {
    return fmt::format("{}:{}: {}", error.where().line, error.where().column, error.message());
  }
  return "taken";
}

TEST(Program, TablesThatWouldBlowUpAreRefusedAtTheirIntegral) {
  // No tensor product, so that there is no other way than whole tables.
  const Element s6{Family::serendipity, CellType::hexahedron, 6, {}};
  const auto of_degree = [&](int degree) {
    return Setting(CellType::hexahedron, [&](ExprGraph& g) {
      const ExprId w = coefficient(g, s6, "w");
      const ExprId integrand = inner(g, grad(g, w), grad(g, argument(g, 0, s6)));
      Form form = cell_form(integrand);
      form.integrals[0].degree = 6;
      form.integrals.push_back({IntegralKind::cell, {}, degree, integrand, {7, 3}});
      return form;
    });
  };
  EXPECT_EQ(refusal(of_degree(10)), "taken");
  EXPECT_THAT(refusal(of_degree(30)), ::testing::StartsWith("7:3: its tables have"));
}

TEST(Program, TooManyCallsAndStatementsAreRefusedAtTheirIntegral) {
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  const auto with = [&](int count, Op op) {
    return Setting(CellType::triangle, [&](ExprGraph& g) {
      ExprId sum = real(g, 0);
      for (int k = 0; k < count; ++k) {
        const ExprId w = coefficient(g, p1, fmt::format("w{}", k % 4));
        sum = add(g, sum, function(g, op, add(g, w, real(g, k))));
      }
      return Form{"a", {{IntegralKind::cell, {}, 2, sum, {5, 1}}}};
    });
  };
  EXPECT_EQ(refusal(with(900, Op::sin)), "taken");
  EXPECT_THAT(refusal(with(1100, Op::sin)),
              ::testing::StartsWith("5:1: the form becomes more than"));
  EXPECT_EQ(refusal(with(1100, Op::sqrt)), "taken");
}

/// The greatest entry off the diagonal, and the least on it.
std::pair<double, double> diagonality(const CsrPattern& p, const std::vector<double>& a) {
  double off = 0;
  double on = 1e300;
  for (std::size_t r = 0; r + 1 < p.row_offsets.size(); ++r) {
    for (auto k = static_cast<std::size_t>(p.row_offsets[r]);
         k < static_cast<std::size_t>(p.row_offsets[r + 1]); ++k) {
      if (static_cast<std::size_t>(p.columns[k]) == r) {
        on = std::min(on, a[k]);
      } else {
        off = std::max(off, std::abs(a[k]));
      }
    }
  }
  return {off, on};
}

struct Lumping {
  CellType cell;
  int degree;
  const char* scheme;
  std::optional<Method> method{};
};

class LumpedMass : public ::testing::TestWithParam<Lumping> {};

TEST_P(LumpedMass, IsDiagonalAndSumsToTheVolume) {
  const Lumping& lumping = GetParam();
  const Element scalar{Family::lagrange, lumping.cell, lumping.degree, {}};
  Setting s(lumping.cell, [&](ExprGraph& g) {
    Form form = cell_form(multiply(g, argument(g, 1, scalar), argument(g, 0, scalar)));
    form.integrals[0].degree = 2 * lumping.degree - 1;
    form.integrals[0].scheme.name = lumping.scheme;
    return form;
  });
  s.schedule.method = lumping.method;
  const Assembled a = s.run();
  const auto [off, on] = diagonality(s.spaces().pattern, a.csr_values);
  EXPECT_LT(off, 1e-15);
  EXPECT_GT(on, 1e-4);
  const double volume = std::accumulate(a.csr_values.begin(), a.csr_values.end(), 0.0);
  // The rule at a pyramid's vertices, whose weights are equal, is not exact on perturbed cells.
  EXPECT_NEAR(volume, 1, lumping.cell == CellType::pyramid ? 0.1 : 1e-12);
}

const Lumping kLumpings[] = {{CellType::interval, 1, "vertex"},
                             {CellType::triangle, 1, "vertex"},
                             {CellType::tetrahedron, 1, "vertex"},
                             {CellType::quadrilateral, 1, "vertex"},
                             {CellType::hexahedron, 1, "vertex"},
                             {CellType::prism, 1, "vertex"},
                             {CellType::pyramid, 1, "vertex"},
                             {CellType::interval, 3, "gll"},
                             {CellType::quadrilateral, 1, "gll"},
                             {CellType::quadrilateral, 4, "gll"},
                             {CellType::quadrilateral, 4, "gll", Method::sum_factorisation},
                             {CellType::hexahedron, 2, "gll"},
                             {CellType::hexahedron, 2, "gll", Method::sum_factorisation}};

INSTANTIATE_TEST_SUITE_P(Rules, LumpedMass, ::testing::ValuesIn(kLumpings), [](const auto& p) {
  return fmt::format("{}{}{}{}", meshes::name_of(p.param.cell), p.param.degree, p.param.scheme,
                     p.param.method ? "factorised" : "");
});

TEST(LumpedMass, OfTheBoundaryIsDiagonalInTheVertices) {
  for (const CellType cell : {CellType::triangle, CellType::tetrahedron, CellType::prism}) {
    const Element scalar{Family::lagrange, cell, 1, {}};
    const Setting s(cell, [&](ExprGraph& g) {
      Form form = boundary_form(multiply(g, argument(g, 1, scalar), argument(g, 0, scalar)));
      form.integrals[0].scheme.name = "vertex";
      return form;
    });
    const Assembled a = s.run();
    EXPECT_LT(diagonality(s.spaces().pattern, a.csr_values).first, 1e-15);
    EXPECT_NEAR(std::accumulate(a.csr_values.begin(), a.csr_values.end(), 0.0),
                2 * meshes::dimension(cell), 1e-11);
  }
}

TEST(Program, AnIntegralInWhichEverythingCancelsIsLeftOutAndAFormOfThemRefused) {
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  const auto make = [&](ExprGraph& g, double left) {
    const ExprId w = coefficient(g, p1, "w");
    const ExprId doubled = multiply(g, real(g, -2), w);
    return multiply(g, add(g, add(g, w, w), doubled), real(g, left));
  };
  Setting zero(CellType::triangle, [&](ExprGraph& g) { return cell_form(make(g, 1)); });
  EXPECT_THROW(zero.program(), InputError);
  Setting mixed(CellType::triangle, [&](ExprGraph& g) {
    Form form = cell_form(make(g, 1));
    form.integrals.push_back({IntegralKind::exterior_facet, {}, {}, real(g, 1), {1, 1}});
    return form;
  });
  mixed.inputs.coefficients[0] = mixed.nodal(p1, [](const double*) { return 1; });
  mixed.schedule.strategy = Strategy::element;
  EXPECT_NEAR(mixed.run().value, 4, 1e-12);
}

TEST(Program, AVariableNamedLikeAKeywordStillCompiles) {
  const Element p1{Family::lagrange, CellType::triangle, 1, {}};
  Setting s(CellType::triangle, [&](ExprGraph& g) {
    ExprId sum = real(g, 1);
    for (const char* name :
         {"double", "x", "scale", "J_00_p", "u_local", "t0", "λ", "result", "f", "grad_f"}) {
      sum = add(g, sum,
                multiply(g, coefficient(g, p1, name), constant(g, {}, std::string(name) + "_c")));
    }
    return cell_form(sum);
  });
  for (auto& values : s.inputs.coefficients) values = s.nodal(p1, [](const double*) { return 2; });
  s.inputs.constants.assign(10, {3});
  EXPECT_NEAR(s.run().value, 61, 1e-10);
}

}  // namespace
}  // namespace femsynth::synth
