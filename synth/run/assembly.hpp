#pragma once

#include <span>
#include <vector>

#include "fem/spaces/csr_pattern.hpp"
#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"
#include "meshes/topology.hpp"
#include "synth/program.hpp"
#include "synth/run/executor.hpp"

namespace femsynth::synth {

/// Values of everything that a form reads, in fp64; rounded to the schedule's precision
/// before a kernel sees them. Of complex programs (c128, c64) each number is a pair: its real and
/// imaginary part, side by side.
struct FormInputs {
  /// By number in graph.coefficients(); dof values, node-major, block fastest (of composed
  /// elements as their dof map numbers them). Those that the form does not read may be empty.
  std::vector<std::vector<double>> coefficients;
  /// By number in graph.constants(); components row-major.
  std::vector<std::vector<double>> constants;
  /// x of y = A x (matrix_free only): trial dofs.
  std::vector<double> x;
};

/// The dof maps and the pattern that a form needs on a mesh; made once, used by every launch.
struct AssemblySpaces {
  std::vector<fem::DofMap> arguments;     ///< test, trial
  std::vector<fem::DofMap> coefficients;  ///< by number; default-made for unused ones
  /// Rank 2, but for matrix_free: what cells couple, and interior facets where a dS is.
  fem::CsrPattern pattern;
  std::vector<std::int32_t> positions;  ///< of cells, beside `pattern`
  /// meshes::interior_facets, where the form has a dS integral.
  std::vector<meshes::InteriorFacet> interior_facets;
  /// meshes::cell_orientations, where a kernel reads them.
  std::vector<std::int32_t> cell_orientations;
  /// Beside `pattern`, by integral: of the facets that a dS integral selects, in their order.
  std::vector<std::vector<std::int32_t>> interior_positions;
};
/// Throws InputError where the form's domain (cell, dimension, geometry degree) is not the mesh's,
/// naming both, and as fem::make_dof_map, fem::make_pattern and meshes::cell_orientations do.
AssemblySpaces make_spaces(const fem::FormModule& module, const Program& program,
                           const meshes::Mesh& mesh);

/// What an output buffer holds before a run: a kernel must not read it.
enum class Poison { nan, huge };  ///< NaN; 2^100

/// A form's value on a mesh. Of complex programs the entries of the vectors are pairs.
struct Assembled {
  double value = 0;                ///< rank 0
  double value_imaginary = 0;      ///< rank 0, complex
  std::vector<double> vector;      ///< rank 1; rank 2 matrix_free: y
  std::vector<double> csr_values;  ///< rank 2: element (added up on the host) and atomic
  ExecutionCounts counts;          ///< over all launches
  bool inputs_unchanged = true;    ///< digests of all input buffers before and after agree
};

/// Runs a program's kernels, in order, on a mesh. Element tensors are added up on the host into
/// vector or csr_values. Throws ExecutionFault when a kernel misbehaves.
Assembled assemble(const fem::FormModule& module, const Program& program,
                   const LoadedModule& loaded, Executor& executor, const meshes::Mesh& mesh,
                   const AssemblySpaces& spaces, const FormInputs& inputs,
                   Poison poison = Poison::nan);

/// An expression's values on a mesh.
struct Tabulated {
  /// [cell][point][component][dof] as Program::tabulated says; pairs of complex programs.
  std::vector<double> values;
  ExecutionCounts counts;
  bool inputs_unchanged = true;  ///< as in Assembled
};

/// Runs the program of an expression (make_expression_program) on a mesh; otherwise as assemble.
Tabulated tabulate_expression(const fem::FormModule& module, const Program& program,
                              const LoadedModule& loaded, Executor& executor,
                              const meshes::Mesh& mesh, const AssemblySpaces& spaces,
                              const FormInputs& inputs, Poison poison = Poison::nan);

/// The launches that assemble() makes, for a record: kernel, grid, block and arguments.
std::vector<Launch> launches(const fem::FormModule& module, const Program& program,
                             const meshes::Mesh& mesh, const AssemblySpaces& spaces,
                             const FormInputs& inputs);

}  // namespace femsynth::synth
