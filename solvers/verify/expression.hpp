#pragma once

#include "solvers/verify/verify.hpp"

namespace femsynth::solvers {

/// Verifies the compiled program of an expression (synth::make_expression_program) on trial meshes
/// with random inputs. The oracle takes each value as an integral over one cell: a component over
/// |det J|, by a rule of that one point with weight 1. So it shares nothing with the kernel but the
/// expression and the mesh. Every cell of the first meshes is compared, up to five a mesh.
VerifyReport verify_expression(const fem::FormModule& module,
                               const fem::PointExpression& expression,
                               const synth::Program& program, const synth::CompiledModule& compiled,
                               synth::Executor& executor, Reference& reference,
                               const VerifyOptions& options = {});

}  // namespace femsynth::solvers
