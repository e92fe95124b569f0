#pragma once

#include "synth/lower/element_function.hpp"

/// Which way of summing up an element tensor is cheapest.
namespace femsynth::synth {

/// The element function by the method that takes the fewest operations among those that apply,
/// as counted in the code that each generates (kernel/cost.hpp); of methods within a tenth of one
/// another, the first in the order of the enumeration, which keeps least in local memory; and none
/// whose source is much longer than another's. `wanted` is taken if it applies. Methods whose
/// tables exceed limits::table_entries do not apply; where sum factorisation does, those of
/// quadrature are not even made. The tables of the chosen method are in `tables`.
ElementFunction choose_element_function(IntegralContext& context,
                                        const IntegrandFunction& integrand, TableSet& tables,
                                        std::optional<Method> wanted, MethodChoice& choice);

}  // namespace femsynth::synth
