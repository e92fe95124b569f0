#pragma once

#include <string>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"
#include "fem/passes/passes.hpp"

namespace femsynth::fem::testing {

/// A module over one cell type whose forms the test builds by hand.
inline FormModule module_on(meshes::CellType cell) {
  FormModule module{"form.py", "the only line\n", ExprGraph(cell), {}, {}};
  return module;
}

inline Element lagrange(meshes::CellType cell, int degree, Shape shape = {}) {
  return {Family::lagrange, cell, degree, std::move(shape)};
}

inline Form form_of(ExprId integrand, std::optional<int> degree = std::nullopt) {
  return {"a", {{IntegralKind::cell, {}, degree, integrand, {1, 5}}}};
}

}  // namespace femsynth::fem::testing
