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

Members ufl_members() {
  Members members;
  for (const auto table :
       {algebra_builtins(), tensor_builtins(), space_builtins(), measure_builtins()}) {
    add_builtins(members, table);
  }
  for (const char* name : {"interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"}) {
    members[name] = {*meshes::cell_type_of(name)};
  }
  std::int32_t label = 0;
  for (const char* name : {"i", "j", "k", "l", "p", "q", "r", "s"}) {
    members[name] = {IndexLabel{label++}};
  }
  members["dx"] = {MeasureValue{IntegralKind::cell, {}, {}}};
  members["ds"] = {MeasureValue{IntegralKind::exterior_facet, {}, {}}};
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
    m["utils"] = {};  // of ufl's demos: other names for elements
    for (const char* name : {"ElementFamily", "LagrangeVariant", "CellType"}) {
      m["basix"][name] = {ModuleValue{std::string("basix.") + name}};
    }
    m["basix"]["ufl"] = {ModuleValue{"basix.ufl"}};
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
    {"ufl", "interior facet integrals", {"dS", "avg", "jump", "cell_avg", "facet_avg"}},
    {"ufl",
     "integrals over points, cutcells and extruded meshes",
     {"dP", "dc", "dC", "dO", "dI", "dX", "ds_b", "ds_t", "ds_tb", "ds_v", "dS_h", "dS_v"}},
    {"ufl",
     "transformations of forms",
     {"lhs", "rhs", "system", "derivative", "action", "adjoint", "replace", "energy_norm",
      "functional", "sensitivity_rhs", "extract_blocks", "CoordinateDerivative",
      "replace_integral_domains"}},
    {"ufl", "variables and their derivatives", {"variable", "diff", "exterior_derivative"}},
    {"ufl",
     "mixed, enriched and other composed elements",
     {"MixedElement", "EnrichedElement", "NodalEnrichedElement", "RestrictedElement",
      "TensorProductElement", "HDivElement", "HCurlElement", "BrokenElement", "TestFunctions",
      "TrialFunctions", "Arguments", "Coefficients", "split", "MixedFunctionSpace", "WithMapping",
      "register_element", "show_elements", "AbstractFiniteElement", "FiniteElementBase"}},
    {"ufl",
     "geometric quantities other than SpatialCoordinate and FacetNormal",
     {"CellVolume", "CellDiameter", "Circumradius", "MinCellEdgeLength", "MaxCellEdgeLength",
      "FacetArea", "MinFacetEdgeLength", "MaxFacetEdgeLength", "CellNormal", "Jacobian",
      "JacobianDeterminant", "JacobianInverse", "Dn", "CellCoordinate", "FacetJacobian"}},
    {"ufl",
     "cells other than intervals, triangles, tetrahedra, quadrilaterals and hexahedra",
     {"vertex", "prism", "pyramid", "pentatope", "tesseract", "TensorProductCell", "as_cell",
      "AbstractCell", "facet"}},
    {"ufl", "Bessel functions", {"bessel_J", "bessel_Y", "bessel_I", "bessel_K"}},
    {"ufl", "complex values", {"imag"}},
    {"ufl",
     "",
     {"cofac",
      "elem_op",
      "relabel",
      "PermutationSymbol",
      "unit_matrix",
      "unit_matrices",
      "product",
      "Form",
      "BaseForm",
      "FormSum",
      "ZeroBaseForm",
      "Integral",
      "Cofunction",
      "Coargument",
      "Matrix",
      "Interpolate",
      "Action",
      "Adjoint",
      "Label",
      "MeshView",
      "MeshSequence",
      "TensorProductMesh",
      "AbstractDomain",
      "as_domain",
      "integral_types",
      "register_integral_type",
      "custom_integral_types",
      "L2",
      "H1",
      "H2",
      "HCurl",
      "HDiv",
      "HInf",
      "HEin",
      "HDivDiv",
      "HCurlDiv",
      "ExternalOperator",
      "max",
      "min"}},
    {"basix.ufl",
     "mixed, enriched and other composed elements",
     {"mixed_element", "enriched_element", "quadrature_element", "real_element", "custom_element",
      "wrap_element", "convert_ufl_element"}},
    {"basix",
     "",
     {"create_element", "create_custom_element", "make_quadrature", "DPCVariant", "PolysetType",
      "PolynomialType", "QuadratureType", "MapType", "SobolevSpace", "LatticeType", "cell",
      "finite_element", "quadrature", "create_tp_element"}},
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
