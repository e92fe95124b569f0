#pragma once

#include "synth/kernel/module.hpp"

/// The passes, one file each; optimise.hpp says what all of them keep.
namespace femsynth::synth {

/// Constants and neutral elements, where the result is exact in the module's precision (up to the
/// sign of zero): x·1, x/1, x+0, −(−x), x−(−y), literal arithmetic that does not round, choices
/// between constants. Loops without trips and branches never taken go.
void fold(Module& module);

/// A let whose value a let in scope already holds goes, and its uses take the other name;
/// so do copies (let b = a) and later occurrences of a let's value inside other expressions.
/// Values that read memory hold until that memory may be written.
void share_subexpressions(Module& module);

/// Lets that do not change in a loop move in front of it, and invariant real subexpressions of at
/// least two operations get a name there. Reads of memory and integer divisions move only out of
/// loops that run at least once.
void hoist_invariants(Module& module);

/// Lets, local arrays (with the stores to them), tables and device functions that nothing reads
/// or calls go; so do loops and branches that do nothing.
void remove_dead_code(Module& module);

}  // namespace femsynth::synth
