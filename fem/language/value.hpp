#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/language/ast.hpp"

/// What an expression of the form language can be.
namespace femsynth::fem {

struct Value;
class Evaluator;
class CallArguments;

struct None {};
struct Ellipsis {};

/// A tuple or a list. Shared and never changed.
struct Sequence {
  bool is_tuple = false;
  std::shared_ptr<const std::vector<Value>> items;
  int depth = 1;  ///< nesting of sequences
};

/// {"quadrature_degree": 2}.
struct Dict {
  std::shared_ptr<const std::vector<std::pair<std::string, Value>>> items;
};

/// A full slice, `:`.
struct Slice {};

/// A free index.
struct IndexLabel {
  std::int32_t label = 0;
};

/// A member of one of Basix's enumerations: ElementFamily.P.
struct EnumMember {
  std::string enumeration;
  std::string name;
};

/// The domain of integration; its geometry is affine or multilinear.
struct MeshValue {
  meshes::CellType cell{};
};

struct SpaceValue {
  Element element;
};

/// dx, ds(1), …: an integral without its integrand.
struct MeasureValue {
  IntegralKind kind = IntegralKind::cell;
  std::vector<int> subdomains;
  std::optional<int> degree;
};
/// dx(1) + ds.
struct MeasureSum {
  std::vector<MeasureValue> measures;
};

/// A form. Shared, so that two variables of one form are known to be that.
struct FormValue {
  std::shared_ptr<const std::vector<Integral>> integrals;
};

struct ModuleValue {
  std::string name;
};

/// A function of a module.
struct Builtin {
  const char* name = "";
  const char* parameters = "";  ///< "a, b=, *rest"
  Value (*function)(Evaluator&, CallArguments&) = nullptr;
};

struct BuiltinValue {
  const Builtin* builtin = nullptr;
};

/// A function that the form file defines.
struct UserFunction {
  const ast::Statement* definition = nullptr;
  std::shared_ptr<const std::vector<Value>> defaults;  ///< of the last parameters
};

/// A method of an object, u.dx: a function whose first argument is the object.
struct Method {
  std::shared_ptr<const Value> object;
  const Builtin* builtin = nullptr;
};

struct Value {
  std::variant<None, bool, std::int64_t, double, std::string, Ellipsis, Slice, Sequence, Dict,
               ExprId, IndexLabel, meshes::CellType, EnumMember, Element, MeshValue, SpaceValue,
               MeasureValue, MeasureSum, FormValue, ModuleValue, BuiltinValue, UserFunction, Method>
      data;

  template <class T>
  bool is() const {
    return std::holds_alternative<T>(data);
  }
  template <class T>
  const T& as() const {
    return std::get<T>(data);
  }
  template <class T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  bool is_number() const { return is<std::int64_t>() || is<double>(); }
  /// Of a number.
  double number() const {
    return is<double>() ? as<double>() : static_cast<double>(as<std::int64_t>());
  }
};

/// "a number", "a form", "a list", …, for messages.
std::string kind_of(const Value& value);

/// A sequence of these items.
Value make_sequence(std::vector<Value> items, bool is_tuple);

}  // namespace femsynth::fem
