#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "tests/synth/lower/element_runner.hpp"

/// Forms whose element tensors are made in several ways and compared.
namespace femsynth::synth::testing {

/// A form on functions of some degree, and how it is assembled.
struct Case {
  const char* name;
  fem::ExprId (*integrand)(ElementRunner&, int degree);
  fem::IntegralKind kind = fem::IntegralKind::cell;
  Strategy strategy = Strategy::element;
  Precision precision = Precision::f64;
  std::optional<int> quadrature_degree{};  ///< none: as estimated
};

/// Two cells whose shared facet lies differently in each.
meshes::Mesh turned_pair(meshes::CellType cell);
/// One or two cells that are not affine where they need not be.
meshes::Mesh mesh_of(meshes::CellType cell);

/// n numbers of both signs.
std::vector<double> numbers(std::size_t n, double phase);

/// Elements of the runner's cell.
fem::Element scalar(ElementRunner& r, int degree);
fem::Element vector(ElementRunner& r, int degree);
fem::ExprId trial(ElementRunner& r, const fem::Element& e);
fem::ExprId test(ElementRunner& r, const fem::Element& e);
/// A coefficient with values of its own in each cell.
fem::ExprId field(ElementRunner& r, const fem::Element& e, const char* name);
/// A constant.
fem::ExprId number(ElementRunner& r, const char* name);

/// The element tensors by a method, if it applies.
std::vector<double> element_tensors(const Case& c, meshes::CellType cell, int degree,
                                    Method method);
/// Expects that a method applies and gives the element tensors of quadrature.
void expect_same(const Case& c, meshes::CellType cell, int degree, Method method);

}  // namespace femsynth::synth::testing
