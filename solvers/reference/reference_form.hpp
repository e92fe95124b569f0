#pragma once

#include <cstdint>
#include <vector>

#include "fem/form/form.hpp"
#include "solvers/reference/backend.hpp"
#include "solvers/reference/tape_program.hpp"

namespace femsynth::solvers {

/// One integral as the oracle is asked for it.
struct ReferenceIntegral {
  fem::IntegralKind kind = fem::IntegralKind::cell;
  std::vector<int> subdomains;  ///< empty: everywhere
  fem::ExprId integrand{};      ///< as written, in the graph given with it
  PointRule rule;
};

/// The compiler's points and weights of a degree on a cell (all of its facets), to be given to the
/// oracle: where no rule is exact, both must take the same.
PointRule given_rule(meshes::CellType cell, fem::IntegralKind kind, int degree);

/// A form made ready for the oracle: its integrands written out as scalars, split by the test
/// and trial function's derivatives. Independent of meshes and inputs; made once a form.
/// Used by one thread at a time.
class ReferenceForm {
 public:
  /// `arguments`: elements of the test, then of the trial function (fem::argument_elements).
  /// Throws InputError for a form that is not linear in its arguments or that blows up when
  /// written out, MissingComponent for one that differentiates a function more than twice.
  ReferenceForm(const fem::ExprGraph& graph, std::vector<fem::Element> arguments,
                const std::vector<ReferenceIntegral>& integrals);

  /// Where a function's value or derivative comes from.
  struct Source {
    Leaf leaf;
    std::size_t shape = 0;  ///< index into Integral::shapes
    int slot = 0;           ///< derivative in a ShapeTable
    int block_size = 1;
  };
  /// The factor that stands before a pair of test and trial leaves; unused ones are −1.
  struct Term {
    int test = -1;   ///< index into Integral::tests
    int trial = -1;  ///< index into Integral::trials
  };
  /// A scalar element that an integral evaluates.
  struct Shape {
    fem::Element element;
    int derivatives = 0;
  };
  struct Integral {
    fem::IntegralKind kind = fem::IntegralKind::cell;
    std::vector<int> subdomains;
    PointRule rule;
    std::vector<Shape> shapes;
    std::vector<Source> tests;
    std::vector<Source> trials;
    std::vector<Source> inputs;  ///< parallel to program.leaves(); functions only are filled
    std::vector<Term> terms;     ///< parallel to the program's outputs
    TapeProgram program;
  };

  int rank() const { return static_cast<int>(arguments_.size()); }
  int dim() const { return dim_; }
  std::vector<Integral>& integrals() { return integrals_; }
  const std::vector<fem::Element>& arguments() const { return arguments_; }
  /// Scalar operations that one quadrature point takes, over all integrals.
  std::size_t operations() const;

 private:
  Integral compile(const fem::ExprGraph& graph, const ReferenceIntegral& integral) const;
  Source source_of(const fem::ExprGraph& graph, const Leaf& leaf, Integral& integral) const;

  int dim_ = 0;
  std::vector<fem::Element> arguments_;
  std::vector<Integral> integrals_;
};

}  // namespace femsynth::solvers
