#pragma once

#include <string>

#include "synth/lower/geometry.hpp"

/// What symbols of geometric quantities stand for.
namespace femsynth::synth {

/// The quantity that a symbol of kind `geometry` names.
fem::GeometricQuantity quantity_of(const Symbol& symbol);
/// The scalar variable that holds the component of a quantity that `symbol` names.
std::string quantity_name(const Symbol& symbol, const IntegralContext& context);
/// How often J is differentiated along X in a quantity: 0 in others.
int jacobian_order(fem::GeometricQuantity quantity);
/// Is it computed before the loop over points?
bool constant_in_cell(const Symbol& symbol, const IntegralContext& context);
/// Adds what the quantities on that side need of the geometry.
void add_needs(const IntegralContext& context, const Side& side, GeometryNeeds& needs);

}  // namespace femsynth::synth
