#include "fem/language/modules.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numbers>
#include <string_view>

#include "fem/language/builtins.hpp"

namespace femsynth::fem {
namespace {

using Members = std::map<std::string, Value>;

void add_builtins(Members& members, std::span<const Builtin> builtins) {
  for (const Builtin& builtin : builtins) members[builtin.name] = {BuiltinValue{&builtin}};
}

constexpr const char* sobolev_spaces[] = {"L2",    "H1",    "H2",   "H3",      "HDiv",     "H1Curl",
                                          "H1Div", "HCurl", "HEin", "HDivDiv", "HCurlDiv", "HInf"};
constexpr const char* pull_backs[] = {"identity_pullback", "contravariant_piola", "covariant_piola",
                                      "double_covariant_piola", "double_contravariant_piola"};

Members ufl_members() {
  Members members;
  for (const auto table : {algebra_builtins(), tensor_builtins(), form_builtins(), block_builtins(),
                           space_builtins(), older_element_builtins(), measure_builtins()}) {
    add_builtins(members, table);
  }
  for (const meshes::CellType cell : meshes::kCellTypes) {
    members[std::string(meshes::name_of(cell))] = {cell};
  }
  for (const char* name : sobolev_spaces) members[name] = {EnumMember{"sobolevspace", name}};
  for (const char* name : pull_backs) members[name] = {EnumMember{"pullback", name}};
  std::int32_t label = 0;
  for (const char* name : {"i", "j", "k", "l", "p", "q", "r", "s"}) {
    members[name] = {IndexLabel{label++}};
  }
  members["dx"] = {MeasureValue{IntegralKind::cell, {}, {}}};
  members["ds"] = {MeasureValue{IntegralKind::exterior_facet, {}, {}}};
  members["dS"] = {MeasureValue{IntegralKind::interior_facet, {}, {}}};
  members["dP"] = {MeasureValue{IntegralKind::vertex, {}, {}}};
  members["pi"] = {std::numbers::pi};
  members["e"] = {std::numbers::e};
  return members;
}

Members enumeration(const char* name, std::initializer_list<const char*> names) {
  Members members;
  for (const char* member : names) members[member] = {EnumMember{name, member}};
  return members;
}

const std::map<std::string, Members>& modules() {
  static const std::map<std::string, Members> all = [] {
    std::map<std::string, Members> m;
    m["ufl"] = ufl_members();
    add_builtins(m["basix.ufl"], basix_ufl_builtins());
    add_builtins(m["math"], math_builtins());
    m["math"]["pi"] = {std::numbers::pi};
    m["math"]["e"] = {std::numbers::e};
    m["math"]["tau"] = {2 * std::numbers::pi};
    add_builtins(m["numpy"], numpy_builtins());
    m["numpy"]["pi"] = {std::numbers::pi};
    m["numpy"]["e"] = {std::numbers::e};
    add_builtins(m["itertools"], itertools_builtins());
    // Types of annotations, which are not evaluated, and switches of Python itself.
    m["typing"] = enumeration("typing", {"Any", "Callable", "Dict", "Iterable", "List", "Optional",
                                         "Sequence", "Tuple", "TypeVar", "Union"});
    m["__future__"] = enumeration("__future__", {"annotations", "division", "print_function"});
    add_builtins(m["utils"], utils_builtins());
    add_builtins(m["basix"], basix_builtins());
    add_builtins(m["basix.quadrature"], basix_quadrature_builtins());
    add_builtins(m["basix.finite_element"], basix_finite_element_builtins());
    add_builtins(m["basix.cell"], basix_cell_builtins());
    for (const char* name : {"ElementFamily", "LagrangeVariant", "DPCVariant", "CellType",
                             "QuadratureType", "ufl", "quadrature", "finite_element", "cell"}) {
      m["basix"][name] = {ModuleValue{std::string("basix.") + name}};
    }
    for (const char* name : {"ElementFamily", "LagrangeVariant", "DPCVariant"}) {
      m["basix.finite_element"][name] = m["basix"][name];
    }
    m["basix.cell"]["CellType"] = m["basix"]["CellType"];
    m["basix.quadrature"]["QuadratureType"] = m["basix"]["QuadratureType"];
    for (const char* name : {"ElementFamily", "LagrangeVariant", "DPCVariant", "CellType"}) {
      m["basix.ufl"][name] = m["basix"][name];
    }
    m["basix.DPCVariant"] = enumeration(
        "DPCVariant", {"unset", "simplex_equispaced", "simplex_gll", "horizontal_equispaced",
                       "horizontal_gll", "diagonal_equispaced", "diagonal_gll", "legendre"});
    m["basix.QuadratureType"] =
        enumeration("QuadratureType", {"default", "gauss_jacobi", "gll", "xiao_gimbutas"});
    m["basix.QuadratureType"]["Default"] = m["basix.QuadratureType"]["default"];
    m["basix.ElementFamily"] =
        enumeration("ElementFamily", {"P", "RT", "N1E", "BDM", "N2E", "CR", "Regge", "DPC",
                                      "bubble", "serendipity", "HHJ", "Hermite", "iso"});
    m["basix.LagrangeVariant"] = enumeration(
        "LagrangeVariant", {"unset", "equispaced", "gll_warped", "gll_isaac", "gll_centroid",
                            "chebyshev_warped", "chebyshev_isaac", "chebyshev_centroid",
                            "gl_warped", "gl_isaac", "gl_centroid", "legendre", "bernstein"});
    m["basix.CellType"] =
        enumeration("CellType", {"point", "interval", "triangle", "tetrahedron", "quadrilateral",
                                 "hexahedron", "prism", "pyramid"});
    return m;
  }();
  return all;
}

/// Modules of which ufl consists. What they define is known by ufl itself, too.
constexpr std::string_view parts_of_ufl[] = {"algebra",
                                             "algorithms",
                                             "argument",
                                             "averaging",
                                             "cell",
                                             "classes",
                                             "coefficient",
                                             "conditional",
                                             "constant",
                                             "constantvalue",
                                             "core",
                                             "differentiation",
                                             "domain",
                                             "equation",
                                             "exprcontainers",
                                             "exprequals",
                                             "exproperators",
                                             "finiteelement",
                                             "form",
                                             "formoperators",
                                             "functionspace",
                                             "geometry",
                                             "index_combination_utils",
                                             "indexed",
                                             "indexsum",
                                             "integral",
                                             "legacy",
                                             "mathfunctions",
                                             "measure",
                                             "objects",
                                             "operators",
                                             "pullback",
                                             "referencevalue",
                                             "restriction",
                                             "sobolevspace",
                                             "split_functions",
                                             "tensoralgebra",
                                             "tensors",
                                             "utils",
                                             "variable",
                                             "core.expr",
                                             "core.multiindex",
                                             "core.operator",
                                             "core.terminal",
                                             "core.ufl_type"};

bool is_part_of_ufl(const std::string& name) {
  return name.starts_with("ufl.") &&
         std::ranges::find(parts_of_ufl, std::string_view(name).substr(4)) !=
             std::end(parts_of_ufl);
}

struct Unsupported {
  std::string_view module;
  const char* reason;
  std::initializer_list<std::string_view> names;
};

// Names that the real modules have and we do not implement.
const Unsupported unsupported[] = {
    {"ufl",
     "averages over cells and facets, for which FFCx generates no code either",
     {"cell_avg", "facet_avg"}},
    {"ufl",
     "integrals over cut cells, interfaces and extruded meshes",
     {"dc", "dC", "dO", "dI", "dX", "ds_b", "ds_t", "ds_tb", "ds_v", "dS_h", "dS_v"}},
    {"ufl", "derivatives by the mesh", {"CoordinateDerivative", "replace_integral_domains"}},
    {"ufl",
     "elements of Firedrake and of the user's own",
     {"RestrictedElement", "TensorProductElement", "HDivElement", "HCurlElement", "BrokenElement",
      "WithMapping", "register_element", "show_elements", "AbstractFiniteElement",
      "FiniteElementBase", "AbstractPullback", "MixedPullback", "SymmetricPullback", "l2_piola",
      "covariant_contravariant_piola"}},
    {"ufl",
     "ridges, the facets of facets: integrals over them and their quantities",
     {"dr", "CellFacetJacobianDeterminant", "CellFacetJacobianInverse", "CellFacetOrigin",
      "CellRidgeJacobian", "RidgeJacobian", "RidgeJacobianDeterminant", "RidgeJacobianInverse",
      "CellRidgeOrigin"}},
    {"ufl",
     "cells beyond three dimensions, and points",
     {"vertex", "pentatope", "tesseract", "TensorProductCell", "as_cell", "AbstractCell", "facet"}},
    {"ufl",
     "dual spaces, and operators that other programs evaluate",
     {"Action", "Adjoint", "BaseForm", "Coargument", "Cofunction", "ExternalOperator", "FormSum",
      "Interpolate", "interpolate", "Matrix", "ZeroBaseForm"}},
    {"ufl",
     "a file is about one mesh",
     {"AbstractDomain", "MeshSequence", "MeshView", "TensorProductMesh", "as_domain"}},
    {"ufl",
     "a form is made with measures, not of its parts",
     {"Form", "Integral", "integral_types", "custom_integral_types", "register_integral_type",
      "DSIntegralDomain", "DsIntegralDomain", "DxIntegralDomain"}},
    {"ufl", "labels of variables and indices are made here", {"Label", "relabel"}},
    {"ufl", "of expressions: max_value and min_value", {"max", "min"}},
    {"basix.ufl", "elements of the user's own", {"custom_element", "convert_ufl_element"}},
    {"basix",
     "",
     {"create_custom_element", "PolysetType", "PolynomialType", "MapType", "SobolevSpace",
      "LatticeType", "create_lattice", "geometry", "topology", "tabulate_polynomials"}},
    {"math", "numbers are finite", {"inf", "nan"}},
    {"math", "", {"gcd", "lcm", "fsum", "comb", "perm", "dist", "isqrt", "modf", "frexp", "ldexp"}},
    {"numpy", "numbers are finite", {"inf", "nan"}},
    {"numpy",
     "arrays are nested lists here",
     {"dot", "matmul", "einsum", "linalg", "arange", "reshape", "ndarray", "random", "full", "diag",
      "outer", "cross", "kron", "concatenate", "vstack", "hstack"}},
    {"utils",
     "the elements of ufl's demos",
     {"FiniteElement", "LagrangeElement", "MixedElement", "SymmetricElement"}},
};

/// Edit distance by insertion, deletion, substitution and swap of neighbours.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t x = 0; x <= a.size(); ++x) d[x][0] = x;
  for (std::size_t y = 0; y <= b.size(); ++y) d[0][y] = y;
  for (std::size_t x = 1; x <= a.size(); ++x) {
    for (std::size_t y = 1; y <= b.size(); ++y) {
      d[x][y] = std::min(
          {d[x - 1][y] + 1, d[x][y - 1] + 1, d[x - 1][y - 1] + (a[x - 1] == b[y - 1] ? 0 : 1)});
      if (x > 1 && y > 1 && a[x - 1] == b[y - 2] && a[x - 2] == b[y - 1]) {
        d[x][y] = std::min(d[x][y], d[x - 2][y - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool is_module(const std::string& name) { return modules().contains(name) || is_part_of_ufl(name); }

std::string module_list() { return "ufl, basix, basix.ufl, math, numpy, itertools and typing"; }

std::optional<Value> module_member(const std::string& module, const std::string& name) {
  const auto members = modules().find(module);
  if (members != modules().end()) {
    const auto it = members->second.find(name);
    if (it != members->second.end()) return it->second;
  }
  // Where a function has the name of its module, ufl means the function.
  const std::string path = module + "." + name;
  if (is_module(path) && unsupported_reason(module, name) == nullptr) {
    return Value{ModuleValue{path}};
  }
  // The names of ufl's parts are ufl's own.
  if (is_part_of_ufl(module)) return module_member("ufl", name);
  return std::nullopt;
}

const char* unsupported_reason(const std::string& module, const std::string& name) {
  if (is_part_of_ufl(module)) return unsupported_reason("ufl", name);
  for (const Unsupported& group : unsupported) {
    if (group.module == module && std::ranges::find(group.names, name) != group.names.end()) {
      return group.reason;
    }
  }
  return nullptr;
}

std::vector<std::string> member_names(const std::string& module) {
  if (is_part_of_ufl(module)) return member_names("ufl");
  std::vector<std::string> names;
  for (const auto& [name, value] : modules().at(module)) names.push_back(name);
  return names;
}

std::optional<Value> python_builtin(const std::string& name) {
  // A form file is read as if it were imported.
  if (name == "__name__") return Value{std::string("form_file")};
  for (const Builtin& builtin : python_builtins()) {
    if (builtin.name == name) return Value{BuiltinValue{&builtin}};
  }
  return std::nullopt;
}

std::vector<std::string> python_builtin_names() {
  std::vector<std::string> names;
  for (const Builtin& builtin : python_builtins()) names.emplace_back(builtin.name);
  return names;
}

std::string nearest_name(const std::string& name, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 40;  // longer names are no slips of the pen
  if (name.size() > longest) return {};
  std::string nearest;
  std::size_t least = name.size() <= 3 ? 1 : 2;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest || candidate.size() + least < name.size() ||
        name.size() + least < candidate.size() || name.size() < 2) {
      continue;
    }
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < least || (distance == least && nearest.empty())) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace femsynth::fem
