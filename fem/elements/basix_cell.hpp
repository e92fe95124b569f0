#pragma once

#include <basix/cell.h>

#include "meshes/cell_type.hpp"

/// For the sources of this folder only: no other header includes Basix.
namespace femsynth::fem {

/// Basix's name of a cell.
inline basix::cell::type to_basix(meshes::CellType cell) {
  switch (cell) {
    case meshes::CellType::interval:
      return basix::cell::type::interval;
    case meshes::CellType::triangle:
      return basix::cell::type::triangle;
    case meshes::CellType::tetrahedron:
      return basix::cell::type::tetrahedron;
    case meshes::CellType::quadrilateral:
      return basix::cell::type::quadrilateral;
    case meshes::CellType::prism:
      return basix::cell::type::prism;
    case meshes::CellType::pyramid:
      return basix::cell::type::pyramid;
    case meshes::CellType::hexahedron:
      break;
  }
  return basix::cell::type::hexahedron;
}

}  // namespace femsynth::fem
