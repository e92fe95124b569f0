#pragma once

#include <map>
#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/language/form_file.hpp"
#include "meshes/mesh.hpp"
#include "synth/run/assembly.hpp"

/// What `--set NAME=EXPR` gives to a form's coefficients and constants.
namespace femsynth::cli {

/// The settings of a command line, read and matched to the names that the forms use.
class Settings {
 public:
  /// Throws InputError for a setting that is not NAME=EXPR, is given twice or names nothing that
  /// the forms read, and for fields with a wrong number of components.
  Settings(const fem::FormModule& module, const std::vector<std::string>& settings);

  /// Throws InputError, which lists them, if something that the forms read has no value.
  void require_all() const;
  /// Puts the dof values of coefficients and the values of constants that have been set into
  /// `inputs`, as (re, im) pairs for a complex precision, and leaves the others as they are.
  void apply(const meshes::Mesh& mesh, const synth::AssemblySpaces& spaces,
             synth::Precision precision, synth::FormInputs& inputs) const;
  bool empty() const { return fields_.empty(); }

 private:
  struct Target {
    bool constant = false;
    std::int32_t number = 0;
    fem::Shape shape;
  };
  void find_targets();
  void add(const std::string& setting);

  const fem::FormModule& module_;
  std::map<std::string, Target> targets_;  ///< by name: everything that the forms read
  std::map<std::string, fem::FieldExpression> fields_;
};

/// The dofs of a field's interpolant, as (re, im) pairs for a complex precision; `label` names it
/// in messages.
std::vector<double> interpolate_field(const std::string& label, const fem::FieldExpression& field,
                                      const meshes::Mesh& mesh, const fem::Element& element,
                                      const fem::DofMap& dof_map, synth::Precision precision);

}  // namespace femsynth::cli
