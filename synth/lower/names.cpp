#include "synth/lower/names.hpp"

#include <cctype>
#include <string_view>

#include "synth/kernel/names.hpp"

namespace femsynth::synth {
namespace {

/// The names that lowering gives itself, each between blanks.
constexpr std::string_view ours =
    " A C J K M X area b c cell cell_vertices column constants coordinates count detJ e entity "
    "entity_cells entity_facets facet first_partial i input inverse_det j k n node normals "
    "partials place positions q result scale sums test_nodes trial_nodes u u_local v vertex "
    "weights x ";

bool is_ours(const std::string& name) {
  return ours.find(" " + name + " ") != std::string_view::npos;
}

/// t0, F12, J_00, …: a letter of ours and then digits and underscores.
bool looks_internal(std::string_view name) {
  constexpr std::string_view prefixes = "tFJKHNsSGk";
  if (name.size() < 2 || prefixes.find(name[0]) == std::string_view::npos) return false;
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
  while (is_ours(name) || is_reserved_global_name(name) || looks_internal(name) ||
         taken_.contains(name)) {
    name.insert(0, "w_");
  }
  taken_.insert(name);
  return name;
}

}  // namespace femsynth::synth
