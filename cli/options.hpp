#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "meshes/mesh.hpp"
#include "synth/program.hpp"

namespace CLI {
class App;
}

/// Options that several verbs share, and what they mean.
namespace femsynth::cli {

/// Largest seed that an option takes; smaller than 2⁶³, as CLI11 reads bounds with a sign.
inline constexpr std::int64_t largest_seed = std::numeric_limits<std::int64_t>::max();

/// FORM.py [--form NAME] [--strategy S] [--method M] [--precision P] [--block-size N] [--arch A]
struct FormOptions {
  std::string file;
  std::string form;       ///< empty: all exported forms
  std::string strategy;   ///< empty: the default for each form's rank
  std::string method;     ///< empty: the cheapest for each integral
  std::string precision;  ///< empty: f64, or c128 for a form with complex literals
  int block_size = 128;
  std::string arch = "sm_90";
};
/// `more_strategy`: another word that --strategy takes.
void add_form_options(CLI::App& verb, FormOptions& options, const char* more_strategy = nullptr);

/// --mesh M [--perturb P] [--mesh-seed N]
struct MeshOptions {
  std::vector<std::string> meshes;
  double perturb = 0;
  std::uint64_t seed = 1;
};
/// `several`: --mesh may be repeated and left out.
void add_mesh_options(CLI::App& verb, MeshOptions& options, bool several);
meshes::Mesh load_mesh(const MeshOptions& options, const std::string& name);

/// Throws InputError unless the mesh has the form file's cells.
void require_cell(const fem::FormModule& module, const meshes::Mesh& mesh,
                  const std::string& mesh_name);

/// --set NAME=EXPR, any number of times.
void add_set_option(CLI::App& verb, std::vector<std::string>& settings);

/// Reads the form file.
fem::FormModule load_forms(const FormOptions& options);

/// The schedule for a form. A strategy that does not apply to the form's rank is left to
/// synth::make_program to refuse if `options` names the form; where the file exports several
/// forms, the default of the form's rank takes its place, and `note` says so.
struct ChosenSchedule {
  synth::Schedule schedule;
  std::string note;  ///< what to tell the user, if anything
};
ChosenSchedule choose_schedule(const FormOptions& options, const fem::FormModule& module,
                               const fem::Form& form);

/// The schedule for an expression: precision and block size.
synth::Schedule expression_schedule(const FormOptions& options, const fem::FormModule& module,
                                    const fem::PointExpression& expression);

/// Is it one form that the options are about: named, or the only one of its file?
bool is_one_form(const FormOptions& options, const fem::FormModule& module);
/// What to tell the user where the wanted method applies to none of a form's integrals, "" if all
/// is well. Throws InputError instead of that where `refuse` is set.
std::string method_note(const synth::Program& program, bool refuse);

/// The strategy of that name. Throws InputError that lists the names.
synth::Strategy strategy_of(const std::string& name);
/// The names of all strategies, in order.
std::vector<std::string> strategy_names();

}  // namespace femsynth::cli
