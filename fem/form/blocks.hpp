#pragma once

#include <optional>

#include "fem/form/form.hpp"

/// Forms on several spaces at once: their arguments are parts of a MixedFunctionSpace, or on mixed
/// elements. A block is the form with its test function on the i-th of the spaces alone, and its
/// trial function on the j-th.
namespace femsynth::fem {

/// Whether some arguments of a form are parts of a MixedFunctionSpace.
bool has_parts(const ExprGraph& g, const Form& form);

/// The form with the other parts of its test (trial) function zero; `column` is for forms that
/// have a trial function. Integrals that vanish are dropped.
Form block_of_parts(ExprGraph& g, const Form& form, int row, std::optional<int> column);

/// How many blocks a mixed or blocked element has: its sub-elements; 0 of other elements.
int block_count(const Element& element);

/// The form with the other sub-elements' components of its test (trial) function zero. A function
/// on an element that has no blocks stays as it is. `replace_argument`: the component that is left
/// is a new argument on the sub-element, not a component of the whole. Throws InputError for
/// symmetric matrices, whose components are not those of their blocks.
Form block_of_elements(ExprGraph& g, const Form& form, int row, std::optional<int> column,
                       bool replace_argument);

/// A form with one part of each argument, with ordinary arguments in their places; other forms as
/// they are.
Form without_parts(ExprGraph& g, const Form& form);

}  // namespace femsynth::fem
