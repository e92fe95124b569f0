#pragma once

#include "fem/form/graph.hpp"

/// What the two estimates of degrees share.
namespace femsynth::fem {

/// Exponent of a power if it is a literal non-negative integer up to 64, else −1.
int integer_exponent(const ExprGraph& g, const Node& power);
/// Element of an argument or coefficient.
const Element& element_of(const ExprGraph& g, const Node& function);

}  // namespace femsynth::fem
