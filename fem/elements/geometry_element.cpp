#include "fem/elements/geometry_element.hpp"

namespace femsynth::fem {

Element geometry_element(meshes::CellType cell, int degree) {
  Element element{Family::lagrange, cell, degree, {}};
  // Up to degree 2 the default variant's points are these.
  if (cell == meshes::CellType::pyramid && degree > 2) {
    element.lagrange_variant = LagrangeVariant::equispaced;
  }
  return element;
}

}  // namespace femsynth::fem
