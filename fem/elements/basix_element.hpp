#pragma once

#include <basix/finite-element.h>

#include "fem/elements/element.hpp"

/// For the sources of this folder only: no header that others include has Basix's.
namespace femsynth::fem {

/// Basix's element of one copy of a basic element, created once and kept; thread-safe. Throws
/// InputError for an element that check_element refuses, and InternalError for a family that is
/// not Basix's (quadrature, real, composed).
const basix::FiniteElement& basix_element(const Element& element);

/// Is the family one of Basix's?
bool is_basix_family(Family family);

}  // namespace femsynth::fem
