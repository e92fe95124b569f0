#include "synth/lower/names.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <string_view>
#include <vector>

#include "synth/kernel/names.hpp"

namespace femsynth::synth {
namespace {

/// The names that lowering gives itself, each between blanks.
constexpr std::string_view ours =
    " A C D E H J K M X area b c cell cell_coordinate cell_diameter cell_edge cell_normal "
    "cell_orientation cell_orientations cell_origin cell_vertex cell_vertices cell_volume "
    "circumradius column "
    "constants coordinates corner count dddddx ddddx dddx ddx detJ detg dx e entity entity_cells "
    "entity_facets "
    "entity_permutations facet facet_area facet_coordinate facet_determinant facet_edge "
    "facet_inverse facet_jacobian facet_metric facet_origin facet_tangent first_partial i input "
    "growth inverse_det j k l max_cell_edge max_facet_edge metric metric_inverse min_cell_edge "
    "min_facet_edge n "
    "node normals orientation "
    "partials permutation place positions q quadrature_weight reference_cell_volume "
    "reference_edge reference_facet_edge reference_facet_volume reference_normal result scale "
    "sums test_nodes trial_node trial_nodes u v vertex weights x ";

/// What lowering puts before and behind a function's name, once or more.
constexpr std::string_view prefixes[] = {"im_",  "grad_", "hess_", "d3_",   "d4_",
                                         "ref_", "ref0_", "ref2_", "ref3_", "ref4_"};
constexpr std::string_view suffixes[] = {"_p", "_m", "_local", "_dofs", "_nodes"};

/// `name` without one thing that lowering adds, in each way that there is.
std::vector<std::string> reductions(const std::string& name) {
  std::vector<std::string> result;
  for (const std::string_view prefix : prefixes) {
    if (name.starts_with(prefix)) result.push_back(name.substr(prefix.size()));
  }
  for (const std::string_view suffix : suffixes) {
    if (name.ends_with(suffix)) result.push_back(name.substr(0, name.size() - suffix.size()));
  }
  const std::size_t last = name.find_last_not_of("0123456789");
  if (last != std::string::npos && last + 1 < name.size() && name[last] == '_') {
    result.push_back(name.substr(0, last));  // a component, or a part of an element
  }
  return result;
}

/// Can `name` be made from one that `found` accepts?
bool made_from(const std::string& name, const std::function<bool(const std::string&)>& found) {
  if (found(name)) return true;
  const std::vector<std::string> shorter = reductions(name);
  return std::any_of(shorter.begin(), shorter.end(),
                     [&](const std::string& s) { return made_from(s, found); });
}

bool is_ours(const std::string& name) {
  return ours.find(" " + name + " ") != std::string_view::npos;
}

/// t0, F12, J_00, …: a letter of ours and then digits and underscores.
bool looks_internal(std::string_view name) {
  constexpr std::string_view letters = "tFJKHNsSGkDPMgl";
  if (name.size() < 2 || letters.find(name[0]) == std::string_view::npos) return false;
  for (const char c : name.substr(1)) {
    if (c != '_' && std::isdigit(static_cast<unsigned char>(c)) == 0) return false;
  }
  return true;
}

}  // namespace

std::string identifier(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool good =
        std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80U;
    result += good ? c : '_';
  }
  if (result.empty() || std::isdigit(static_cast<unsigned char>(result[0])) != 0) {
    result.insert(result.begin(), '_');
  }
  return result;
}

std::string Names::unique(const std::string& wanted) {
  std::string name = identifier(wanted);
  const auto internal = [](const std::string& s) { return is_ours(s) || looks_internal(s); };
  const auto clashes = [&] {
    return is_reserved_global_name(name) || made_from(name, internal) ||
           made_from(name, [&](const std::string& s) { return taken_.contains(s); }) ||
           std::any_of(taken_.begin(), taken_.end(), [&](const std::string& other) {
             return made_from(other, [&](const std::string& s) { return s == name; });
           });
  };
  while (clashes()) name.insert(0, "w_");
  taken_.insert(name);
  return name;
}

}  // namespace femsynth::synth
