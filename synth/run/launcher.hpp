#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "synth/run/assembly.hpp"
#include "synth/run/entities.hpp"

/// For the sources of this folder only.
namespace femsynth::synth {

/// Everything about a program on a mesh that does not depend on the inputs' values. Sizes count
/// scalars: complex numbers once.
struct LaunchSizes {
  std::vector<Entities> entities;    ///< by integral
  std::vector<std::size_t> offsets;  ///< of each integral's partial sums
  std::size_t partials = 0;
  std::size_t output = 0;            ///< of the global output (not `element`)
  std::vector<std::size_t> tensors;  ///< of each integral: one entity's element tensor
};

/// Throws InputError where kernels, which count with 32 bits, could not address everything.
LaunchSizes launch_sizes(const Program& program, const meshes::Mesh& mesh,
                         const AssemblySpaces& spaces);

/// Makes the buffers and launches of a program one after another.
class Launcher {
 public:
  Launcher(const fem::FormModule& module, const Program& program, const meshes::Mesh& mesh,
           const AssemblySpaces& spaces, const FormInputs& inputs, Poison poison);

  const LaunchSizes& sizes() const { return sizes_; }
  std::vector<Buffer>& buffers() { return buffers_; }
  std::size_t output() const { return output_; }
  std::size_t element_output(std::size_t integral) const { return element_outputs_[integral]; }

  /// A kernel over no entity is not launched.
  bool is_empty(const KernelPlan& kernel) const { return threads(kernel) == 0; }

  Launch launch(const KernelPlan& kernel);

 private:
  bool by_element() const { return program_.schedule.strategy == Strategy::element; }
  bool reduces() const { return program_.schedule.strategy == Strategy::reduction; }
  /// Reals of a scalar.
  std::size_t parts() const { return is_complex(program_.schedule.precision) ? 2 : 1; }

  std::size_t threads(const KernelPlan& kernel) const;
  std::size_t add(Buffer buffer);
  std::size_t add_reals(const std::string& name, std::span<const double> values, bool output);
  std::size_t add_integers(const std::string& name, std::span<const std::int32_t> values);
  std::size_t add_output(const std::string& name, std::size_t scalars);
  void make_outputs();

  /// The buffer of an input, made on first use.
  std::size_t input(const KernelPlan& kernel, const Parameter& parameter);
  std::size_t make_input(const KernelPlan& kernel, const Parameter& parameter);
  std::span<const double> sized(const std::vector<double>& values, std::size_t scalars,
                                const std::string& name) const;
  std::vector<double> all_constants() const;
  KernelArgument argument(const KernelPlan& kernel, const Parameter& parameter);

  const fem::FormModule& module_;
  const Program& program_;
  const meshes::Mesh& mesh_;
  const AssemblySpaces& spaces_;
  const FormInputs& inputs_;
  Poison poison_;
  LaunchSizes sizes_;
  std::vector<Buffer> buffers_;
  std::map<std::pair<ParameterRole, std::int32_t>, std::size_t> inputs_made_;
  std::vector<std::size_t> element_outputs_;
  std::size_t output_ = 0;
  std::size_t partials_ = 0;
};

}  // namespace femsynth::synth
