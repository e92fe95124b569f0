#pragma once

#include "fem/language/ast.hpp"
#include "fem/language/source.hpp"

namespace femsynth::fem {

/// The syntax tree of a form file. The grammar is the part of Python's that form files use:
/// imports, assignments, expressions, and functions with one return; operators have Python's
/// precedence and associativity. What is not in it is refused by name. Throws LocatedError.
ast::Module parse(const Source& source);

}  // namespace femsynth::fem
