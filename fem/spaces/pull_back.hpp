#pragma once

#include <array>
#include <span>

#include "fem/elements/element.hpp"
#include "meshes/geometry.hpp"

/// For the sources of this folder only.
namespace femsynth::fem {

/// Reference components of a physical value of a basic element of that family (row-major, d or
/// d × d of them): the inverse of fem::PullBack. On a manifold the tangential part counts.
void pull_back(Family family, const meshes::Mesh& mesh, const meshes::GeometryMap& map,
               const std::array<double, 9>& value, std::span<double> reference);

}  // namespace femsynth::fem
