#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/passes/passes.hpp"
#include "synth/kernel/module.hpp"

namespace femsynth::synth {

/// Where the contributions of a cell go.
enum class Strategy {
  element,      ///< element tensors, one a cell (facet); rank 0: one number a cell
  atomic,       ///< atomicAdd into CSR values through a position map; vectors too
  matrix_free,  ///< y = A x without a matrix (rank 2)
  reduction,    ///< deterministic block reduction (rank 0)
};
/// "element", "atomic", "matrix_free", "reduction".
const char* name_of(Strategy strategy);

/// Scalar type of a kernel. Complex numbers are pairs (re, im) of f64 or f32, side by side.
enum class Precision { f64, f32, c128, c64 };
/// "f64", "f32", "c128", "c64".
const char* name_of(Precision precision);
constexpr bool is_complex(Precision p) { return p == Precision::c128 || p == Precision::c64; }
/// Are its real numbers fp32?
constexpr bool is_single(Precision p) { return p == Precision::f32 || p == Precision::c64; }

/// How an element tensor is summed up.
enum class Method {
  quadrature,         ///< point by point, with whole tables of the basis functions
  reference_tensor,   ///< a precomputed tensor times the cell's geometry tensor (affine simplices)
  sum_factorisation,  ///< axis by axis (quadrilaterals, hexahedra)
};
/// "quadrature", "reference_tensor", "sum_factorisation".
const char* name_of(Method method);

/// What a method would cost, or why it does not apply.
struct MethodCandidate {
  Method method{};
  std::string why_not;  ///< "" where it applies
  double flops = 0;     ///< of one entity, as cost.hpp counts them
  double lines = 0;     ///< of generated source, tables included, about
};
/// The method of one integral, and what it was chosen from.
struct MethodChoice {
  Method method{};
  std::string reason;
  std::vector<MethodCandidate> candidates;  ///< one a method
  /// Calls of the element function for one entity: more than 1 where the element matrix would not
  /// fit in local memory and is made a block column at a time.
  int columns = 1;
};

/// How a form becomes kernels. The mathematics never reads it; only lowering does.
struct Schedule {
  Strategy strategy = Strategy::element;
  Precision precision = Precision::f64;
  int block_size = 128;  ///< threads a block; one thread a cell or facet
  /// How element tensors are summed up where that applies; none: the cheapest way.
  std::optional<Method> method{};
};

/// Is the strategy one for forms of that rank?
bool applies(Strategy strategy, int rank);
/// atomic for ranks 1 and 2, reduction for rank 0.
Strategy default_strategy(int rank);

/// What a kernel parameter is bound to, in the order of the parameters.
enum class ParameterRole {
  entity_count,         ///< i32: cells or facets of this launch
  output,               ///< element tensors, CSR values, vector, partial sums, or the value
  output_offset,        ///< i32: where in the partial sums this launch's blocks write
  partial_sums,         ///< what the finishing kernel adds up
  coordinates,          ///< points × d: vertices, then a curved mesh's other geometry nodes
  cell_vertices,        ///< cells × geometry nodes of a cell (its vertices at degree 1)
  entity_cells,         ///< i32: cell of each entity (facets, vertices, and cells of a subdomain);
                        ///< interior facets: entities × 2, the cell of '+', then that of '-'
  entity_facets,        ///< i32: local facet (vertex) of each entity, beside entity_cells
  entity_permutations,  ///< i32: of an interior facet, meshes::InteriorFacet::permutation
  cell_orientations,  ///< i32: +1 or −1 a cell of a manifold, meshes::cell_orientations; only of
                      ///< kernels that read a sign of det J there (H(div) functions, normals)
  test_nodes,         ///< dof map of the test space: cells × nodes
  trial_nodes,        ///< dof map of the trial space
  positions,          ///< cells × test dofs × trial dofs: index into the CSR values
  /// Interior facets × 2m × 2n (m test, n trial dofs of a cell; those of '+' first): the same.
  interior_positions,
  input_vector,       ///< x of y = A x
  coefficient,        ///< dof values of coefficient `number`
  coefficient_nodes,  ///< dof map of coefficient `number`
  constants,          ///< all constants of the form, one after another
  value_count,        ///< i32: elements of `output` (fill and reduction kernels)
};
// In complex programs every scalar of these buffers (output, partial sums, input vector, dof
// values, constants) is a pair (re, im), side by side; counts and offsets count pairs.

/// A parameter of a kernel: its role, and which coefficient it belongs to.
struct Parameter {
  ParameterRole role{};
  std::int32_t number = 0;
};

/// One kernel of a program.
struct KernelPlan {
  /// fill: zeroes the output before kernels that accumulate; integral: one thread an entity;
  /// finish: adds the partial sums of a reduction, in one block.
  enum class Kind { fill, integral, finish };
  std::string name;
  Kind kind = Kind::integral;
  std::size_t integral = 0;  ///< index into Program::integrals, of an integral kernel
  std::vector<Parameter> parameters;
};

/// The output of an expression's program: values[cell][point][component][dof].
struct TabulatedShape {
  int points = 0;
  int components = 0;
  int dofs = 1;  ///< of a cell; 1 where the expression has no argument
};

/// A form lowered under a schedule: kernel IR, CUDA source, and how to launch it.
struct Program {
  fem::Form form;
  Schedule schedule;
  int rank = 0;
  /// After the form passes: the graph that `integrals` refer to. Copies share it.
  std::shared_ptr<const fem::LoweredForm> lowered;
  /// lowered->groups but those in which everything cancels.
  std::vector<fem::IntegralGroup> integrals;
  std::vector<MethodChoice> methods;  ///< beside `integrals`
  std::vector<KernelPlan> kernels;    ///< in the order of launching
  /// Of an expression's program; its one kernel has one thread a cell, and no integral.
  std::optional<TabulatedShape> tabulated{};
  Module ir;
  std::string cuda;  ///< header-free CUDA C++
  /// Wall time of the form passes, "factorise", "lower", the kernel passes (each with the check
  /// after it) and "emit", in that order. It differs from run to run: for reports alone.
  std::vector<fem::PassTiming> timings;
};

/// What a program may hold, so that NVRTC ends within half a minute or so. More is refused at
/// the integral that exceeds it, before anything is emitted.
namespace limits {
constexpr std::size_t table_entries = 1'000'000;  ///< numbers in the tables of basis functions
constexpr std::size_t statements = 20'000;        ///< statements, about a line of source each
constexpr std::size_t function_calls = 1'000;     ///< calls of mathematical functions but sqrt, abs
}  // namespace limits

/// Form → Program: runs the passes, lowers, optimises and emits. Throws LocatedError for a
/// form that cannot be lowered (arity, limits), InputError for a strategy that does not apply.
Program make_program(const fem::FormModule& module, const fem::Form& form,
                     const Schedule& schedule);

/// The same for an expression at points of the reference cell. Of the schedule precision and block
/// size count. Throws LocatedError for what cannot be lowered and InputError for an expression that
/// is bilinear.
Program make_expression_program(const fem::FormModule& module,
                                const fem::PointExpression& expression, const Schedule& schedule);

}  // namespace femsynth::synth
