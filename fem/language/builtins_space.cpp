#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/element_names.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Meshes, spaces, and the functions on them.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

/// Greatest degree of a mesh's geometry.
constexpr int max_geometry_degree = 3;

Value cell_object(Evaluator&, Args& args) {
  const meshes::CellType cell = cell_argument(args, 0);
  if (given(args, 1) && args.integer(1) != meshes::dimension(cell)) {
    args.fail(1,
              "a cell has no geometric dimension but its own: give the mesh's coordinate "
              "element a shape, shape=(3,)");
  }
  return {cell};
}

Value mesh(Evaluator& ev, Args& args) {
  args.refuse(1, "ufl_id");
  if (!args[0].is<Element>()) {
    const Domain domain =
        args[0].is<MeshValue>() ? args[0].as<MeshValue>().domain : Domain(cell_argument(args, 0));
    ev.use_domain(domain, args.where(0));
    return {MeshValue{domain}};
  }
  const Element& element = args[0].as<Element>();
  const int t = meshes::dimension(element.cell);
  const bool is_vector = element.shape.size() == 1 && element.shape[0] >= t &&
                         element.shape[0] <= 3 && !element.is_composed();
  if (element.family != Family::lagrange || element.degree > max_geometry_degree || !is_vector ||
      element.lagrange_variant == LagrangeVariant::bernstein) {
    args.fail(
        0, fmt::format("the coordinate element {} is not supported (it must be Lagrange of "
                       "degree 1 to {} with as many components as space has dimensions, "
                       "element(\"P\", \"{}\", 1, shape=({},)))",
                       to_string(element), max_geometry_degree, meshes::name_of(element.cell), t));
  }
  const Domain domain(element.cell, element.shape[0], element.degree);
  ev.use_domain(domain, args.where(0));
  return {MeshValue{domain}};
}

Value function_space(Evaluator&, Args& args) {
  const auto* mesh = args[0].get<MeshValue>();
  if (mesh == nullptr) args.fail(0, fmt::format("expected a mesh but got {}", kind_of(args[0])));
  const auto* element = args[1].get<Element>();
  if (element == nullptr) {
    args.fail(1, fmt::format("expected an element but got {}", kind_of(args[1])));
  }
  if (element->cell != mesh->domain.cell) {
    args.fail(1, fmt::format("the element is of a {}, the mesh of a {}",
                             meshes::name_of(element->cell), meshes::name_of(mesh->domain.cell)));
  }
  return {SpaceValue{*element, mesh->domain}};
}

/// The element of a function space, or an element itself, as in the older ufl.
const Element& space_argument(Evaluator& ev, const Args& args, std::size_t k) {
  if (const auto* space = args[k].get<SpaceValue>()) {
    ev.use_domain(space->domain, args.where(k));
    return space->element;
  }
  if (args[k].is<MixedSpaceValue>()) {
    args.fail(k,
              "a MixedFunctionSpace has no function of its own: TestFunctions, TrialFunctions, "
              "Arguments and Coefficients give one for each of its spaces");
  }
  const auto* element = args[k].get<Element>();
  if (element == nullptr) {
    args.fail(k,
              fmt::format("expected an element or a function space but got {}", kind_of(args[k])));
  }
  ev.use_cell(element->cell, args.where(k));
  return *element;
}

/// A mesh, space, cell or, in older files, the like of it.
void use_domain_argument(Evaluator& ev, const Args& args, std::size_t k) {
  if (const auto* mesh = args[k].get<MeshValue>()) {
    ev.use_domain(mesh->domain, args.where(k));
  } else if (const auto* space = args[k].get<SpaceValue>()) {
    ev.use_domain(space->domain, args.where(k));
  } else {
    ev.use_cell(cell_argument(args, k), args.where(k));
  }
}

/// Which part of a MixedFunctionSpace the k-th argument says.
std::optional<int> part_argument(const Args& args, std::size_t k) {
  if (!given(args, k)) return std::nullopt;
  const std::int64_t part = args.integer(k);
  if (part < 0 || part >= limits::mixed_components) {
    args.fail(k, fmt::format("part {} (a MixedFunctionSpace has parts 0 to {} at most)", part,
                             limits::mixed_components - 1));
  }
  return static_cast<int>(part);
}

template <int number>
Value numbered_argument(Evaluator& ev, Args& args) {
  return {argument(ev.graph(), number, space_argument(ev, args, 0), part_argument(args, 1))};
}

int argument_number(const Args& args, std::size_t k) {
  const std::int64_t number = args.integer(k);
  if (number < 0 || number > 1) {
    args.fail(k, fmt::format("argument number {} (0, the test, and 1, the trial function, are "
                             "supported)",
                             number));
  }
  return static_cast<int>(number);
}

Value any_argument(Evaluator& ev, Args& args) {
  const int number = argument_number(args, 1);
  return {argument(ev.graph(), number, space_argument(ev, args, 0), part_argument(args, 2))};
}

Value new_coefficient(Evaluator& ev, Args& args) {
  args.refuse(1, "count");
  return {coefficient(ev.graph(), space_argument(ev, args, 0))};
}

Value parts_of(Evaluator& ev, const Args& args, ExprId function) {
  return ev.tuple(split_function(ev, function, args.where()), args.where());
}

/// What `make` gives for each space of a MixedFunctionSpace, and its number.
template <class F>
Value of_each_space(Evaluator& ev, const Args& args, const MixedSpaceValue& mixed, F make) {
  std::vector<Value> functions;
  for (const SpaceValue& space : *mixed.spaces) {
    ev.use_domain(space.domain, args.where(0));
    functions.push_back({make(space.element, static_cast<int>(functions.size()))});
  }
  return ev.list(std::move(functions), args.where());
}

Value arguments_of(Evaluator& ev, const Args& args, int number) {
  ExprGraph& g = ev.graph();
  if (const auto* mixed = args[0].get<MixedSpaceValue>()) {
    return of_each_space(ev, args, *mixed, [&](const Element& element, int part) {
      return argument(g, number, element, part);
    });
  }
  return parts_of(ev, args, argument(g, number, space_argument(ev, args, 0)));
}

template <int number>
Value numbered_arguments(Evaluator& ev, Args& args) {
  return arguments_of(ev, args, number);
}

Value any_arguments(Evaluator& ev, Args& args) {
  return arguments_of(ev, args, argument_number(args, 1));
}

Value new_coefficients(Evaluator& ev, Args& args) {
  if (const auto* mixed = args[0].get<MixedSpaceValue>()) {
    return of_each_space(ev, args, *mixed, [&](const Element& element, int) {
      return coefficient(ev.graph(), element);
    });
  }
  return parts_of(ev, args, coefficient(ev.graph(), space_argument(ev, args, 0)));
}

Value split(Evaluator& ev, Args& args) {
  if (!args[0].is<ExprId>()) {
    args.fail(0, fmt::format("expected a function but got {}", kind_of(args[0])));
  }
  return ev.tuple(split_function(ev, args[0].as<ExprId>(), args.where(0)), args.where());
}

Value new_constant(Evaluator& ev, Args& args) {
  use_domain_argument(ev, args, 0);
  args.refuse(2, "count");
  return {constant(ev.graph(), args.has(1) ? args.shape(1) : Shape{})};
}

Value vector_constant(Evaluator& ev, Args& args) {
  args.refuse(2, "count");
  use_domain_argument(ev, args, 0);
  if (given(args, 1)) args.integer(1);
  return {constant(ev.graph(), given(args, 1) ? args.shape(1) : Shape{ev.graph().dim()})};
}

Value tensor_constant(Evaluator& ev, Args& args) {
  if (given(args, 2) && (!args[2].is<bool>() || args[2].as<bool>())) args.refuse(2, "symmetry");
  args.refuse(3, "count");
  use_domain_argument(ev, args, 0);
  const int dim = ev.graph().dim();
  return {constant(ev.graph(), given(args, 1) ? args.shape(1) : Shape{dim, dim})};
}

template <ExprId (*f)(ExprGraph&)>
Value coordinate_or_normal(Evaluator& ev, Args& args) {
  use_domain_argument(ev, args, 0);
  return {f(ev.graph())};
}

template <GeometricQuantity quantity>
Value geometry(Evaluator& ev, Args& args) {
  use_domain_argument(ev, args, 0);
  return {geometric_quantity(ev.graph(), quantity)};
}

using Q = GeometricQuantity;

constexpr Builtin table[] = {
    {"Cell", "cellname, geometric_dimension=", cell_object},
    {"Mesh", "coordinate_element, ufl_id=", mesh},
    {"FunctionSpace", "mesh, element", function_space},
    {"TestFunction", "function_space, part=", numbered_argument<0>},
    {"TrialFunction", "function_space, part=", numbered_argument<1>},
    {"Argument", "function_space, number, part=", any_argument},
    {"Coefficient", "function_space, count=", new_coefficient},
    {"Function", "function_space, count=", new_coefficient},
    {"TestFunctions", "function_space", numbered_arguments<0>},
    {"TrialFunctions", "function_space", numbered_arguments<1>},
    {"Arguments", "function_space, number", any_arguments},
    {"Coefficients", "function_space", new_coefficients},
    {"split", "function", split},
    {"Constant", "domain, shape=, count=", new_constant},
    {"VectorConstant", "domain, dim=, count=", vector_constant},
    {"TensorConstant", "domain, shape=, symmetry=, count=", tensor_constant},
    {"SpatialCoordinate", "domain", coordinate_or_normal<spatial_coordinate>},
    {"FacetNormal", "domain", coordinate_or_normal<facet_normal>},
    {"CellVolume", "domain", geometry<Q::cell_volume>},
    {"Circumradius", "domain", geometry<Q::circumradius>},
    {"CellDiameter", "domain", geometry<Q::cell_diameter>},
    {"MinCellEdgeLength", "domain", geometry<Q::min_cell_edge_length>},
    {"MaxCellEdgeLength", "domain", geometry<Q::max_cell_edge_length>},
    {"FacetArea", "domain", geometry<Q::facet_area>},
    {"MinFacetEdgeLength", "domain", geometry<Q::min_facet_edge_length>},
    {"MaxFacetEdgeLength", "domain", geometry<Q::max_facet_edge_length>},
    {"Jacobian", "domain", geometry<Q::jacobian>},
    {"JacobianDeterminant", "domain", geometry<Q::jacobian_determinant>},
    {"JacobianInverse", "domain", geometry<Q::jacobian_inverse>},
    {"FacetJacobian", "domain", geometry<Q::facet_jacobian>},
    {"FacetJacobianDeterminant", "domain", geometry<Q::facet_jacobian_determinant>},
    {"FacetJacobianInverse", "domain", geometry<Q::facet_jacobian_inverse>},
    {"CellCoordinate", "domain", geometry<Q::cell_coordinate>},
    {"FacetCoordinate", "domain", geometry<Q::facet_coordinate>},
    {"CellOrigin", "domain", geometry<Q::cell_origin>},
    {"FacetOrigin", "domain", geometry<Q::facet_origin>},
    {"CellVertices", "domain", geometry<Q::cell_vertices>},
    {"CellEdgeVectors", "domain", geometry<Q::cell_edge_vectors>},
    {"FacetEdgeVectors", "domain", geometry<Q::facet_edge_vectors>},
    {"ReferenceCellVolume", "domain", geometry<Q::reference_cell_volume>},
    {"ReferenceFacetVolume", "domain", geometry<Q::reference_facet_volume>},
    {"ReferenceNormal", "domain", geometry<Q::reference_normal>},
    {"CellFacetJacobian", "domain", geometry<Q::cell_facet_jacobian>},
    {"ReferenceCellEdgeVectors", "domain", geometry<Q::reference_cell_edge_vectors>},
    {"ReferenceFacetEdgeVectors", "domain", geometry<Q::reference_facet_edge_vectors>},
    {"CellNormal", "domain", geometry<Q::cell_normal>},
    {"CellOrientation", "domain", geometry<Q::cell_orientation>},
    {"QuadratureWeight", "domain", geometry<Q::quadrature_weight>},
};

/// A function of a (sub-)element whose components are those of `function` from `first` on.
struct PartOfFunction {
  ExprId function{};
  const Element* element = nullptr;
  int first = 0;
};

const Element* element_of(const ExprGraph& g, ExprId id) {
  const Node& node = g[id];
  const auto number = static_cast<std::size_t>(node.number);
  if (node.op == Op::argument) return &g.arguments()[number].element;
  if (node.op == Op::coefficient) return &g.coefficients()[number].element;
  return nullptr;
}

/// The function and the component of w[k]; nothing for other expressions.
std::optional<std::pair<ExprId, int>> component_of_function(const ExprGraph& g, ExprId id) {
  const Node& node = g[id];
  if (node.op != Op::indexed || node.indices.size() != 1 || node.indices[0].free ||
      element_of(g, node.operands[0]) == nullptr) {
    return std::nullopt;
  }
  return std::pair(node.operands[0], node.indices[0].value);
}

/// The components of a tensor of components, row-major; empty if it is another expression.
std::vector<ExprId> scalars_of(const ExprGraph& g, ExprId id) {
  if (g[id].is_scalar()) return {id};
  if (g[id].op != Op::list_tensor) return {};
  std::vector<ExprId> scalars;
  for (const ExprId row : g[id].operands) {
    const std::vector<ExprId> inner = scalars_of(g, row);
    if (inner.empty()) return {};
    scalars.insert(scalars.end(), inner.begin(), inner.end());
  }
  return scalars;
}

/// The part of a mixed element that covers the components [first, end) of the whole.
const Element* covering_part(const ExprGraph& g, const Element& element, int first, int end) {
  const Element* whole = &element;
  while (size_of(value_shape(*whole, g.dim())) != end - first) {
    if (whole->family != Family::mixed) return nullptr;
    const Element* inner = nullptr;
    for (const Element& part : whole->parts) {
      const int size = size_of(value_shape(part, g.dim()));
      if (first < size) {
        inner = &part;
        break;
      }
      first -= size;
      end -= size;
    }
    if (inner == nullptr) return nullptr;
    whole = inner;
  }
  return first == 0 ? whole : nullptr;
}

/// A function, or what split() or TestFunctions() gave.
std::optional<PartOfFunction> part_of_function(const ExprGraph& g, ExprId id) {
  if (const Element* element = element_of(g, id)) return PartOfFunction{id, element, 0};
  const std::vector<ExprId> scalars = scalars_of(g, id);
  if (scalars.empty()) return std::nullopt;
  const auto first = component_of_function(g, scalars[0]);
  if (!first) return std::nullopt;
  for (std::size_t k = 0; k < scalars.size(); ++k) {
    const auto component = component_of_function(g, scalars[k]);
    const std::pair expected(first->first, first->second + static_cast<int>(k));
    if (component != expected) return std::nullopt;
  }
  const Element* part = covering_part(g, *element_of(g, first->first), first->second,
                                      first->second + static_cast<int>(scalars.size()));
  if (part == nullptr) return std::nullopt;
  return PartOfFunction{first->first, part, first->second};
}

/// The tensor of that shape whose components are those of a vector from `first` on.
ExprId components_as(ExprGraph& g, ExprId vector, std::span<const int> shape, int first) {
  if (shape.empty()) return indexed(g, vector, {{false, first}});
  const int stride = size_of(Shape(shape.begin() + 1, shape.end()));
  std::vector<ExprId> items;
  for (int k = 0; k < shape[0]; ++k) {
    items.push_back(components_as(g, vector, shape.subspan(1), first + k * stride));
  }
  return list_tensor(g, items);
}

/// The scalar components of a tensor, row-major.
void append_scalars(ExprGraph& g, ExprId tensor, std::vector<Index>& indices,
                    std::vector<Value>& all) {
  const Shape shape = g[tensor].shape;
  if (indices.size() == shape.size()) {
    all.push_back({indexed(g, tensor, indices)});
    return;
  }
  for (int k = 0; k < shape[indices.size()]; ++k) {
    indices.push_back({false, k});
    append_scalars(g, tensor, indices, all);
    indices.pop_back();
  }
}

}  // namespace

std::span<const Builtin> space_builtins() { return table; }

std::vector<Value> split_function(Evaluator& ev, ExprId function, SourceLocation where) {
  ExprGraph& g = ev.graph();
  const auto whole = part_of_function(g, function);
  if (!whole) {
    throw ev.error(where, fmt::format("split() of {}: only functions of mixed spaces, and their "
                                      "parts, are split",
                                      describe(g, function)));
  }
  const Element element = *whole->element;  // making nodes may move the graph's elements
  std::vector<Value> parts;
  if (element.family != Family::mixed) {
    // ufl gives the components of a blocked element, and any other function itself.
    std::vector<Index> indices;
    if (element.shape.size() == 1 && g[function].shape.size() == 1) {
      append_scalars(g, function, indices, parts);
    } else if (!element.shape.empty() && g[function].shape.size() > 1) {
      throw ev.error(where, "split() of a function whose values are matrices");
    } else {
      parts.push_back({function});
    }
    return parts;
  }
  int first = whole->first;
  for (const Element& part : element.parts) {
    const Shape shape = value_shape(part, g.dim());
    parts.push_back({components_as(g, whole->function, shape, first)});
    first += size_of(shape);
  }
  return parts;
}

}  // namespace femsynth::fem
