#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Scalar expressions at one quadrature point, interned: equal ids mean equal expressions, so
/// common subexpressions are found as they are made.
namespace femsynth::synth {

/// Reference to a scalar of one ScalarGraph.
enum class ScalarId : std::int32_t {};
constexpr std::size_t raw(ScalarId id) { return static_cast<std::size_t>(id); }

/// A quantity that the integrand reads.
struct Symbol {
  enum class Kind : std::uint8_t {
    constant,     ///< component `component` of constant `number`
    coordinate,   ///< x_component
    normal,       ///< n_component
    coefficient,  ///< ∂^derivative of component `component` of coefficient `number`
    geometry,     ///< component `component` of the fem::GeometricQuantity `number`
  };
  Kind kind = Kind::constant;
  std::int32_t number = 0;
  std::int32_t component = 0;
  std::int32_t derivative = 0;  ///< see Jet in multilinear.hpp: 0 value, 1 + k first, …
  std::int32_t side = 0;        ///< of an interior facet: 0 is '+', 1 is '−'; else 0
  /// Of a complex form: the imaginary part of a constant or coefficient.
  bool imaginary = false;
  auto operator<=>(const Symbol&) const = default;
};

enum class ScalarOp : std::uint8_t {
  literal,
  symbol,
  add,       ///< a + b
  multiply,  ///< a · b
  divide,    ///< a / b
  call,      ///< function(a) or function(a, b), kernel IR's names
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  logical_and,
  logical_or,
  logical_not,
  select,  ///< a ? b : c
};

/// How often a scalar's value changes.
enum class Variation : std::uint8_t {
  never,  ///< literals and constants of the form: the same in all cells
  cell,   ///< geometry that is one in a cell (facet): volumes, lengths, …
  point,  ///< at every quadrature point
};

struct Scalar {
  ScalarOp op = ScalarOp::literal;
  double value = 0;      ///< of a literal
  Symbol symbol;         ///< of a symbol
  std::string function;  ///< of a call
  std::vector<ScalarId> operands;
  Variation variation = Variation::never;
};

/// An append-only graph of interned scalars; operands have smaller ids. Its constructors fold
/// literals, drop 0 and 1, keep a literal factor at the front of a product, and collect like
/// terms of a sum of two.
class ScalarGraph {
 public:
  ScalarId literal(double value);
  /// Constants of the form never vary; for other symbols it is to be said.
  ScalarId symbol(const Symbol& symbol, Variation variation = Variation::point);
  ScalarId add(ScalarId a, ScalarId b);
  ScalarId multiply(ScalarId a, ScalarId b);
  ScalarId divide(ScalarId a, ScalarId b);
  ScalarId negate(ScalarId a) { return multiply(literal(-1), a); }
  /// aᵇ: small powers of halves become products, roots and quotients.
  ScalarId power(ScalarId a, ScalarId b);
  ScalarId call(const std::string& function, std::vector<ScalarId> operands);
  /// less … select.
  ScalarId choice(ScalarOp op, std::vector<ScalarId> operands);

  const Scalar& operator[](ScalarId id) const { return scalars_[raw(id)]; }
  std::size_t size() const { return scalars_.size(); }
  bool is_literal(ScalarId id, double value) const;

  /// x = literal · base, base without a literal factor (1 for a literal).
  struct Scaled {
    double factor = 1;
    ScalarId base{};
  };
  Scaled split(ScalarId id);

 private:
  ScalarId intern(Scalar scalar);

  std::vector<Scalar> scalars_;
  // By structure, so that nothing depends on hashes or addresses.
  std::map<std::vector<std::int64_t>, ScalarId> interned_;
};

}  // namespace femsynth::synth
