#include "synth/run/launcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "meshes/support/error.hpp"
#include "meshes/topology.hpp"

namespace femsynth::synth {
namespace {

std::uint32_t blocks_for(std::size_t threads, int block_size) {
  const auto block = static_cast<std::size_t>(block_size);
  return static_cast<std::uint32_t>((threads + block - 1) / block);
}

void check_addressable(std::size_t reals, const char* what) {
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  if (reals <= most) return;
  throw InputError(
      fmt::format("{} {}: kernels number them with 32 bits, so at most {} fit", reals, what, most));
}

}  // namespace

LaunchSizes launch_sizes(const Program& program, const meshes::Mesh& mesh,
                         const AssemblySpaces& spaces) {
  LaunchSizes sizes;
  const std::size_t parts = is_complex(program.schedule.precision) ? 2 : 1;
  if (program.tabulated) {
    const TabulatedShape& shape = *program.tabulated;
    sizes.entities.emplace_back().count = mesh.cell_count();
    sizes.tensors.push_back(static_cast<std::size_t>(shape.points) *
                            static_cast<std::size_t>(shape.components) *
                            static_cast<std::size_t>(shape.dofs));
    check_addressable(mesh.cell_count() * sizes.tensors[0] * parts, "values of an expression");
    return sizes;
  }
  for (const fem::IntegralGroup& group : program.integrals) {
    sizes.entities.push_back(entities_of(group, mesh, spaces.interior_facets));
    const Entities& entities = sizes.entities.back();
    std::size_t tensor = 1;
    for (const fem::DofMap& map : spaces.arguments) {
      tensor *= entities.sides * static_cast<std::size_t>(map.dofs_per_cell());
    }
    sizes.tensors.push_back(tensor);
    sizes.offsets.push_back(sizes.partials);
    sizes.partials += blocks_for(entities.count, program.schedule.block_size);
    check_addressable(std::max(entities.count, mesh.cell_count()) * tensor * parts,
                      "entries of element tensors");
  }
  if (program.rank == 0) sizes.output = 1;
  if (program.rank == 1 || program.schedule.strategy == Strategy::matrix_free) {
    sizes.output = spaces.arguments[0].dof_count();
  } else if (program.rank == 2) {
    sizes.output = spaces.pattern.nonzeros();
  }
  check_addressable(sizes.output * parts, "numbers of output");
  return sizes;
}

Launcher::Launcher(const fem::FormModule& module, const Program& program, const meshes::Mesh& mesh,
                   const AssemblySpaces& spaces, const FormInputs& inputs, Poison poison)
    : module_(module),
      program_(program),
      mesh_(mesh),
      spaces_(spaces),
      inputs_(inputs),
      poison_(poison),
      sizes_(launch_sizes(program, mesh, spaces)) {
  make_outputs();
}

Launch Launcher::launch(const KernelPlan& kernel) {
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

std::size_t Launcher::threads(const KernelPlan& kernel) const {
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

std::size_t Launcher::add(Buffer buffer) {
  buffers_.push_back(std::move(buffer));
  return buffers_.size() - 1;
}

std::size_t Launcher::add_reals(const std::string& name, std::span<const double> values,
                                bool output) {
  if (!is_single(program_.schedule.precision)) {
    return add(Buffer::of(name, ScalarType::f64, values, output));
  }
  std::vector<float> rounded(values.begin(), values.end());
  return add(Buffer::of(name, ScalarType::f32, std::span<const float>(rounded), output));
}

std::size_t Launcher::add_integers(const std::string& name, std::span<const std::int32_t> values) {
  return add(Buffer::of(name, ScalarType::i32, values));
}

std::size_t Launcher::add_output(const std::string& name, std::size_t scalars) {
  const double fill =
      poison_ == Poison::nan ? std::numeric_limits<double>::quiet_NaN() : std::ldexp(1.0, 100);
  const std::vector<double> values(scalars * parts(), fill);
  return add_reals(name, values, true);
}

void Launcher::make_outputs() {
  if (by_element()) {
    for (std::size_t k = 0; k < sizes_.tensors.size(); ++k) {
      element_outputs_.push_back(add_output("out", sizes_.entities[k].count * sizes_.tensors[k]));
    }
    return;
  }
  output_ = add_output("out", sizes_.output);
  if (reduces()) partials_ = add_output("partials", sizes_.partials);
}

std::size_t Launcher::input(const KernelPlan& kernel, const Parameter& parameter) {
  const bool per_integral = parameter.role == ParameterRole::entity_cells ||
                            parameter.role == ParameterRole::entity_facets ||
                            parameter.role == ParameterRole::entity_permutations ||
                            parameter.role == ParameterRole::interior_positions;
  const auto number = per_integral ? static_cast<std::int32_t>(kernel.integral) : parameter.number;
  const std::pair key{parameter.role, number};
  const auto found = inputs_made_.find(key);
  if (found != inputs_made_.end()) return found->second;
  return inputs_made_.emplace(key, make_input(kernel, parameter)).first->second;
}

std::size_t Launcher::make_input(const KernelPlan& kernel, const Parameter& parameter) {
  const auto number = static_cast<std::size_t>(parameter.number);
  const Entities& entities = sizes_.entities[kernel.integral];
  switch (parameter.role) {
    case ParameterRole::coordinates:
      return add_reals("coordinates", mesh_.coordinates, false);
    case ParameterRole::cell_vertices:
      return add_integers("cell_vertices",
                          mesh_.geometry_degree > 1 ? mesh_.geometry_nodes : mesh_.cells);
    case ParameterRole::entity_cells:
      return add_integers("entity_cells", entities.cells);
    case ParameterRole::entity_facets:
      return add_integers("entity_facets", entities.places);
    case ParameterRole::entity_permutations:
      return add_integers("entity_permutations", entities.permutations);
    case ParameterRole::cell_orientations:
      // Spaces that were not made by make_spaces may lack them.
      return add_integers("cell_orientations", spaces_.cell_orientations.empty()
                                                   ? meshes::cell_orientations(mesh_)
                                                   : spaces_.cell_orientations);
    case ParameterRole::interior_positions:
      return add_integers("positions", spaces_.interior_positions.at(kernel.integral));
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

std::span<const double> Launcher::sized(const std::vector<double>& values, std::size_t scalars,
                                        const std::string& name) const {
  if (values.size() != scalars * parts()) {
    throw InputError(fmt::format("'{}' has {} values, it takes {}{}", name, values.size(),
                                 scalars * parts(),
                                 parts() == 2 ? ": real and imaginary parts" : ""));
  }
  return values;
}

std::vector<double> Launcher::all_constants() const {
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

KernelArgument Launcher::argument(const KernelPlan& kernel, const Parameter& parameter) {
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

}  // namespace femsynth::synth
