#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fem/elements/quadrature.hpp"
#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"
#include "meshes/generate.hpp"
#include "solvers/reference/reference.hpp"

namespace femsynth::solvers {

constexpr meshes::CellType kCells[] = {
    meshes::CellType::interval, meshes::CellType::triangle, meshes::CellType::tetrahedron,
    meshes::CellType::quadrilateral, meshes::CellType::hexahedron};

inline Reference& oracle() {
  static const std::unique_ptr<Reference> reference = load_reference();
  return *reference;
}

/// A small unit mesh with moved inner vertices.
inline meshes::Mesh small_mesh(meshes::CellType cell, double perturb = 0.2) {
  const char* sizes[] = {"4", "3x2", "2x2x2"};
  const std::string spec =
      std::string(meshes::name_of(cell)) + ":" + sizes[meshes::dimension(cell) - 1];
  return meshes::generate_mesh(spec, {perturb, 3, false});
}

inline std::vector<double> random_values(std::size_t n, unsigned seed, double low = -1.0,
                                         double high = 1.0) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> values(n);
  for (double& value : values) value = uniform(engine);
  return values;
}

inline PointRule own_rule_of(int degree) { return {false, degree, {}, {}}; }

/// A form on a mesh with values for what it reads.
class Case {
 public:
  explicit Case(meshes::Mesh m)
      : mesh(std::move(m)), graph(fem::Domain(mesh.cell_type, mesh.dim(), mesh.geometry_degree)) {}

  fem::ExprId coefficient(const fem::Element& element, std::vector<double> values) {
    maps.push_back(fem::make_dof_map(mesh, element));
    coefficients.push_back(std::move(values));
    return fem::coefficient(graph, element);
  }
  /// The coefficient that interpolates f.
  fem::ExprId interpolated(const fem::Element& element,
                           const std::function<double(const double*, int)>& f) {
    const fem::DofMap map = fem::make_dof_map(mesh, element);
    const auto points = fem::node_points(mesh, element, map);
    std::vector<double> values;
    for (std::size_t n = 0; n < map.node_count; ++n) {
      for (int c = 0; c < map.block_size; ++c) {
        values.push_back(f(&points[n * static_cast<std::size_t>(mesh.dim())], c));
      }
    }
    return coefficient(element, std::move(values));
  }
  fem::ExprId constant(fem::Shape shape, std::vector<double> values) {
    constants.push_back(std::move(values));
    return fem::constant(graph, std::move(shape));
  }
  void add(fem::ExprId integrand, const PointRule& rule,
           fem::IntegralKind kind = fem::IntegralKind::cell, std::vector<int> ids = {}) {
    integrals.push_back({kind, std::move(ids), integrand, rule});
  }

  ReferenceInputs inputs(std::span<const double> x = {}) const {
    ReferenceInputs in;
    for (const auto& values : coefficients) in.coefficients.emplace_back(values);
    for (const auto& values : constants) in.constants.emplace_back(values);
    in.x = x;
    return in;
  }
  ReferenceSpaces spaces() {
    for (const fem::Element& element : arguments) {
      argument_maps.push_back(std::make_unique<fem::DofMap>(fem::make_dof_map(mesh, element)));
    }
    ReferenceSpaces result;
    for (const auto& map : argument_maps) result.arguments.push_back(map.get());
    for (const auto& map : maps) result.coefficients.push_back(&map);
    return result;
  }
  ReferenceValues vector(std::span<const double> x = {}, double u = 0x1p-53) {
    ReferenceForm form(graph, arguments, integrals);
    const ReferenceInputs in = inputs(x);
    const auto s = spaces();
    return oracle().evaluate(form, mesh, s, std::span(&in, 1), u)[0];
  }
  double value() { return vector().value[0]; }
  ReferenceValues matrix(double u = 0x1p-53) {
    ReferenceForm form(graph, arguments, integrals);
    const auto s = spaces();
    return oracle().matrix(form, mesh, s, inputs(), u);
  }

  meshes::Mesh mesh;
  fem::ExprGraph graph;
  std::vector<fem::Element> arguments;
  std::vector<ReferenceIntegral> integrals;
  std::vector<fem::DofMap> maps;
  std::vector<std::unique_ptr<fem::DofMap>> argument_maps;
  std::vector<std::vector<double>> coefficients;
  std::vector<std::vector<double>> constants;
};

}  // namespace femsynth::solvers
