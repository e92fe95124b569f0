#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fem/spaces/dof_map.hpp"
#include "meshes/mesh.hpp"
#include "solvers/reference/reference_form.hpp"

/// The oracle: deal.II evaluates the untouched form, independently of the compiler.
namespace femsynth::solvers {

/// The dof maps under test: the only thing, with the mesh, the graph and the elements' node
/// coordinates, that the oracle takes from the compiler's side.
struct ReferenceSpaces {
  std::vector<const fem::DofMap*> arguments;     ///< test, trial
  std::vector<const fem::DofMap*> coefficients;  ///< by number; null where unused
};

/// Values of what a form reads, as its kernels were given them. Of complex forms each value is two
/// numbers, real and imaginary part, side by side; so are those of ReferenceValues.
struct ReferenceInputs {
  std::vector<std::span<const double>> coefficients;  ///< by number; dofs
  std::vector<std::span<const double>> constants;     ///< by number; components row-major
  std::span<const double> x;  ///< rank 2: the trial function of the action A x
};

/// A form's value with its tolerance: |kernel − value| ≤ bound for every right kernel.
struct ReferenceValues {
  std::vector<double> value;      ///< one a test dof; one at rank 0; rows × columns of a matrix
  std::vector<double> magnitude;  ///< Σ|contributions| of each
  std::vector<double> bound;      ///< not finite where the value hangs on a rounding error
};

/// Evaluates forms independently. Not thread-safe: one a thread.
class Reference {
 public:
  virtual ~Reference() = default;
  /// "dealii".
  virtual std::string name() const = 0;
  /// Version of the library behind it: "9.4.1".
  virtual std::string version() const = 0;

  /// The form for several inputs on one mesh: the functional, the vector, or the action A x.
  /// `u` is the unit roundoff of the kernels: 2⁻⁵³ or 2⁻²⁴.
  virtual std::vector<ReferenceValues> evaluate(ReferenceForm& form, const meshes::Mesh& mesh,
                                                const ReferenceSpaces& spaces,
                                                std::span<const ReferenceInputs> inputs,
                                                double u) = 0;
  /// The whole matrix of a rank 2 form, dense; at most max_matrix_entries.
  virtual ReferenceValues matrix(ReferenceForm& form, const meshes::Mesh& mesh,
                                 const ReferenceSpaces& spaces, const ReferenceInputs& inputs,
                                 double u) = 0;
  /// Compares a dof map with the library's own numbering where it has one for the element on such
  /// a mesh; else checks counts and conformity (space_checks.hpp). Says what is wrong, or "".
  virtual std::string check_numbering(const meshes::Mesh& mesh, const fem::Element& element,
                                      const fem::DofMap& dof_map) = 0;
  /// Does the library itself have the basis of that basic element?
  virtual bool has_library_basis(const fem::Element& element) const = 0;
  /// Checks that the basis functions of a basic element span the space that the literature gives
  /// (check_reproduction); says what is wrong, or "".
  virtual std::string check_basis(const fem::Element& element) = 0;
};

inline constexpr std::size_t max_matrix_entries = std::size_t{1} << 22;

/// The running error bound is multiplied by this: first-order analysis leaves out terms of
/// order u², and a kernel may take a few more operations than the oracle's count (Jacobian,
/// its inverse, scaling of the weights).
inline constexpr double kBoundSafety = 4.0;

/// The oracle on a given library.
std::unique_ptr<Reference> make_reference(std::shared_ptr<Backend> backend);

/// The oracle on deal.II, whose module `femsynth_dealii.so` is loaded now: from the folder that
/// the environment variable FEMSYNTH_MODULE_PATH names, if it is set; else from ../lib beside the
/// program, else from where it was built. Throws MissingComponent, with what was tried.
std::unique_ptr<Reference> load_reference();

}  // namespace femsynth::solvers
