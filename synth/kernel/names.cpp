#include "synth/kernel/names.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "synth/kernel/module.hpp"

namespace femsynth::synth {
namespace {

// Sorted, for binary search; the test of this file checks the order. NULL is a macro of NVRTC's.
constexpr std::string_view kReserved[] = {
    "NULL",      "abs",       "acos",         "acosf",         "alignas",     "alignof",
    "and",       "and_eq",    "array",        "asin",          "asinf",       "asm",
    "atan",      "atan2",     "atan2f",       "atanf",         "atomic",      "atomicAdd",
    "auto",      "barrier",   "bessel_i",     "bessel_j",      "bessel_k",    "bessel_y",
    "bitand",    "bitor",     "block",        "blockDim",      "blockIdx",    "block_size",
    "bool",      "break",     "call",         "case",          "catch",       "char",
    "char16_t",  "char32_t",  "char8_t",      "class",         "co_await",    "co_return",
    "co_yield",  "compl",     "concept",      "const",         "const_cast",  "consteval",
    "constexpr", "constinit", "continue",     "copysign",      "copysignf",   "cos",
    "cosf",      "cosh",      "coshf",        "decltype",      "default",     "delete",
    "device",    "do",        "double",       "dynamic_cast",  "else",        "enum",
    "erf",       "erff",      "exp",          "expf",          "explicit",    "export",
    "extern",    "fabs",      "fabsf",        "false",         "float",       "fmax",
    "fmaxf",     "fmin",      "fminf",        "for",           "friend",      "goto",
    "gridDim",   "grid_size", "if",           "inf",           "inline",      "int",
    "kernel",    "let",       "local_thread", "log",           "logf",        "long",
    "main",      "module",    "mutable",      "namespace",     "nan",         "new",
    "noexcept",  "noinline",  "not",          "not_eq",        "nullptr",     "operator",
    "or",        "or_eq",     "out",          "pow",           "powf",        "printf",
    "private",   "protected", "public",       "real",          "register",    "reinterpret_cast",
    "requires",  "return",    "select",       "shared",        "short",       "sign",
    "signed",    "sin",       "sinf",         "sinh",          "sinhf",       "sizeof",
    "sqrt",      "sqrtf",     "static",       "static_assert", "static_cast", "std",
    "struct",    "switch",    "table",        "tan",           "tanf",        "tanh",
    "tanhf",     "template",  "this",         "thread",        "threadIdx",   "thread_local",
    "throw",     "true",      "try",          "typedef",       "typeid",      "typename",
    "union",     "unroll",    "unsigned",     "using",         "virtual",     "void",
    "volatile",  "warpSize",  "wchar_t",      "while",         "xor",         "xor_eq",
};

// What NVRTC declares before the first line of a source: the mathematics library without the
// names above; a trailing f is taken off before the look-up. Sorted.
constexpr std::string_view kDeclared[] = {
    "acosh",         "asinh",     "assert",     "atanh",     "atomicAnd",
    "atomicCAS",     "atomicDec", "atomicExch", "atomicInc", "atomicMax",
    "atomicMin",     "atomicOr",  "atomicSub",  "atomicXor", "cbrt",
    "ceil",          "clock",     "clock64",    "cospi",     "cyl_bessel_i0",
    "cyl_bessel_i1", "dim3",      "erfc",       "erfcinv",   "erfcx",
    "erfinv",        "exp10",     "exp2",       "expm1",     "fdim",
    "fdivide",       "floor",     "fma",        "fmod",      "free",
    "frexp",         "hypot",     "ilogb",      "isfinite",  "isinf",
    "isnan",         "j0",        "j1",         "jn",        "labs",
    "ldexp",         "lgamma",    "llabs",      "llmax",     "llmin",
    "llrint",        "llround",   "log10",      "log1p",     "log2",
    "logb",          "lrint",     "lround",     "malloc",    "max",
    "memcpy",        "memset",    "min",        "modf",      "nearbyint",
    "nextafter",     "norm",      "norm3d",     "norm4d",    "normcdf",
    "normcdfinv",    "ptrdiff_t", "rcbrt",      "remainder", "remquo",
    "rhypot",        "rint",      "rnorm",      "rnorm3d",   "rnorm4d",
    "round",         "rsqrt",     "scalbln",    "scalbn",    "signbit",
    "sincos",        "sincospi",  "sinpi",      "size_t",    "tgamma",
    "trap",          "trunc",     "ullmax",     "ullmin",    "umax",
    "umin",          "y0",        "y1",         "yn",
};

template <std::size_t N>
bool contains(const std::string_view (&sorted)[N], std::string_view name) {
  return std::binary_search(std::begin(sorted), std::end(sorted), name);
}

constexpr std::pair<std::string_view, int> kMathFunctions[] = {
    {"abs", 1},      {"sign", 1}, {"sqrt", 1},  {"exp", 1},      {"log", 1},      {"sin", 1},
    {"cos", 1},      {"tan", 1},  {"asin", 1},  {"acos", 1},     {"atan", 1},     {"sinh", 1},
    {"cosh", 1},     {"tanh", 1}, {"erf", 1},   {"bessel_j", 2}, {"bessel_y", 2}, {"bessel_i", 2},
    {"bessel_k", 2}, {"pow", 2},  {"atan2", 2}, {"fmin", 2},     {"fmax", 2},
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

int math_function_arity(const std::string& name) {
  for (const auto& [known, arity] : kMathFunctions) {
    if (known == name) return arity;
  }
  return 0;
}

bool is_math_function(const std::string& name) { return math_function_arity(name) > 0; }

bool is_reserved_name(std::string_view name) {
  return name.starts_with("__") || contains(kReserved, name);
}

bool is_reserved_global_name(std::string_view name) {
  if (is_reserved_name(name) || contains(kDeclared, name)) return true;
  return name.ends_with('f') && contains(kDeclared, name.substr(0, name.size() - 1));
}

bool is_identifier(std::string_view name) {
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string usable_name(std::string_view wish) {
  std::string name;
  if (wish.empty() || is_digit(wish.front())) name += 'v';
  for (const char c : wish) name += is_letter(c) || is_digit(c) ? c : '_';
  while (name.starts_with("__")) name.erase(0, 1);
  if (is_reserved_global_name(name)) name += '_';
  return name;
}

}  // namespace femsynth::synth
