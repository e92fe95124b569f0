#pragma once

#include <vector>

#include "synth/lower/integrand_function.hpp"
#include "synth/lower/tensor_points.hpp"

/// Element tensors on quadrilaterals and hexahedra by sum factorisation: functions are evaluated
/// at all points at once, axis by axis; the integrand turns them into fluxes, point by point; and
/// the fluxes are integrated against the test functions, axis by axis. A matrix is made a column
/// at a time. Over facets the axis across is summed up first, integrated last.
namespace femsynth::synth {

/// Largest sum of a thread's local arrays, in bytes of fp64, with which the method applies; a CUDA
/// thread has 512 KiB of local memory at most.
constexpr std::size_t max_local_bytes = 200 * 1024;

/// Bytes of the local arrays that statements declare, as fp64.
std::size_t local_bytes(const std::vector<Statement>& body);

/// What adds to the output. A matrix that is made by columns comes in two parts: `preparation`
/// computes C and K at all points, once for all columns, into the arrays that `workspace`
/// declares, and `body` adds one column. All else is in `body`.
struct TensorStatements {
  Statements workspace, preparation, body;
};

/// The statements after `before_points` and the clearing of the output. With m
/// points an axis, t axes, and d dimensions, their arrays hold m^t numbers for each value or
/// derivative that is read of each component of a coefficient, for each coefficient C of a
/// matrix's integrand and entry of K (t d of them), and for each value or derivative of each
/// component of the test function; intermediate sums, at most 2 t m^t or so, are shared by
/// functions with the same basis.
TensorStatements tensor_product(const IntegralContext& context, const IntegrandFunction& integrand,
                                const EntityGeometry& entity, TableSet& tables);

}  // namespace femsynth::synth
