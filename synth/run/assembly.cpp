#include "synth/run/assembly.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "meshes/support/sha256.hpp"

namespace femsynth::synth {
namespace {

/// Cells or facets of one integral; `cells` is empty when every cell is meant.
struct Entities {
  std::size_t count = 0;
  std::vector<std::int32_t> cells;
  std::vector<std::int32_t> facets;
};

bool selected(const std::vector<int>& subdomains, std::int32_t tag) {
  return subdomains.empty() ||
         std::find(subdomains.begin(), subdomains.end(), tag) != subdomains.end();
}

Entities entities_of(const fem::IntegralGroup& group, const meshes::Mesh& mesh) {
  Entities result;
  if (group.kind == fem::IntegralKind::exterior_facet) {
    for (const meshes::ExteriorFacet& facet : mesh.exterior_facets) {
      if (!selected(group.subdomains, facet.tag)) continue;
      result.cells.push_back(facet.cell);
      result.facets.push_back(facet.local_facet);
    }
    result.count = result.cells.size();
    return result;
  }
  result.count = mesh.cell_count();
  if (group.subdomains.empty()) return result;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    if (selected(group.subdomains, mesh.cell_tags[c])) {
      result.cells.push_back(static_cast<std::int32_t>(c));
    }
  }
  result.count = result.cells.size();
  return result;
}

std::uint32_t blocks_for(std::size_t threads, int block_size) {
  const auto block = static_cast<std::size_t>(block_size);
  return static_cast<std::uint32_t>((threads + block - 1) / block);
}

/// Everything about a program on a mesh that does not depend on the inputs' values.
struct Sizes {
  std::vector<Entities> entities;    ///< by integral
  std::vector<std::size_t> offsets;  ///< of each integral's partial sums
  std::size_t partials = 0;
  std::size_t output = 0;                  ///< elements of the global output (not `element`)
  std::vector<std::size_t> element_sizes;  ///< of each integral's element tensors in all
};

int dofs_per_cell(const AssemblySpaces& spaces, std::size_t argument) {
  return spaces.arguments[argument].dofs_per_cell();
}

Sizes sizes_of(const Program& program, const meshes::Mesh& mesh, const AssemblySpaces& spaces) {
  Sizes sizes;
  std::size_t tensor = 1;
  for (std::size_t k = 0; k < spaces.arguments.size(); ++k) {
    tensor *= static_cast<std::size_t>(dofs_per_cell(spaces, k));
  }
  for (const fem::IntegralGroup& group : program.integrals) {
    sizes.entities.push_back(entities_of(group, mesh));
    const std::size_t count = sizes.entities.back().count;
    sizes.offsets.push_back(sizes.partials);
    sizes.partials += blocks_for(count, program.schedule.block_size);
    sizes.element_sizes.push_back(count * tensor);
    const std::size_t largest = std::max(count, mesh.cell_count()) * tensor;
    if (largest > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      throw InputError(fmt::format(
          "{} entries of element tensors: kernels number them with 32 bits, so at most {} fit",
          largest, std::numeric_limits<std::int32_t>::max()));
    }
  }
  if (mesh.geometry_degree > 1 || mesh.dim() != mesh.topological_dim()) {
    throw MissingComponent("assembly on curved cells and manifolds is not supported yet");
  }
  if (program.rank == 0) sizes.output = 1;
  if (program.rank == 1 || program.schedule.strategy == Strategy::matrix_free) {
    sizes.output = spaces.arguments[0].dof_count();
  } else if (program.rank == 2) {
    sizes.output = spaces.pattern.nonzeros();
  }
  return sizes;
}

/// Makes the buffers and launches of a program one after another.
class Launcher {
 public:
  Launcher(const fem::FormModule& module, const Program& program, const meshes::Mesh& mesh,
           const AssemblySpaces& spaces, const FormInputs& inputs, Poison poison)
      : module_(module),
        program_(program),
        mesh_(mesh),
        spaces_(spaces),
        inputs_(inputs),
        poison_(poison),
        sizes_(sizes_of(program, mesh, spaces)) {
    make_outputs();
  }

  const Sizes& sizes() const { return sizes_; }
  std::vector<Buffer>& buffers() { return buffers_; }
  std::size_t output() const { return output_; }
  std::size_t element_output(std::size_t integral) const { return element_outputs_[integral]; }

  /// A kernel over no entity is not launched.
  bool is_empty(const KernelPlan& kernel) const { return threads(kernel) == 0; }

  Launch launch(const KernelPlan& kernel) {
    Launch launch;
    launch.kernel = kernel.name;
    const auto block = static_cast<std::uint32_t>(program_.schedule.block_size);
    launch.block = {block, 1, 1};
    launch.grid = {kernel.kind == KernelPlan::Kind::finish
                       ? 1U
                       : blocks_for(threads(kernel), program_.schedule.block_size),
                   1, 1};
    for (const Parameter& parameter : kernel.parameters) {
      launch.arguments.push_back(argument(kernel, parameter));
    }
    return launch;
  }

 private:
  bool single() const { return program_.schedule.precision == Precision::f32; }
  bool by_element() const { return program_.schedule.strategy == Strategy::element; }
  bool reduces() const { return program_.schedule.strategy == Strategy::reduction; }

  std::size_t threads(const KernelPlan& kernel) const {
    switch (kernel.kind) {
      case KernelPlan::Kind::fill:
        return sizes_.output;
      case KernelPlan::Kind::integral:
        return sizes_.entities[kernel.integral].count;
      case KernelPlan::Kind::finish:
        return static_cast<std::size_t>(program_.schedule.block_size);
    }
    throw InternalError("unknown kind of kernel");
  }

  std::size_t add(Buffer buffer) {
    buffers_.push_back(std::move(buffer));
    return buffers_.size() - 1;
  }
  std::size_t add_reals(const std::string& name, std::span<const double> values, bool output) {
    if (!single()) return add(Buffer::of(name, ScalarType::f64, values, output));
    std::vector<float> rounded(values.begin(), values.end());
    return add(Buffer::of(name, ScalarType::f32, std::span<const float>(rounded), output));
  }
  std::size_t add_integers(const std::string& name, std::span<const std::int32_t> values) {
    return add(Buffer::of(name, ScalarType::i32, values));
  }
  std::size_t add_output(const std::string& name, std::size_t size) {
    const double fill =
        poison_ == Poison::nan ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, 100);
    const std::vector<double> values(size, fill);
    return add_reals(name, values, true);
  }

  void make_outputs() {
    if (by_element()) {
      for (const std::size_t size : sizes_.element_sizes) {
        element_outputs_.push_back(add_output("out", size));
      }
      return;
    }
    output_ = add_output("out", sizes_.output);
    if (reduces()) partials_ = add_output("partials", sizes_.partials);
  }

  /// The buffer of an input, made on first use.
  std::size_t input(const KernelPlan& kernel, const Parameter& parameter) {
    const bool per_integral = parameter.role == ParameterRole::entity_cells ||
                              parameter.role == ParameterRole::entity_facets;
    const auto number =
        per_integral ? static_cast<std::int32_t>(kernel.integral) : parameter.number;
    const std::pair key{parameter.role, number};
    const auto found = inputs_made_.find(key);
    if (found != inputs_made_.end()) return found->second;
    return inputs_made_.emplace(key, make_input(kernel, parameter)).first->second;
  }

  std::size_t make_input(const KernelPlan& kernel, const Parameter& parameter) {
    const auto number = static_cast<std::size_t>(parameter.number);
    const Entities& entities = sizes_.entities[kernel.integral];
    switch (parameter.role) {
      case ParameterRole::coordinates:
        return add_reals("coordinates", mesh_.coordinates, false);
      case ParameterRole::cell_vertices:
        return add_integers("cell_vertices", mesh_.cells);
      case ParameterRole::entity_cells:
        return add_integers("entity_cells", entities.cells);
      case ParameterRole::entity_facets:
        return add_integers("entity_facets", entities.facets);
      case ParameterRole::entity_permutations:
      case ParameterRole::interior_positions:
        throw MissingComponent("assembly over interior facets is not supported yet");
      case ParameterRole::test_nodes:
        return add_integers("test_nodes", spaces_.arguments[0].cell_nodes);
      case ParameterRole::trial_nodes:
        return add_integers("trial_nodes", spaces_.arguments[1].cell_nodes);
      case ParameterRole::positions:
        return add_integers("positions", spaces_.positions);
      case ParameterRole::input_vector:
        return add_reals("input", sized(inputs_.x, spaces_.arguments[1].dof_count(), "x"), false);
      case ParameterRole::coefficient: {
        const std::string& name = module_.graph.coefficients()[number].name;
        return add_reals(
            name,
            sized(inputs_.coefficients.at(number), spaces_.coefficients[number].dof_count(), name),
            false);
      }
      case ParameterRole::coefficient_nodes:
        return add_integers(module_.graph.coefficients()[number].name + "_nodes",
                            spaces_.coefficients[number].cell_nodes);
      case ParameterRole::constants:
        return add_reals("constants", all_constants(), false);
      case ParameterRole::entity_count:
      case ParameterRole::value_count:
      case ParameterRole::output:
      case ParameterRole::output_offset:
      case ParameterRole::partial_sums:
        break;
    }
    throw InternalError("assembly: not an input");
  }

  static std::span<const double> sized(const std::vector<double>& values, std::size_t size,
                                       const std::string& name) {
    if (values.size() != size) {
      throw InputError(
          fmt::format("'{}' has {} dof values, its space has {}", name, values.size(), size));
    }
    return values;
  }

  std::vector<double> all_constants() const {
    std::vector<double> all;
    for (const std::int32_t number : fem::used_constants(module_.graph, program_.form)) {
      const auto k = static_cast<std::size_t>(number);
      const fem::Constant& constant = module_.graph.constants()[k];
      const std::span<const double> values =
          sized(inputs_.constants.at(k), static_cast<std::size_t>(fem::size_of(constant.shape)),
                constant.name);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

  KernelArgument argument(const KernelPlan& kernel, const Parameter& parameter) {
    const auto integer = [](std::size_t n) { return static_cast<std::int32_t>(n); };
    switch (parameter.role) {
      case ParameterRole::entity_count:
        return integer(sizes_.entities[kernel.integral].count);
      case ParameterRole::value_count:
        return integer(kernel.kind == KernelPlan::Kind::finish ? sizes_.partials : sizes_.output);
      case ParameterRole::output_offset:
        return integer(sizes_.offsets[kernel.integral]);
      case ParameterRole::partial_sums:
        return BufferArgument{partials_};
      case ParameterRole::output:
        if (by_element()) return BufferArgument{element_outputs_[kernel.integral]};
        return BufferArgument{kernel.kind == KernelPlan::Kind::integral && reduces() ? partials_
                                                                                     : output_};
      default:
        return BufferArgument{input(kernel, parameter)};
    }
  }

  const fem::FormModule& module_;
  const Program& program_;
  const meshes::Mesh& mesh_;
  const AssemblySpaces& spaces_;
  const FormInputs& inputs_;
  Poison poison_;
  Sizes sizes_;
  std::vector<Buffer> buffers_;
  std::map<std::pair<ParameterRole, std::int32_t>, std::size_t> inputs_made_;
  std::vector<std::size_t> element_outputs_;
  std::size_t output_ = 0;
  std::size_t partials_ = 0;
};

std::vector<double> to_doubles(const Buffer& buffer) {
  if (buffer.type == ScalarType::f64) {
    const auto values = buffer.as<double>();
    return {values.begin(), values.end()};
  }
  const auto values = buffer.as<float>();
  return {values.begin(), values.end()};
}

std::vector<Sha256> input_digests(const std::vector<Buffer>& buffers) {
  std::vector<Sha256> digests;
  for (const Buffer& buffer : buffers) {
    if (!buffer.output) digests.push_back(sha256(buffer.bytes));
  }
  return digests;
}

/// Adds one integral's element tensors to the global object.
void add_up(const std::vector<double>& tensors, const Entities& entities,
            const AssemblySpaces& spaces, int rank, Assembled& result) {
  if (rank == 0) {
    for (const double value : tensors) result.value += value;
    return;
  }
  const auto m = static_cast<std::size_t>(dofs_per_cell(spaces, 0));
  const std::size_t size = rank == 1 ? m : m * static_cast<std::size_t>(dofs_per_cell(spaces, 1));
  const fem::DofMap& test = spaces.arguments[0];
  const auto block = static_cast<std::size_t>(test.block_size);
  for (std::size_t e = 0; e < entities.count; ++e) {
    const std::size_t cell =
        entities.cells.empty() ? e : static_cast<std::size_t>(entities.cells[e]);
    for (std::size_t i = 0; i < size; ++i) {
      const double value = tensors[e * size + i];
      if (rank == 2) {
        result.csr_values[static_cast<std::size_t>(spaces.positions[cell * size + i])] += value;
      } else {
        const auto node = static_cast<std::size_t>(test.cell(cell)[i / block]);
        result.vector[node * block + i % block] += value;
      }
    }
  }
}

Assembled collect(const Program& program, Launcher& launcher, const AssemblySpaces& spaces) {
  Assembled result;
  if (program.schedule.strategy == Strategy::element) {
    if (program.rank == 1) result.vector.assign(launcher.sizes().output, 0.0);
    if (program.rank == 2) result.csr_values.assign(launcher.sizes().output, 0.0);
    for (std::size_t k = 0; k < program.integrals.size(); ++k) {
      const std::vector<double> tensors =
          to_doubles(launcher.buffers()[launcher.element_output(k)]);
      add_up(tensors, launcher.sizes().entities[k], spaces, program.rank, result);
    }
    return result;
  }
  std::vector<double> values = to_doubles(launcher.buffers()[launcher.output()]);
  if (program.rank == 0) {
    result.value = values.at(0);
  } else if (program.rank == 1 || program.schedule.strategy == Strategy::matrix_free) {
    result.vector = std::move(values);
  } else {
    result.csr_values = std::move(values);
  }
  return result;
}

}  // namespace

AssemblySpaces make_spaces(const fem::FormModule& module, const Program& program,
                           const meshes::Mesh& mesh) {
  AssemblySpaces spaces;
  for (const fem::Element& element : fem::argument_elements(module.graph, program.form)) {
    spaces.arguments.push_back(fem::make_dof_map(mesh, element));
  }
  spaces.coefficients.resize(module.graph.coefficients().size());
  for (const std::int32_t number : fem::used_coefficients(module.graph, program.form)) {
    const auto k = static_cast<std::size_t>(number);
    spaces.coefficients[k] = fem::make_dof_map(mesh, module.graph.coefficients()[k].element);
  }
  if (program.rank == 2 && program.schedule.strategy != Strategy::matrix_free) {
    spaces.pattern = fem::make_pattern(spaces.arguments[0], spaces.arguments[1]);
    spaces.positions =
        fem::make_positions(spaces.pattern, spaces.arguments[0], spaces.arguments[1]);
  }
  return spaces;
}

Assembled assemble(const fem::FormModule& module, const Program& program,
                   const LoadedModule& loaded, Executor& executor, const meshes::Mesh& mesh,
                   const AssemblySpaces& spaces, const FormInputs& inputs, Poison poison) {
  Launcher launcher(module, program, mesh, spaces, inputs, poison);
  std::vector<Launch> planned;
  for (const KernelPlan& kernel : program.kernels) {
    if (!launcher.is_empty(kernel)) planned.push_back(launcher.launch(kernel));
  }
  const std::vector<Sha256> before = input_digests(launcher.buffers());
  ExecutionCounts counts;
  for (const Launch& launch : planned) counts += executor.run(loaded, launch, launcher.buffers());
  Assembled result = collect(program, launcher, spaces);
  result.counts = counts;
  result.inputs_unchanged = before == input_digests(launcher.buffers());
  return result;
}

std::vector<Launch> launches(const fem::FormModule& module, const Program& program,
                             const meshes::Mesh& mesh, const AssemblySpaces& spaces,
                             const FormInputs& inputs) {
  Launcher launcher(module, program, mesh, spaces, inputs, Poison::nan);
  std::vector<Launch> planned;
  for (const KernelPlan& kernel : program.kernels) {
    if (!launcher.is_empty(kernel)) planned.push_back(launcher.launch(kernel));
  }
  return planned;
}

}  // namespace femsynth::synth
