#pragma once

#include <string>

#include "fem/form/graph.hpp"

/// What the constructors of algebra.hpp share: descriptions of operands for messages, and the
/// merging of free indices.
namespace femsynth::fem {

/// "a scalar", "a vector of shape (2,)", "a matrix of shape (2, 3)", "a tensor of shape …",
/// "a condition"; with ", with free indices" where it has some.
std::string describe(const ExprGraph& g, ExprId id);

/// Throws InputError "`what` of a condition" if the operand is one.
void require_value(const ExprGraph& g, ExprId id, const char* what);
/// Throws InputError unless the operand is a scalar without free indices.
void require_true_scalar(const ExprGraph& g, ExprId id, const char* what);

/// The union of two lists of free indices. Throws InputError if one index has two extents.
std::vector<FreeIndex> merge_free(const std::vector<FreeIndex>& a, const std::vector<FreeIndex>& b);
/// The labels that both lists hold, ascending.
std::vector<std::int32_t> shared_labels(const std::vector<FreeIndex>& a,
                                        const std::vector<FreeIndex>& b);
/// The list without one label.
std::vector<FreeIndex> without_label(const std::vector<FreeIndex>& free, std::int32_t label);

bool is_zero(const ExprGraph& g, ExprId id);
/// A real literal or a scalar zero without free indices.
bool is_literal(const ExprGraph& g, ExprId id);
/// Value of a literal.
double literal_value(const ExprGraph& g, ExprId id);

}  // namespace femsynth::fem
