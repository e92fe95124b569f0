#pragma once

#include <complex>
#include <cstdint>
#include <map>
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

/// A tuple or a list. Its items belong to the evaluator; a list's can change, and all variables
/// that hold the list see it.
struct Sequence {
  bool is_tuple = false;
  std::vector<Value>* items = nullptr;
  int depth = 1;          ///< nesting of sequences when it was made
  bool is_array = false;  ///< of numpy: arithmetic goes item by item
};

/// {"quadrature_degree": 2}. Its entries belong to the evaluator.
struct DictTable;
struct Dict {
  DictTable* table = nullptr;
};

/// begin:end:step.
struct Slice {
  std::optional<std::int64_t> begin, end, step;
  bool is_full() const { return !begin && !end && !step; }
};

/// A free index.
struct IndexLabel {
  std::int32_t label = 0;
};

/// A member of one of Basix's enumerations: ElementFamily.P.
struct EnumMember {
  std::string enumeration;
  std::string name;
};

/// The domain of integration.
struct MeshValue {
  Domain domain;
};

struct SpaceValue {
  Element element;
  Domain domain;
};

/// MixedFunctionSpace(V, Q): its test and trial functions are one for each space.
struct MixedSpaceValue {
  std::shared_ptr<const std::vector<SpaceValue>> spaces;
};

/// dx, ds(1), …: an integral without its integrand.
struct MeasureValue {
  IntegralKind kind = IntegralKind::cell;
  std::vector<int> subdomains;
  std::optional<int> degree;
  QuadratureScheme scheme{};
};
/// dx(1) + ds.
struct MeasureSum {
  std::vector<MeasureValue> measures;
};

/// The form whose block another form is, and the block's row and column ("01"), for its name.
struct BlockOrigin {
  std::shared_ptr<const std::vector<Integral>> whole;
  std::string place;
};

/// A form. Shared, so that two variables of one form are known to be that.
struct FormValue {
  std::shared_ptr<const std::vector<Integral>> integrals;
  std::shared_ptr<const BlockOrigin> origin{};  ///< of what extract_blocks() gave
};

/// a == L: an equation between two forms.
struct EquationValue {
  FormValue left;
  FormValue right;
};

struct ModuleValue {
  std::string name;
};

/// A function of a module.
struct Builtin {
  const char* name = "";
  const char* parameters = "";  ///< "a, b=, *rest, c=, **others"
  Value (*function)(Evaluator&, CallArguments&) = nullptr;
};

struct BuiltinValue {
  const Builtin* builtin = nullptr;
};

/// The variables of a call; they belong to the evaluator.
struct Frame;

/// A function that the form file defines.
struct UserFunction {
  const ast::Function* definition = nullptr;
  const std::vector<Value>* defaults = nullptr;  ///< of the parameters that have one
  Frame* enclosing = nullptr;                    ///< of the function that defined it
};

/// A method of an object, u.dx: a function whose first argument is the object.
struct Method {
  std::shared_ptr<const Value> object;
  const Builtin* builtin = nullptr;
};

struct Value {
  std::variant<None, bool, std::int64_t, double, std::complex<double>, std::string, Ellipsis, Slice,
               Sequence, Dict, ExprId, IndexLabel, meshes::CellType, EnumMember, Element, MeshValue,
               SpaceValue, MixedSpaceValue, MeasureValue, MeasureSum, FormValue, EquationValue,
               ModuleValue, BuiltinValue, UserFunction, Method>
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
  /// Whether it is a real number.
  bool is_number() const { return is<std::int64_t>() || is<double>(); }
  /// Whether it is a real or complex number.
  bool is_scalar() const { return is_number() || is<std::complex<double>>(); }
  /// Of a real number.
  double number() const {
    return is<double>() ? as<double>() : static_cast<double>(as<std::int64_t>());
  }
  /// Of a real or complex number.
  std::complex<double> complex_number() const {
    return is_number() ? number() : as<std::complex<double>>();
  }
};

/// The entries of a dictionary, in the order in which the keys came.
struct DictTable {
  std::vector<std::pair<Value, Value>> entries;
  std::map<std::string, std::size_t> places;  ///< of the keys' texts
};

struct Frame {
  std::map<std::string, Value> values;
  const ast::Function* function = nullptr;  ///< null: a comprehension's
  Frame* enclosing = nullptr;
  bool is_captured = false;  ///< a function that was defined in it may outlive the call
};

/// How many words a value holds beside itself, for the limit of memory.
std::size_t extra_size(const Value& value);

/// "a number", "a form", "a list", …, for messages.
std::string kind_of(const Value& value);

}  // namespace femsynth::fem
