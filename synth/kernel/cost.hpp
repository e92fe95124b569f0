#pragma once

#include <map>
#include <string>

#include "synth/kernel/module.hpp"

namespace femsynth::synth {

/// Operations of one invocation of a function as the IR writes them: trip counts are
/// multiplied out, called device functions are included, conditions are taken to hold and both
/// sides of a select to be evaluated.
struct OperationCount {
  double add = 0;       ///< real additions and subtractions
  double multiply = 0;  ///< real products
  double divide = 0;    ///< real quotients
  double function = 0;  ///< calls of mathematical functions
  double other = 0;     ///< real negations, comparisons, selections
  double integer = 0;   ///< of ints, indices included
  double atomic = 0;    ///< atomic additions
  double barrier = 0;
  /// Elements read and written, by array, table or pointer of the function itself; memory of
  /// called functions counts for the arguments passed. Local names of a callee read
  /// "callee.name". An accumulation loads and stores, an atomic addition counts as a store.
  std::map<std::string, double> loads, stores;
  /// False if the length of a loop does not follow from literals, tables of integers and the
  /// variables of loops around it; its body then counts once.
  bool exact = true;

  /// Real arithmetic: add + multiply + divide, accumulations included.
  double flops() const { return add + multiply + divide; }
};

/// Counts a function of the module.
OperationCount count_operations(const Module& module, const Function& function);

}  // namespace femsynth::synth
