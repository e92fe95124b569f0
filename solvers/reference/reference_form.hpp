#pragma once

#include <cstdint>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/spaces/dof_map.hpp"
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

/// The compiler's points and weights of a rule on a cell (all of its facets; at vertices the
/// rule says nothing), to be given to the oracle: where no rule is exact, both must take the same.
PointRule given_rule(meshes::CellType cell, fem::IntegralKind kind, int degree,
                     const fem::QuadratureScheme& scheme = {});

/// A form made ready for the oracle: its integrands written out as scalars, split by the test
/// and trial function's derivatives. Independent of meshes and inputs; made once a form.
/// Used by one thread at a time.
class ReferenceForm {
 public:
  /// `arguments`: elements of the test, then of the trial function (fem::argument_elements).
  /// Throws InputError for a form that is not linear in its arguments or that blows up when
  /// written out, MissingComponent for one that differentiates a function more than
  /// kMaxDerivatives times.
  /// `is_complex`: coefficients, constants and values are complex (reference.hpp).
  ReferenceForm(const fem::ExprGraph& graph, std::vector<fem::Element> arguments,
                const std::vector<ReferenceIntegral>& integrals, bool is_complex = false);

  /// A basic element's share of one component of a function: Σ_n φ_n,component w_dof(n).
  struct Part {
    std::size_t shape = 0;  ///< index into Integral::shapes
    int component = 0;      ///< of one copy's physical value
    int dof_offset = 0;     ///< dof(n) = dof_offset + n · block_size + block
    int block_size = 1;
    int block = 0;
    int dof(int node) const { return dof_offset + node * block_size + block; }
  };
  /// Where a leaf's value comes from; of functions the sum of the parts (several if enriched).
  struct Source {
    Leaf leaf;
    int slot = 0;  ///< derivative, see directions()
    std::vector<Part> parts;
  };
  /// The factor that stands before a pair of test and trial leaves; unused ones are −1.
  struct Term {
    int test = -1;   ///< index into Integral::tests
    int trial = -1;  ///< index into Integral::trials
  };
  /// A basic element that an integral evaluates.
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
    std::vector<Source> inputs;  ///< parallel to program.leaves()
    std::vector<Term> terms;     ///< one for each output of the program; complex: for two
    TapeProgram program;
  };

  int rank() const { return static_cast<int>(arguments_.size()); }
  int dim() const { return dim_; }
  bool is_complex() const { return complex_; }
  /// Doubles that a value takes: 1, or 2 of complex forms.
  std::size_t width() const { return complex_ ? 2 : 1; }
  std::vector<Integral>& integrals() { return integrals_; }
  const std::vector<fem::Element>& arguments() const { return arguments_; }
  /// Scalar operations that one quadrature point takes, over all integrals.
  std::size_t operations() const;

 private:
  Integral compile(const fem::ExprGraph& graph, const ReferenceIntegral& integral) const;
  Source source_of(const fem::ExprGraph& graph, const Leaf& leaf, Integral& integral) const;

  int dim_ = 0;
  bool complex_ = false;
  std::vector<fem::Element> arguments_;
  std::vector<Integral> integrals_;
};

/// The global dof of a cell's local dof (parts one after another, blocks interleaved).
std::size_t global_dof(const fem::DofMap& map, std::size_t cell, int local);

}  // namespace femsynth::solvers
