#include "fem/language/value.hpp"

#include <string>

namespace femsynth::fem {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace

std::string kind_of(const Value& value) {
  return std::visit(
      Overload{
          [](const None&) -> std::string { return "None"; },
          [](bool) -> std::string { return "a truth value"; },
          [](std::int64_t) -> std::string { return "an integer"; },
          [](double) -> std::string { return "a number"; },
          [](const std::complex<double>&) -> std::string { return "a complex number"; },
          [](const std::string&) -> std::string { return "a string"; },
          [](const Ellipsis&) -> std::string { return "'...'"; },
          [](const Slice&) -> std::string { return "a slice"; },
          [](const Sequence& s) -> std::string {
            return s.is_array ? "an array" : s.is_tuple ? "a tuple" : "a list";
          },
          [](const Dict&) -> std::string { return "a dictionary"; },
          [](ExprId) -> std::string { return "an expression"; },
          [](const IndexLabel&) -> std::string { return "an index"; },
          [](meshes::CellType) -> std::string { return "a cell"; },
          [](const EnumMember& m) -> std::string { return m.enumeration + "." + m.name; },
          [](const Element&) -> std::string { return "an element"; },
          [](const MeshValue&) -> std::string { return "a mesh"; },
          [](const SpaceValue&) -> std::string { return "a function space"; },
          [](const MixedSpaceValue&) -> std::string { return "a mixed function space"; },
          [](const MeasureValue&) -> std::string { return "a measure"; },
          [](const MeasureSum&) -> std::string { return "a sum of measures"; },
          [](const FormValue&) -> std::string { return "a form"; },
          [](const EquationValue&) -> std::string { return "an equation"; },
          [](const ModuleValue& m) -> std::string { return "the module " + m.name; },
          [](const BuiltinValue& b) -> std::string {
            return std::string("the function ") + b.builtin->name;
          },
          [](const UserFunction& f) -> std::string { return "the function " + f.definition->name; },
          [](const Method& m) -> std::string {
            return std::string("the method ") + m.builtin->name + "()";
          }},
      value.data);
}

std::size_t extra_size(const Value& value) {
  if (const auto* text = value.get<std::string>()) return text->size() / 64;
  if (const auto* sum = value.get<MeasureSum>()) return sum->measures.size();
  if (const auto* element = value.get<Element>()) {
    return element->parts.size() + element->points.size() / 8;
  }
  return 0;
}

}  // namespace femsynth::fem
