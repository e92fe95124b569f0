#pragma once

#include "synth/kernel/module.hpp"

namespace femsynth::synth {

/// Verifies a module; lowering and every pass are run under it. Throws InternalError naming the
/// function and the statement when one of these does not hold:
///
/// - names: identifiers, not reserved (names.hpp), declared before use; tables and functions are
///   unique, and no name is declared again while it is in scope (sibling blocks may reuse names);
/// - types: indices, loop bounds, and values of int lets and int targets are int; a condition is
///   int; a mathematical function has its number of operands;
/// - shapes: as many indices as dimensions, one for a pointer; extents positive; indices that are
///   constant, or affine in loop variables of constant bounds, in range (indices that mention a
///   variable of an enclosing condition are left alone);
/// - stores go to local or shared arrays, scalars declared as arrays of rank 0, and outputs;
///   atomic additions to elements of output pointers alone;
/// - calls: to device functions earlier in the module, arguments of the parameters' types and
///   extents, outputs writable and not passed twice;
/// - barriers are reached by all threads of a block: not under a condition or in a loop whose
///   bounds depend on the thread or on memory.
void check(const Module& module);

}  // namespace femsynth::synth
