#pragma once

#include <span>
#include <string>

#include "solvers/reference/reference.hpp"
#include "solvers/verify/verify.hpp"

namespace femsynth::solvers {

/// The unit roundoff of a precision: 2⁻⁵³, 2⁻²⁴.
double unit_roundoff(synth::Precision precision);

/// An entry whose tolerance is above this part of the greatest entry's contributions shows
/// nothing: a condition or a singularity hangs on rounding there.
double loosest_tolerance(synth::Precision precision);

/// Compares a kernel's values with the oracle's, entry by entry. `extra` (empty, or one a
/// value) is added to the tolerances. Fills entries, undecided, error, tolerance, ratio, entry
/// and pass; `columns` > 0 names entries as those of a matrix. Complex values are pairs of numbers,
/// each an entry of its own. A NaN never passes.
void compare(std::span<const double> values, const ReferenceValues& expected,
             std::span<const double> extra, synth::Precision precision, std::size_t columns,
             Check& check);

/// Is any entry undecided?
bool has_undecided(const ReferenceValues& expected, synth::Precision precision);
/// Is any entry surely not zero?
bool has_nonzero(const ReferenceValues& expected);

}  // namespace femsynth::solvers
