#include "synth/lower/names.hpp"

#include <cctype>
#include <string_view>

namespace femsynth::synth {
namespace {

/// Keywords, built-in variables and functions, and the names that lowering gives.
const std::set<std::string, std::less<>>& reserved() {
  static const std::set<std::string, std::less<>> words = {"alignas",
                                                           "alignof",
                                                           "and",
                                                           "and_eq",
                                                           "asm",
                                                           "auto",
                                                           "bitand",
                                                           "bitor",
                                                           "bool",
                                                           "break",
                                                           "case",
                                                           "catch",
                                                           "char",
                                                           "class",
                                                           "compl",
                                                           "concept",
                                                           "const",
                                                           "constexpr",
                                                           "continue",
                                                           "decltype",
                                                           "default",
                                                           "delete",
                                                           "do",
                                                           "double",
                                                           "else",
                                                           "enum",
                                                           "explicit",
                                                           "export",
                                                           "extern",
                                                           "false",
                                                           "float",
                                                           "for",
                                                           "friend",
                                                           "goto",
                                                           "if",
                                                           "inline",
                                                           "int",
                                                           "long",
                                                           "mutable",
                                                           "namespace",
                                                           "new",
                                                           "noexcept",
                                                           "not",
                                                           "not_eq",
                                                           "nullptr",
                                                           "operator",
                                                           "or",
                                                           "or_eq",
                                                           "private",
                                                           "protected",
                                                           "public",
                                                           "register",
                                                           "requires",
                                                           "restrict",
                                                           "return",
                                                           "short",
                                                           "signed",
                                                           "sizeof",
                                                           "static",
                                                           "struct",
                                                           "switch",
                                                           "template",
                                                           "this",
                                                           "throw",
                                                           "true",
                                                           "try",
                                                           "typedef",
                                                           "typeid",
                                                           "typename",
                                                           "union",
                                                           "unsigned",
                                                           "using",
                                                           "virtual",
                                                           "void",
                                                           "volatile",
                                                           "while",
                                                           "xor",
                                                           "xor_eq",
                                                           "main",
                                                           "thread",
                                                           "block",
                                                           "block_size",
                                                           "local_thread",
                                                           "grid_size",
                                                           "threadIdx",
                                                           "blockIdx",
                                                           "blockDim",
                                                           "gridDim",
                                                           "warpSize",
                                                           "abs",
                                                           "fabs",
                                                           "sign",
                                                           "sqrt",
                                                           "exp",
                                                           "log",
                                                           "sin",
                                                           "cos",
                                                           "tan",
                                                           "asin",
                                                           "acos",
                                                           "atan",
                                                           "sinh",
                                                           "cosh",
                                                           "tanh",
                                                           "erf",
                                                           "pow",
                                                           "atan2",
                                                           "fmin",
                                                           "fmax",
                                                           "min",
                                                           "max",
                                                           "select",
                                                           "j0",
                                                           "j1",
                                                           "y0",
                                                           "y1",
                                                           "gamma",
                                                           "lgamma",
                                                           "tgamma",
                                                           "round",
                                                           "floor",
                                                           "ceil",
                                                           "norm",
                                                           "atomicAdd",
                                                           "kernel",
                                                           "device",
                                                           "module",
                                                           "table",
                                                           "let",
                                                           "array",
                                                           "shared",
                                                           "for",
                                                           "in",
                                                           "real",
                                                           "barrier",
                                                           "atomic",
                                                           "A",
                                                           "b",
                                                           "M",
                                                           "C",
                                                           "X",
                                                           "J",
                                                           "K",
                                                           "x",
                                                           "n",
                                                           "q",
                                                           "i",
                                                           "j",
                                                           "k",
                                                           "v",
                                                           "c",
                                                           "e",
                                                           "column",
                                                           "cell",
                                                           "facet",
                                                           "entity",
                                                           "scale",
                                                           "detJ",
                                                           "inverse_det",
                                                           "area",
                                                           "sum",
                                                           "out",
                                                           "constants",
                                                           "coordinates",
                                                           "cell_vertices",
                                                           "entity_cells",
                                                           "entity_facets",
                                                           "test_nodes",
                                                           "trial_nodes",
                                                           "positions",
                                                           "input",
                                                           "u",
                                                           "u_local",
                                                           "partial",
                                                           "partials",
                                                           "count",
                                                           "stride",
                                                           "values",
                                                           "weights",
                                                           "normals"};
  return words;
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
  while (reserved().contains(name) || looks_internal(name) || name.starts_with("__") ||
         taken_.contains(name)) {
    name += "_";
  }
  taken_.insert(name);
  return name;
}

}  // namespace femsynth::synth
