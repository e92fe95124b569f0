#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fem/language/arguments.hpp"

/// What form files call elements, cells and their variants: basix.ufl's, the older ufl's and
/// Basix's enumerations' names.
namespace femsynth::fem {

/// The cell that an argument gives: by name, as triangle, Cell("triangle"), CellType.triangle, or
/// that of a mesh.
meshes::CellType cell_argument(const CallArguments& args, std::size_t k);

/// The element, of degree 0, of a family's name in the argument k: a string or member of
/// ElementFamily. Refuses families that the cell does not have. A prefix is left out
/// of the name if it is there.
Element named_family(const CallArguments& args, std::size_t k, meshes::CellType cell,
                     std::string_view prefix = {});
/// The same with the degree of the argument `degree`, which may be missing for "Real".
Element named_element(const CallArguments& args, std::size_t k, meshes::CellType cell,
                      std::size_t degree);

/// An element's degree; check_made refuses what is out of range.
int degree_argument(const CallArguments& args, std::size_t k);

/// Makes a basic element discontinuous, as basix.ufl's `discontinuous=True`.
void make_discontinuous(Element& element);

/// Lagrange and DPC variants by the members of Basix's enumerations; None and `unset` are the
/// default. Refuses variants that the family does not have.
void set_lagrange_variant(const CallArguments& args, std::size_t k, Element& element);
void set_dpc_variant(const CallArguments& args, std::size_t k, Element& element);

/// Refuses an element that fem::check_element refuses, at the argument k.
void check_made(Evaluator& evaluator, const CallArguments& args, std::size_t k,
                const Element& element);

/// Was the argument given, and not as None?
inline bool given(const CallArguments& args, std::size_t k) {
  return args.has(k) && !args[k].is<None>();
}

}  // namespace femsynth::fem
