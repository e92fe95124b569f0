#pragma once

#include <functional>
#include <string>
#include <vector>

#include "synth/lower/context.hpp"
#include "synth/lower/integrand_function.hpp"
#include "synth/lower/sum_factorisation.hpp"

/// Which integrals have a rule and bases that are products of one-dimensional ones.
namespace femsynth::synth {

/// The axes of a facet of a quadrilateral or hexahedron.
struct FacetAxes {
  std::vector<int> axes;  ///< those of its frame, then the one across it
  double end = 0;         ///< where it cuts that: 0 or 1
};
FacetAxes facet_axes(meshes::CellType cell, int facet);

/// Why an integral with these terms is not sum factorised, or "" if it can be.
std::string why_no_sum_factorisation(const IntegralContext& context,
                                     const std::vector<ScaledTerm>& terms);

/// The integral's points alone, without a basis.
LineBasis point_grid(const IntegralContext& context, const Side& side);

/// Functions of one variable.
struct LineFunctions {
  std::string label;
  const char* symbol = "";  ///< what comments call function i
  int count = 0;
  /// Their values (derivative 0) or derivatives (1) at points, [point][i].
  std::function<std::vector<double>(std::size_t derivative, const std::vector<double>& points)>
      values;
};
/// Their products at the integral's points, seen from one side; adds tables of them, but none of
/// places and indices.
LineBasis tabulate_lines(const IntegralContext& context, const LineFunctions& functions,
                         const Side& side, TableSet& tables);

/// Table [node][k], of facets [facet][node][k], of indices that are given by reference axis,
/// nodes × t; `what` says what they are.
std::string index_table(const IntegralContext& context, const LineBasis& basis,
                        const std::vector<int>& index, const std::string& what, TableSet& tables);

/// The basis at the integral's points, seen from one side; adds its tables.
LineBasis make_line_basis(const IntegralContext& context, const fem::Element& basic,
                          const Side& side, TableSet& tables);

/// Name of a table [q] of the weights along an axis; "" unless the rule's weights are their
/// products.
std::string line_weights(const IntegralContext& context, TableSet& tables);

/// Name of a table [facet][k]: the reference axis that is number k of a facet's axes.
std::string facet_order_table(const IntegralContext& context, TableSet& tables);

/// Name of a table [facet][e]: where the reference axis e stands among a facet's axes.
std::string facet_axis_table(const IntegralContext& context, TableSet& tables);

}  // namespace femsynth::synth
