#pragma once

#include <string>
#include <string_view>

/// Names that kernel IR may not use, because the text form or CUDA C++ gives them a meaning.
namespace femsynth::synth {

/// True for C++ and CUDA keywords, types, built-in variables and intrinsics that emitted code
/// uses, keywords of the IR's text form, and anything beginning with two underscores.
bool is_reserved_name(std::string_view name);

/// As above, and also the functions that NVRTC declares at global scope (y0, norm, max, …):
/// these may be names of lets and arrays but not of tables and functions.
bool is_reserved_global_name(std::string_view name);

/// True for [A-Za-z_][A-Za-z0-9_]*.
bool is_identifier(std::string_view name);

/// A name that may be used anywhere, from any text: characters outside identifiers become
/// underscores, and a reserved name gets an underscore at its end.
std::string usable_name(std::string_view wish);

}  // namespace femsynth::synth
