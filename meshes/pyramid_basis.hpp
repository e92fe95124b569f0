#pragma once

#include <array>

#include "meshes/geometry.hpp"

/// For the sources of this folder only.
namespace femsynth::meshes {

/// The geometry basis of degree 1 to 3 on the reference pyramid at the collapsed coordinates
/// u = x / (1 − z), v = y / (1 − z), z of the unit cube, with its gradients by X = (x, y, z): the
/// space of Bergot, Cohen and Duruflé (J. Sci. Comput. 42, 2010), spanned by
/// u^i v^j (1 − z)^n, i, j ≤ degree, max(i, j) ≤ n ≤ degree. All of it is polynomial in (u, v, z),
/// gradients too: at the apex, z = 1, they are the limits along the line of that (u, v).
GeometryBasis pyramid_basis(int degree, const std::array<double, 3>& at);

/// The collapsed coordinates of `X`; of the apex those of the line from the base's centre.
std::array<double, 3> collapsed(const double* X);

}  // namespace femsynth::meshes
