#pragma once

#include <functional>
#include <vector>

#include "fem/form/algebra.hpp"
#include "meshes/generate.hpp"
#include "meshes/mesh.hpp"
#include "synth/program.hpp"

namespace femsynth::synth::testing {

/// Runs the interpreted kernel IR of one form on one mesh, without function spaces: every cell has
/// dofs of its own, in the order of the element, so that element tensors can be judged by
/// themselves.
class ElementRunner {
 public:
  fem::FormModule module;
  meshes::Mesh mesh;
  Schedule schedule;
  /// By number: cells × dofs (pairs of a complex form).
  std::vector<std::vector<double>> coefficients;
  std::vector<std::vector<double>> constants;
  std::vector<double> x;  ///< of y = A x: cells × trial dofs

  explicit ElementRunner(meshes::Mesh m);
  fem::ExprGraph& graph() { return module.graph; }

  /// A new vector coefficient of the geometry's element that holds x itself.
  fem::ExprId position();

  /// The output of each integral's kernel: entities × element tensor; of an accumulating strategy
  /// (matrix_free) cells × test dofs; of a reduction the sum.
  std::vector<std::vector<double>> run(const fem::Form& form);
  /// The one integral's output.
  std::vector<double> integrate(fem::IntegralKind kind, fem::ExprId integrand,
                                std::optional<int> degree = {});
  /// The sum of that output.
  double total(fem::IntegralKind kind, fem::ExprId integrand, std::optional<int> degree = {});
  /// values[cell][point][component][dof].
  std::vector<double> tabulate(fem::ExprId value, const std::vector<double>& points);

 private:
  struct Entities;
  Entities entities_of(const fem::IntegralGroup* group) const;
  void launch(const Program& program, const KernelPlan& kernel, std::vector<double>& output,
              std::vector<double>& partials);
};

/// Cell `c` alone as a mesh, with all its facets.
meshes::Mesh single_cell(const meshes::Mesh& mesh, std::size_t c);

/// The mesh in other coordinates: x ↦ R x, R d × d row-major.
meshes::Mesh rotated(meshes::Mesh mesh, const std::vector<double>& R);
/// A rotation of the plane or of space about (1, 2, 3).
std::vector<double> rotation(int d, double angle);

}  // namespace femsynth::synth::testing
