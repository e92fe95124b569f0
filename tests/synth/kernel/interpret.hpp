#pragma once

#include <string>
#include <vector>

#include "synth/kernel/module.hpp"

/// A reference interpreter of kernel IR for tests: walks the tree, all threads of a block in step,
/// in double precision whatever the module says. Slow and plain.
namespace femsynth::synth::testing {

/// One argument of a kernel: a number, or memory that the kernel may read and write.
struct Argument {
  double value = 0;
  std::vector<double>* memory = nullptr;
};

/// Runs `kernel` on `grid` blocks of `block` threads; `arguments` in the kernel's order.
/// Throws std::out_of_range for an access outside an array or a read of a name that is not there.
/// A local array begins as NaN (int: a large number), so that a read before a write shows.
void interpret(const Module& module, const std::string& kernel, int grid, int block,
               const std::vector<Argument>& arguments);

}  // namespace femsynth::synth::testing
