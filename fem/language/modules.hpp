#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fem/language/value.hpp"

/// The modules that a form file may import, and what is in them.
namespace femsynth::fem {

/// Whether that module can be imported: "ufl", "ufl.geometry", "basix.ufl", "math", ….
bool is_module(const std::string& name);
/// Names of the modules, for messages.
std::string module_list();

/// The value of a module's name; nothing if the module has no such name, or if it has and we do
/// not implement it (see unsupported_reason). `new_label` numbers the predefined indices.
std::optional<Value> module_member(const std::string& module, const std::string& name);
/// Why a name that the real module has is refused: "interior facet integrals"; nullptr if the
/// module has no such name. May be empty.
const char* unsupported_reason(const std::string& module, const std::string& name);
/// The names that we implement, sorted.
std::vector<std::string> member_names(const std::string& module);

/// Python's own functions: abs, len, sum, ….
std::optional<Value> python_builtin(const std::string& name);
std::vector<std::string> python_builtin_names();

/// The predefined indices of ufl, i j k l p q r s, have the labels 0 … 7.
constexpr int predefined_index_count = 8;

/// The candidate nearest to a misspelt name, if one is near enough; else empty.
std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace femsynth::fem
