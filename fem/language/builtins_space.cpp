#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "fem/form/algebra.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Elements, meshes, spaces, and the functions on them, in the dialects of basix.ufl and of the
// older ufl.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

struct FamilyName {
  std::string_view name;
  Family family;
  bool simplex_only = false;
  bool tensor_only = false;  ///< quadrilaterals, hexahedra (and intervals)
};

constexpr FamilyName family_names[] = {
    {"Lagrange", Family::lagrange},
    {"P", Family::lagrange},
    {"CG", Family::lagrange},
    {"Q", Family::lagrange, false, true},
    {"DG", Family::discontinuous_lagrange},
    {"DP", Family::discontinuous_lagrange, true},
    {"DQ", Family::discontinuous_lagrange, false, true},
    {"Discontinuous Lagrange", Family::discontinuous_lagrange},
    {"Discontinuous P", Family::discontinuous_lagrange},
    {"Discontinuous Q", Family::discontinuous_lagrange, false, true},
};

// Families that ufl or basix know and we do not implement.
constexpr std::string_view other_families[] = {"ARG",
                                               "AW",
                                               "Argyris",
                                               "Arnold-Winther",
                                               "BDM",
                                               "BDMC",
                                               "BDMCE",
                                               "BDMCF",
                                               "BDME",
                                               "BDFM",
                                               "Bernstein",
                                               "Brezzi-Douglas-Marini",
                                               "Brezzi-Douglas-Fortin-Marini",
                                               "Bubble",
                                               "B",
                                               "Boundary Quadrature",
                                               "CR",
                                               "Crouzeix-Raviart",
                                               "DGT",
                                               "DPC",
                                               "Direct Serendipity",
                                               "Discontinuous Lagrange Trace",
                                               "Discontinuous Raviart-Thomas",
                                               "Discontinuous Taylor",
                                               "DRT",
                                               "FB",
                                               "FacetBubble",
                                               "Gauss-Legendre",
                                               "Gauss-Lobatto-Legendre",
                                               "GLL",
                                               "HCT",
                                               "HER",
                                               "HHJ",
                                               "HDiv Trace",
                                               "HDivT",
                                               "Hellan-Herrmann-Johnson",
                                               "Hermite",
                                               "KMV",
                                               "Kong-Mulder-Veldhuizen",
                                               "MOR",
                                               "MTW",
                                               "Mardal-Tai-Winther",
                                               "Morley",
                                               "N1E",
                                               "N1F",
                                               "N1curl",
                                               "N1div",
                                               "N2E",
                                               "N2F",
                                               "N2curl",
                                               "N2div",
                                               "NCE",
                                               "NCF",
                                               "Nedelec 1st kind H(curl)",
                                               "Nedelec 1st kind H(div)",
                                               "Nedelec 2nd kind H(curl)",
                                               "Nedelec 2nd kind H(div)",
                                               "Quad",
                                               "Quadrature",
                                               "R",
                                               "RT",
                                               "RTCE",
                                               "RTCF",
                                               "Raviart-Thomas",
                                               "Real",
                                               "Regge",
                                               "S",
                                               "SPCE",
                                               "Serendipity",
                                               "TDG",
                                               "bubble",
                                               "iso"};

[[noreturn]] void unsupported_family(Args& args, std::size_t k, const std::string& name) {
  const bool known = std::ranges::find(other_families, name) != std::end(other_families);
  args.fail(k, known ? fmt::format("the element family '{}' is not supported yet "
                                   "(Lagrange and discontinuous Lagrange are)",
                                   name)
                     : fmt::format("unknown element family '{}'", name));
}

/// A cell by name, as triangle, Cell("triangle"), CellType.triangle, or of a mesh.
meshes::CellType cell_of(Evaluator& ev, Args& args, std::size_t k) {
  std::string name;
  const Value& value = args[k];
  if (const auto* cell = value.get<meshes::CellType>()) {
    name = meshes::name_of(*cell);
  } else if (const auto* mesh = value.get<MeshValue>()) {
    name = meshes::name_of(mesh->cell);
  } else if (const auto* member = value.get<EnumMember>();
             member != nullptr && member->enumeration == "CellType") {
    name = member->name;
  } else if (value.is<std::string>()) {
    name = value.as<std::string>();
  } else {
    args.fail(k, fmt::format("expected a cell but got {}", kind_of(value)));
  }
  const auto cell = meshes::cell_type_of(name);
  if (!cell || cell == meshes::CellType::prism || cell == meshes::CellType::pyramid) {
    static constexpr std::array known = {"vertex", "prism",     "pyramid",
                                         "point",  "tesseract", "pentatope"};
    if (std::ranges::find(known, name) != known.end()) {
      args.fail(k, fmt::format("the cell '{}' is not supported", name));
    }
    args.fail(k, fmt::format("unknown cell '{}' (interval, triangle, tetrahedron, quadrilateral "
                             "and hexahedron are known)",
                             name));
  }
  ev.use_cell(*cell, args.where(k));
  return *cell;
}

/// family, cell, degree from the arguments of those numbers.
Element scalar_element(Evaluator& ev, Args& args, bool discontinuous) {
  const meshes::CellType cell = cell_of(ev, args, 1);
  std::string name;
  if (const auto* member = args[0].get<EnumMember>();
      member != nullptr && member->enumeration == "ElementFamily") {
    name = member->name;
  } else {
    name = args.text(0);
  }
  const auto* known = std::ranges::find(family_names, name, &FamilyName::name);
  if (known == std::end(family_names)) unsupported_family(args, 0, name);
  const bool is_interval = cell == meshes::CellType::interval;
  if ((known->simplex_only && !meshes::is_simplex(cell)) ||
      (known->tensor_only && meshes::is_simplex(cell) && !is_interval)) {
    args.fail(0, fmt::format("there is no element '{}' on a {}", name, meshes::name_of(cell)));
  }
  Element element;
  element.cell = cell;
  element.family = discontinuous ? Family::discontinuous_lagrange : known->family;
  const std::int64_t degree = args.integer(2);
  const int least = element.family == Family::lagrange ? 1 : 0;
  if (degree < least || degree > limits::element_degree) {
    args.fail(2, fmt::format("degree {} of '{}' is not supported ({} to {} are)", degree, name,
                             least, limits::element_degree));
  }
  element.degree = static_cast<int>(degree);
  return element;
}

/// gll_warped is Basix's default and the only variant.
void require_default_variant(Args& args, std::size_t k, const char* what) {
  if (!args.has(k) || args[k].is<None>()) return;
  const auto* member = args[k].get<EnumMember>();
  if (member == nullptr || (member->name != "gll_warped" && member->name != "unset")) {
    args.fail(k, fmt::format("this {} is not supported (only the default, gll_warped)", what));
  }
}

void refuse_symmetry(Args& args, std::size_t k) {
  if (args.has(k) && args[k].is<bool>() && !args[k].as<bool>()) return;
  args.refuse(k, "symmetry");
}

Value basix_element(Evaluator& ev, Args& args) {
  require_default_variant(args, 3, "Lagrange variant");
  args.refuse(4, "a DPC variant");
  refuse_symmetry(args, 6);
  args.refuse(8, "dtype");
  Element element = scalar_element(ev, args, args.has(7) && args.flag(7));
  if (args.has(5) && !args[5].is<None>()) element.shape = args.shape(5);
  return {element};
}

const Element& element_argument(Args& args, std::size_t k) {
  if (const auto* space = args[k].get<SpaceValue>()) return space->element;
  const auto* element = args[k].get<Element>();
  if (element == nullptr) {
    args.fail(k,
              fmt::format("expected an element or a function space but got {}", kind_of(args[k])));
  }
  return *element;
}

Value blocked_element(Evaluator&, Args& args) {
  refuse_symmetry(args, 2);
  Element element = element_argument(args, 0);
  if (!element.shape.empty()) args.fail(0, "the blocks' element must be a scalar one");
  element.shape = args.shape(1);
  return {element};
}

Value finite_element(Evaluator& ev, Args& args) {
  args.refuse(3, "form_degree");
  args.refuse(4, "quad_scheme");
  args.refuse(5, "variant");
  return {scalar_element(ev, args, false)};
}

/// VectorElement and TensorElement: of a scalar element, or of family, cell, degree.
Element blocks_base(Evaluator& ev, Args& args) {
  if (args[0].is<Element>()) {
    if (args.has(1) || args.has(2)) args.fail("an element and a cell or degree");
    const Element& element = args[0].as<Element>();
    if (!element.shape.empty()) args.fail(0, "the blocks' element must be a scalar one");
    return element;
  }
  if (!args.has(1) || !args.has(2)) args.fail("family, cell and degree are needed");
  return scalar_element(ev, args, false);
}

Value vector_element(Evaluator& ev, Args& args) {
  for (std::size_t k : {4U, 5U, 6U}) args.refuse(k, "this argument");
  Element element = blocks_base(ev, args);
  element.shape = {meshes::dimension(element.cell)};
  if (args.has(3) && !args[3].is<None>()) {
    args.integer(3);
    element.shape = args.shape(3);
  }
  return {element};
}

Value tensor_element(Evaluator& ev, Args& args) {
  for (std::size_t k : {5U, 6U}) args.refuse(k, "this argument");
  refuse_symmetry(args, 4);
  Element element = blocks_base(ev, args);
  const int dim = meshes::dimension(element.cell);
  element.shape = {dim, dim};
  if (args.has(3) && !args[3].is<None>()) element.shape = args.shape(3);
  return {element};
}

Value cell_object(Evaluator&, Args& args) {
  const auto cell = meshes::cell_type_of(args.text(0));
  if (!cell || cell == meshes::CellType::prism || cell == meshes::CellType::pyramid) {
    args.fail(0, fmt::format("unknown or unsupported cell '{}'", args.text(0)));
  }
  if (args.has(1) && args.integer(1) != meshes::dimension(*cell)) {
    args.fail(1, "a geometric dimension other than the cell's is not supported");
  }
  return {*cell};
}

Value mesh(Evaluator& ev, Args& args) {
  args.refuse(1, "ufl_id");
  if (!args[0].is<Element>()) return {MeshValue{cell_of(ev, args, 0)}};
  const Element& element = args[0].as<Element>();
  const Shape expected{meshes::dimension(element.cell)};
  if (element.family != Family::lagrange || element.degree != 1 || element.shape != expected) {
    args.fail(0,
              fmt::format("the coordinate element {} is not supported (it must be "
                          "element(\"P\", \"{}\", 1, shape={}))",
                          to_string(element), meshes::name_of(element.cell), to_string(expected)));
  }
  return {MeshValue{element.cell}};
}

Value function_space(Evaluator&, Args& args) {
  if (!args[0].is<MeshValue>()) {
    args.fail(0, fmt::format("expected a mesh but got {}", kind_of(args[0])));
  }
  const Element& element = element_argument(args, 1);
  if (element.cell != args[0].as<MeshValue>().cell) args.fail(1, "an element of another cell");
  return {SpaceValue{element}};
}

template <int number>
Value numbered_argument(Evaluator& ev, Args& args) {
  args.refuse(1, "part");
  return {argument(ev.graph(), number, element_argument(args, 0))};
}

Value any_argument(Evaluator& ev, Args& args) {
  args.refuse(2, "part");
  const std::int64_t number = args.integer(1);
  if (number < 0 || number > 1) {
    args.fail(1, fmt::format("argument number {} (0, the test, and 1, the trial function, are "
                             "supported)",
                             number));
  }
  return {argument(ev.graph(), static_cast<int>(number), element_argument(args, 0))};
}

Value new_coefficient(Evaluator& ev, Args& args) {
  args.refuse(1, "count");
  return {coefficient(ev.graph(), element_argument(args, 0))};
}

Value new_constant(Evaluator& ev, Args& args) {
  cell_of(ev, args, 0);
  args.refuse(2, "count");
  return {constant(ev.graph(), args.has(1) ? args.shape(1) : Shape{})};
}

Value vector_constant(Evaluator& ev, Args& args) {
  args.refuse(2, "count");
  const int dim = meshes::dimension(cell_of(ev, args, 0));
  if (args.has(1)) args.integer(1);
  return {constant(ev.graph(), args.has(1) ? args.shape(1) : Shape{dim})};
}

Value tensor_constant(Evaluator& ev, Args& args) {
  refuse_symmetry(args, 2);
  args.refuse(3, "count");
  const int dim = meshes::dimension(cell_of(ev, args, 0));
  return {constant(ev.graph(), args.has(1) ? args.shape(1) : Shape{dim, dim})};
}

template <ExprId (*f)(ExprGraph&)>
Value geometric_quantity(Evaluator& ev, Args& args) {
  cell_of(ev, args, 0);
  return {f(ev.graph())};
}

constexpr Builtin table[] = {
    {"FiniteElement", "family, cell, degree, form_degree=, quad_scheme=, variant=", finite_element},
    {"VectorElement",
     "family, cell=, degree=, dim=, form_degree=, quad_scheme=, variant=", vector_element},
    {"TensorElement",
     "family, cell=, degree=, shape=, symmetry=, quad_scheme=, variant=", tensor_element},
    {"Cell", "cellname, geometric_dimension=", cell_object},
    {"Mesh", "coordinate_element, ufl_id=", mesh},
    {"FunctionSpace", "mesh, element", function_space},
    {"TestFunction", "function_space, part=", numbered_argument<0>},
    {"TrialFunction", "function_space, part=", numbered_argument<1>},
    {"Argument", "function_space, number, part=", any_argument},
    {"Coefficient", "function_space, count=", new_coefficient},
    {"Constant", "domain, shape=, count=", new_constant},
    {"VectorConstant", "domain, dim=, count=", vector_constant},
    {"TensorConstant", "domain, shape=, symmetry=, count=", tensor_constant},
    {"SpatialCoordinate", "domain", geometric_quantity<spatial_coordinate>},
    {"FacetNormal", "domain", geometric_quantity<facet_normal>},
};

constexpr Builtin basix_table[] = {
    {"element",
     "family, cell, degree, *, lagrange_variant=, dpc_variant=, shape=, symmetry=, "
     "discontinuous=, dtype=",
     basix_element},
    {"blocked_element", "sub_element, shape, symmetry=", blocked_element},
};

}  // namespace

std::span<const Builtin> space_builtins() { return table; }
std::span<const Builtin> basix_ufl_builtins() { return basix_table; }

}  // namespace femsynth::fem
