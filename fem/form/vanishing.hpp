#pragma once

#include "fem/form/graph.hpp"

namespace femsynth::fem {

/// Whether an expression is zero by the zeros among its tensors' components, whatever values its
/// functions have: inner([v, 0], [0, u]) is. The expression is a scalar without free indices and
/// without derivatives that are not expanded (differentiate.hpp); in doubt the answer is no.
bool vanishes(const ExprGraph& g, ExprId expression);

}  // namespace femsynth::fem
