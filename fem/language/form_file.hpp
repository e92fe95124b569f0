#pragma once

#include <string>
#include <vector>

#include "fem/form/form.hpp"

/// UFL form files. They are read and evaluated here; nothing of Python is run.
/// notes/form_language.md says what is accepted, limits.hpp how much of it.
namespace femsynth::fem {

struct LanguageOptions {
  /// The form that is wanted, by its variable's name or the one it has in `forms` (a_01), or else
  /// that of `expressions` by its own. Empty: all expressions, and the forms that it exports, which
  /// are, as in FFCx, the list `forms` if there is one, else those of a, L, M that there are,
  /// and of F, J unless there are both a and L; and, if none of these names is there, all
  /// variables that hold forms.
  std::string form;
  /// The names of ufl are known without an import, as in the older `.ufl` files.
  bool implicit_ufl = false;
};

/// Evaluates a form file's text; `path` is its name in messages. FormModule::forms are the forms
/// that are wanted; there are none in a file that defines elements, or `expressions`, alone.
/// Throws LocatedError (or InputError, if there is no place).
FormModule parse_form(std::string source, std::string path, const LanguageOptions& options = {});

/// Reads and evaluates a form file; in one whose name ends in ".ufl", ufl's names are known.
FormModule load_form_file(const std::string& path, LanguageOptions options = {});

/// The components of a field given by an expression in the coordinates `x`.
struct FieldExpression {
  std::string text;
  ExprGraph graph;
  std::vector<ExprId> components;  ///< scalars without free indices, row-major
};

/// Evaluates a UFL expression in `x`, such as "sin(pi*x[0])" or "(x[1], 0)" (a tuple or list for
/// several components, one after another), on meshes of that kind. The names of ufl are known.
/// `name` stands for the file in messages. Throws LocatedError, also when the expression reads
/// anything but coordinates and numbers.
FieldExpression parse_field(const std::string& text, const Domain& domain, const std::string& name);

}  // namespace femsynth::fem
