#include "fem/form/algebra.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"

// Attributes and methods of objects.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

std::optional<meshes::CellType> cell_of(const Evaluator& ev, const Value& object) {
  if (const auto* cell = object.get<meshes::CellType>()) return *cell;
  if (const auto* mesh = object.get<MeshValue>()) return mesh->cell;
  if (const auto* space = object.get<SpaceValue>()) return space->element.cell;
  if (const auto* element = object.get<Element>()) return element->cell;
  if (object.is<ExprId>()) return ev.cell();
  return std::nullopt;
}

Value dimension_method(Evaluator& ev, Args& args) {
  return {std::int64_t{meshes::dimension(*cell_of(ev, args[0]))}};
}
Value cell_method(Evaluator& ev, Args& args) { return {*cell_of(ev, args[0])}; }
Value cell_name_method(Evaluator& ev, Args& args) {
  return {std::string(meshes::name_of(*cell_of(ev, args[0])))};
}
Value domain_method(Evaluator& ev, Args& args) { return {MeshValue{*cell_of(ev, args[0])}}; }
Value degree_method(Evaluator&, Args& args) { return {std::int64_t{args[0].as<Element>().degree}}; }
Value space_element_method(Evaluator&, Args& args) { return {args[0].as<SpaceValue>().element}; }

constexpr Builtin geometric_dimension = {".geometric_dimension", "self", dimension_method};
constexpr Builtin topological_dimension = {".topological_dimension", "self", dimension_method};
constexpr Builtin cellname = {".cellname", "self", cell_name_method};
constexpr Builtin ufl_cell = {".ufl_cell", "self", cell_method};
constexpr Builtin element_cell = {".cell", "self", cell_method};
constexpr Builtin ufl_domain = {".ufl_domain", "self", domain_method};
constexpr Builtin degree = {".degree", "self", degree_method};
constexpr Builtin ufl_element = {".ufl_element", "self", space_element_method};

const Builtin* method_of(const Value& object, const std::string& name) {
  const bool is_cell = object.is<meshes::CellType>();
  const bool is_mesh = object.is<MeshValue>();
  const bool is_space = object.is<SpaceValue>();
  const bool is_expression = object.is<ExprId>();
  if (name == "geometric_dimension" && (is_cell || is_mesh || is_expression)) {
    return &geometric_dimension;
  }
  if (name == "topological_dimension" && (is_cell || is_mesh)) return &topological_dimension;
  if (name == "cellname" && is_cell) return &cellname;
  if (name == "ufl_cell" && (is_mesh || is_space)) return &ufl_cell;
  if (name == "ufl_domain" && (is_space || is_expression)) return &ufl_domain;
  if (name == "ufl_element" && is_space) return &ufl_element;
  if (name == "cell" && object.is<Element>()) return &element_cell;
  if (name == "degree" && object.is<Element>()) return &degree;
  if (name == "dx" && is_expression) return &dx_method_builtin();
  return nullptr;
}

}  // namespace

std::optional<Value> attribute_of(Evaluator& ev, const Value& object, const std::string& name,
                                  SourceLocation where) {
  if (const Builtin* method = method_of(object, name)) {
    return Value{Method{std::make_shared<const Value>(object), method}};
  }
  const auto* id = object.get<ExprId>();
  if (id == nullptr) return std::nullopt;
  if (name == "T") {
    return ev.located(where,
                      [&]() -> Value { return {matrix_operator(ev.graph(), Op::transpose, *id)}; });
  }
  if (name == "ufl_shape") {
    std::vector<Value> extents;
    for (int extent : ev.graph()[*id].shape) extents.push_back({std::int64_t{extent}});
    return ev.tuple(std::move(extents), where);
  }
  return std::nullopt;
}

}  // namespace femsynth::fem
