#pragma once

#include "synth/lower/context.hpp"
#include "synth/lower/element_function.hpp"

/// Kernels: gather a cell's data, call its element function, put the result where the strategy
/// wants it. Also the kernels that prepare and finish.
namespace femsynth::synth {

/// A kernel and what its parameters are bound to.
struct Kernel {
  Function function;
  std::vector<Parameter> parameters;
};

/// One thread an entity (cell, facet, vertex) of one integral, or a cell of an expression.
/// `subdomains`: a cell integral's cells are listed in a buffer.
Kernel make_integral_kernel(const IntegralContext& context, const ElementFunction& element,
                            bool subdomains);

/// output[k] = 0 for all k: before kernels that accumulate. Complex numbers are pairs.
Kernel make_fill_kernel(const std::string& form_name, int block_size, bool complex);

/// result[0] = sum of the partial sums, by one block, always in the same order.
Kernel make_finish_kernel(const std::string& form_name, int block_size, bool complex);

}  // namespace femsynth::synth
