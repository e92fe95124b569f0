#include <algorithm>
#include <array>

#include "fem/elements/geometry_element.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/form/algebra.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"

// Attributes and methods of objects.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

/// The domain of a mesh, space, element, cell or expression.
std::optional<Domain> domain_of(Evaluator& ev, const Value& object) {
  if (const auto* cell = object.get<meshes::CellType>()) return Domain(*cell);
  if (const auto* mesh = object.get<MeshValue>()) return mesh->domain;
  if (const auto* space = object.get<SpaceValue>()) return space->domain;
  if (const auto* mixed = object.get<MixedSpaceValue>()) return (*mixed->spaces)[0].domain;
  if (const auto* element = object.get<Element>()) return Domain(element->cell);
  if (object.is<ExprId>()) return ev.graph().domain();
  return std::nullopt;
}

/// The element of a function space, or of an argument or coefficient.
const Element* element_of(Evaluator& ev, const Value& object) {
  if (const auto* element = object.get<Element>()) return element;
  if (const auto* space = object.get<SpaceValue>()) return &space->element;
  const auto* id = object.get<ExprId>();
  if (id == nullptr) return nullptr;
  const Node& node = ev.graph()[*id];
  const auto number = static_cast<std::size_t>(node.number);
  if (node.op == Op::argument) return &ev.graph().arguments()[number].element;
  if (node.op == Op::coefficient) return &ev.graph().coefficients()[number].element;
  return nullptr;
}

Value integer(int value) { return {std::int64_t{value}}; }

Value shape_tuple(Evaluator& ev, const Shape& shape, SourceLocation where) {
  std::vector<Value> extents;
  for (const int extent : shape) extents.push_back(integer(extent));
  return ev.tuple(std::move(extents), where);
}

Value cell_method(Evaluator& ev, Args& args) { return {domain_of(ev, args[0])->cell}; }
Value domain_method(Evaluator& ev, Args& args) { return {MeshValue{*domain_of(ev, args[0])}}; }
Value element_method(Evaluator& ev, Args& args) { return {*element_of(ev, args[0])}; }
Value space_method(Evaluator& ev, Args& args) {
  return {SpaceValue{*element_of(ev, args[0]), ev.graph().domain()}};
}
Value coordinate_element_method(Evaluator&, Args& args) {
  const Domain& domain = args[0].as<MeshValue>().domain;
  Element element = geometry_element(domain.cell, domain.degree);
  element.shape = {domain.geometric_dim};
  return {element};
}

/// The number of an argument, and its part: None of one that is no part.
Value number_method(Evaluator& ev, Args& args) {
  const Node& node = ev.graph()[args[0].as<ExprId>()];
  return integer(ev.graph().arguments()[static_cast<std::size_t>(node.number)].number);
}
Value part_method(Evaluator& ev, Args& args) {
  const Node& node = ev.graph()[args[0].as<ExprId>()];
  const auto part = ev.graph().arguments()[static_cast<std::size_t>(node.number)].part;
  return part ? integer(*part) : Value{None{}};
}

// Of a MixedFunctionSpace; a function space has no sub-spaces.

Value sub_spaces_method(Evaluator& ev, Args& args) {
  std::vector<Value> spaces;
  if (const auto* mixed = args[0].get<MixedSpaceValue>()) {
    for (const SpaceValue& space : *mixed->spaces) spaces.push_back({space});
  }
  return ev.tuple(std::move(spaces), args.where());
}
Value sub_space_method(Evaluator& ev, Args& args) {
  return ev.subscript(sub_spaces_method(ev, args), args[1], args.where(1));
}
Value sub_space_count_method(Evaluator&, Args& args) {
  return integer(static_cast<int>(args[0].as<MixedSpaceValue>().spaces->size()));
}
Value elements_method(Evaluator& ev, Args& args) {
  std::vector<Value> elements;
  for (const SpaceValue& space : *args[0].as<MixedSpaceValue>().spaces) {
    elements.push_back({space.element});
  }
  return ev.list(std::move(elements), args.where());
}

constexpr Builtin number_of_argument = {".number", "self", number_method};
constexpr Builtin part_of_argument = {".part", "self", part_method};
constexpr Builtin ufl_sub_spaces = {".ufl_sub_spaces", "self", sub_spaces_method};
constexpr Builtin ufl_sub_space = {".ufl_sub_space", "self, i", sub_space_method};
constexpr Builtin num_sub_spaces = {".num_sub_spaces", "self", sub_space_count_method};
constexpr Builtin ufl_elements = {".ufl_elements", "self", elements_method};
constexpr Builtin ufl_cell = {".ufl_cell", "self", cell_method};
constexpr Builtin ufl_domain = {".ufl_domain", "self", domain_method};
constexpr Builtin ufl_element = {".ufl_element", "self", element_method};
constexpr Builtin ufl_function_space = {".ufl_function_space", "self", space_method};
constexpr Builtin ufl_coordinate_element = {".ufl_coordinate_element", "self",
                                            coordinate_element_method};

const Builtin* method_of(Evaluator& ev, const Value& object, const std::string& name) {
  const bool is_mesh = object.is<MeshValue>();
  const bool is_space = object.is<SpaceValue>();
  const bool is_mixed_space = object.is<MixedSpaceValue>();
  const bool is_expression = object.is<ExprId>();
  if (name == "ufl_sub_spaces" && (is_mixed_space || is_space)) return &ufl_sub_spaces;
  if (name == "ufl_sub_space" && is_mixed_space) return &ufl_sub_space;
  if (name == "num_sub_spaces" && is_mixed_space) return &num_sub_spaces;
  if (name == "ufl_elements" && is_mixed_space) return &ufl_elements;
  if (is_expression && ev.graph()[object.as<ExprId>()].op == Op::argument) {
    if (name == "number") return &number_of_argument;
    if (name == "part") return &part_of_argument;
  }
  if (name == "ufl_cell" && (is_mesh || is_space)) return &ufl_cell;
  if (name == "ufl_domain" && (is_space || is_mixed_space || is_expression)) return &ufl_domain;
  const bool is_function = is_expression && element_of(ev, object) != nullptr;
  if (name == "ufl_element" && (is_space || is_function)) return &ufl_element;
  if (name == "ufl_function_space" && is_function) return &ufl_function_space;
  if (name == "ufl_coordinate_element" && is_mesh) return &ufl_coordinate_element;
  if (name == "dx" && is_expression) return &dx_method_builtin();
  return nullptr;
}

/// Attributes of cells and meshes that are numbers and names.
std::optional<Value> cell_attribute(Evaluator& ev, const Value& object, const std::string& name) {
  const bool is_cell = object.is<meshes::CellType>();
  const bool is_mesh = object.is<MeshValue>();
  if (name == "geometric_dimension" && (is_cell || is_mesh || object.is<ExprId>())) {
    return integer(domain_of(ev, object)->geometric_dim);
  }
  if (name == "topological_dimension" && (is_cell || is_mesh)) {
    return integer(meshes::dimension(domain_of(ev, object)->cell));
  }
  if (!is_cell) return std::nullopt;
  const meshes::CellType cell = object.as<meshes::CellType>();
  if (name == "cellname") return Value{std::string(meshes::name_of(cell))};
  if (name == "num_vertices") return integer(meshes::vertex_count(cell));
  if (name == "num_facets") return integer(meshes::facet_count(cell));
  if (name == "num_edges") return integer(meshes::entity_count(cell, 1));
  return std::nullopt;
}

/// The elements that a mixed or enriched element is made of, or the blocks of a blocked one.
std::vector<Value> sub_elements_of(const Element& element) {
  std::vector<Value> parts;
  if (!element.shape.empty()) {
    Element block = element;
    block.shape.clear();
    block.symmetric = false;
    parts.assign(static_cast<std::size_t>(element.block_size()), Value{block});
  } else {
    for (const Element& part : element.parts) parts.push_back({part});
  }
  return parts;
}

std::optional<Value> element_attribute(Evaluator& ev, const Value& object, const std::string& name,
                                       SourceLocation where) {
  if (object.is<SpaceValue>() && (name == "value_shape" || name == "value_size")) {
    const auto& space = object.as<SpaceValue>();
    const Shape shape = value_shape(space.element, space.domain.geometric_dim);
    return name == "value_size" ? integer(size_of(shape)) : shape_tuple(ev, shape, where);
  }
  const auto* element = object.get<Element>();
  if (element == nullptr) return std::nullopt;
  if (name == "cell") return Value{element->cell};
  if (name == "degree") return integer(element->degree);
  if (name == "block_size") return integer(element->block_size());
  if (name == "dim") return ev.located(where, [&] { return integer(dof_count(*element)); });
  if (name == "value_shape") {
    return shape_tuple(ev, value_shape(*element, meshes::dimension(element->cell)), where);
  }
  if (name == "num_sub_elements") {
    return integer(static_cast<int>(sub_elements_of(*element).size()));
  }
  if (name == "sub_elements") return ev.list(sub_elements_of(*element), where);
  if (name == "points") {
    return ev.located(where, [&] {
      return point_list(ev, nodes(*element), meshes::dimension(element->cell), where);
    });
  }
  return std::nullopt;
}

}  // namespace

bool is_older_method(const std::string& name) {
  static constexpr std::array names = {"geometric_dimension",
                                       "topological_dimension",
                                       "cellname",
                                       "num_vertices",
                                       "num_facets",
                                       "num_edges",
                                       "cell",
                                       "degree",
                                       "value_shape",
                                       "value_size",
                                       "sub_elements",
                                       "num_sub_elements"};
  return std::ranges::find(names, name) != names.end();
}

std::optional<Value> attribute_of(Evaluator& ev, const Value& object, const std::string& name,
                                  SourceLocation where) {
  if (const Builtin* method = method_of(ev, object, name)) {
    return Value{Method{std::make_shared<const Value>(object), method}};
  }
  if (auto value = cell_attribute(ev, object, name)) return value;
  if (auto value = element_attribute(ev, object, name, where)) return value;
  if (const auto* member = object.get<EnumMember>(); member != nullptr && name == "name") {
    return Value{member->name};
  }
  const auto* id = object.get<ExprId>();
  if (id == nullptr) return std::nullopt;
  if (name == "T") {
    return ev.located(where,
                      [&]() -> Value { return {matrix_operator(ev.graph(), Op::transpose, *id)}; });
  }
  if (name == "ufl_shape") return shape_tuple(ev, ev.graph()[*id].shape, where);
  return std::nullopt;
}

}  // namespace femsynth::fem
