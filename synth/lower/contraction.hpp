#pragma once

#include <string>
#include <utility>
#include <vector>

#include "synth/lower/basis_functions.hpp"
#include "synth/lower/integrand_function.hpp"

/// The contraction of the integrand's coefficients C[k] with the arguments' jets at one point:
/// where it is decided how an element tensor is summed up.
namespace femsynth::synth {

/// Dofs of one part of an argument on one side: node-major, blocks fastest.
struct Strip {
  std::size_t part = 0;
  int side = 0;
  auto operator<=>(const Strip&) const = default;
};

/// Where a strip's dofs stand among all of an entity.
struct StripLayout {
  Strip strip;
  int first_dof = 0;   ///< among those of all sides
  int first_node = 0;  ///< among the nodes of all strips
  int nodes = 0;
  int block = 1;
};
/// All strips of an argument, in the order of their dofs.
std::vector<StripLayout> strips_of(const IntegralContext& context, std::size_t argument);

/// Builds the statements that add one point's part to the output of an element function.
class Contraction {
 public:
  Contraction(const IntegralContext& context, const IntegrandFunction& integrand,
              const BasisFunctions& basis)
      : context_(context), integrand_(integrand), basis_(basis) {}

  /// The output is M, b, A or, of an expression, E.
  Statements statements() const;

 private:
  /// A jet of an argument resolved to a part on a side.
  struct Place {
    Strip strip;
    int block = 0;      ///< copy
    int component = 0;  ///< of the copy
    std::int32_t derivative = 0;
    auto operator<=>(const Place&) const = default;
  };
  /// Summands with text that tells equal ones.
  using Sum = std::vector<std::pair<std::string, Expression>>;
  /// One entry of the output and what is added to it.
  struct Row {
    Expression target;
    Sum sum;
  };
  /// Part of the output (real, imaginary; component of an expression) that a term adds to.
  struct Slot {
    int component = 0;
    bool imaginary = false;
    auto operator<=>(const Slot&) const = default;
  };

  std::vector<Place> places(std::size_t argument, const Jet& jet) const;
  Expression coefficient(const ScaledTerm& term) const;
  Expression basis_jet(std::size_t argument, const Place& place, const char* node) const;
  Expression dof(std::size_t argument, const Strip& strip, int block, const char* node) const;
  Expression target(const char* name, std::vector<Expression> indices, const Slot& slot) const;
  Statements accumulate_rows(const std::vector<Row>& rows) const;
  Statements functional() const;
  Statements linear() const;
  Statements matrix() const;
  const char* column_variable() const;
  Statements trial_strip(const Strip& trial) const;
  Statements matrix_free() const;

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  const BasisFunctions& basis_;
};

/// The function that a matrix-free kernel is applied to, on a side: its real or imaginary part.
PointFunction input_function(const IntegralContext& context, int side, bool imaginary);

}  // namespace femsynth::synth
