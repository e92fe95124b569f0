#pragma once

#include <string>
#include <vector>

#include "fem/language/value.hpp"
#include "meshes/support/error.hpp"

/// Elements and quadrature schemes as the builtins make them.
namespace femsynth::fem {

/// The mixed or enriched element of these parts. Throws LocatedError: different cells, different
/// value shapes of an enriched element's parts, limits.
Element composed_element(Evaluator& evaluator, Family family, std::vector<Element> parts,
                         SourceLocation where);

/// 0 to limits::quadrature_degree; the value belongs to the argument k.
int quadrature_degree_argument(const CallArguments& arguments, std::size_t k, const Value& value);

/// Adds the numbers of (nested) lists. Throws LocatedError above limits::list_length.
void append_numbers(const CallArguments& arguments, std::size_t k, const Value& value,
                    std::vector<double>& numbers);

/// A scheme's name, in fem/elements/quadrature.hpp's spelling, from a string or a member of
/// basix.QuadratureType.
std::string quadrature_scheme(const CallArguments& arguments, std::size_t k);
std::string quadrature_scheme(const CallArguments& arguments, std::size_t k, const Value& value);

/// The points of an element's degrees of freedom, or of a quadrature rule: a list of lists.
Value point_list(Evaluator& evaluator, const std::vector<double>& points, int dim,
                 SourceLocation where);

/// The functions that a function of a mixed space consists of, as ufl's split().
std::vector<Value> split_function(Evaluator& evaluator, ExprId function, SourceLocation where);

}  // namespace femsynth::fem
