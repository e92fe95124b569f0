#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fem/elements/quadrature.hpp"
#include "fem/form/graph.hpp"

namespace femsynth::fem {

/// The domain of integration.
enum class IntegralKind {
  cell,            ///< dx
  exterior_facet,  ///< ds
  interior_facet,  ///< dS: a facet between two cells; sides '+' (the lower cell) and '−'
  vertex,          ///< dP: the sum over the vertices of the mesh, each once
};

/// "dx", "ds", "dS" or "dP".
const char* measure_name(IntegralKind kind);

/// One integral of a form.
struct Integral {
  IntegralKind kind = IntegralKind::cell;
  std::vector<int> subdomains{};  ///< ids, ascending; empty: everywhere
  std::optional<int> degree{};    ///< quadrature degree that the form asks for
  ExprId integrand{};             ///< a scalar with no free indices
  SourceLocation where{};         ///< of the measure
  QuadratureScheme scheme{};      ///< quadrature rule that the form asks for

  bool operator==(const Integral&) const = default;
};

/// A sum of integrals. Rank 0 is a functional, 1 a linear, 2 a bilinear form.
struct Form {
  std::string name;
  std::vector<Integral> integrals;
};

/// An expression to be tabulated at points of each cell, as FFCx's `expressions`.
struct PointExpression {
  std::string name;
  ExprId value{};              ///< of any shape, at most linear in one argument, no free indices
  std::vector<double> points;  ///< n × t row-major, on the reference cell
};

/// What a form file defines.
struct FormModule {
  std::string path;    ///< as given, for messages
  std::string source;  ///< the file's text
  ExprGraph graph;
  std::vector<Form> forms;        ///< those that are wanted: exported by the file, or by name
  std::vector<Form> named_forms;  ///< all that variables of the file hold, in order
  std::vector<PointExpression> expressions{};  ///< of the file's list `expressions`
  std::vector<Element> elements{};             ///< that variables of the file hold, in order
};

/// The integrands of a form's integrals, in order.
std::vector<ExprId> integrands(const Form& form);

/// Number of arguments: 1 + the largest argument number that occurs; 0 if none does.
/// (Whether each integral has them all, linearly, is passes/check_arity's matter.)
int rank(const ExprGraph& graph, const Form& form);

/// The arguments that a form reads, by number, then by part. Throws InputError if two of one number
/// and part differ in their elements, if some are parts of a MixedFunctionSpace and others of that
/// number are not, or if there is a trial but no test function.
std::vector<ExprId> argument_nodes(const ExprGraph& graph, const Form& form);

/// Arguments of a form by number (element of the test, then of the trial function). Throws
/// InputError where argument_nodes() does, and if a number has several parts.
std::vector<Element> argument_elements(const ExprGraph& graph, const Form& form);

/// Numbers of the coefficients (constants) that a form reads, ascending.
std::vector<std::int32_t> used_coefficients(const ExprGraph& graph, const Form& form);
std::vector<std::int32_t> used_constants(const ExprGraph& graph, const Form& form);

/// UFL-like text of an expression: `inner(grad(v_1), grad(v_0))`; arguments are v_0 and v_1,
/// coefficients and constants go by name, free indices by i_label. Subexpressions of more than
/// some hundred characters come first, on lines of their own (`t0 = …`), so that the text stays
/// linear in the number of nodes.
std::string to_string(const ExprGraph& graph, ExprId id);
/// UFL-like text of a form, an integral a line.
std::string to_string(const ExprGraph& graph, const Form& form);

/// Text that two real forms share exactly when they are the same up to the names of the
/// coefficients, constants and indices: an s-expression, one line a distinct node, with all of
/// these renumbered in order of first use.
std::string canonical_text(const ExprGraph& graph, const Form& form);

}  // namespace femsynth::fem
