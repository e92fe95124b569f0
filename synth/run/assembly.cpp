#include "synth/run/assembly.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "meshes/support/error.hpp"
#include "meshes/support/sha256.hpp"
#include "synth/run/launcher.hpp"

namespace femsynth::synth {
namespace {

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

/// Adds the element tensors of one integral to the global object.
class TensorSum {
 public:
  TensorSum(const Program& program, const AssemblySpaces& spaces, Assembled& result)
      : program_(program),
        spaces_(spaces),
        parts_(is_complex(program.schedule.precision) ? 2 : 1),
        result_(result) {}

  void add(std::size_t integral, const Entities& entities, const std::vector<double>& tensors) {
    if (program_.rank == 0) {
      for (std::size_t k = 0; k < tensors.size(); ++k) {
        (k % parts_ == 0 ? result_.value : result_.value_imaginary) += tensors[k];
      }
    } else if (program_.rank == 1) {
      add_vectors(entities, tensors);
    } else {
      add_matrices(integral, entities, tensors);
    }
  }

 private:
  void add_scalar(std::vector<double>& to, std::size_t place, const double* value) const {
    for (std::size_t part = 0; part < parts_; ++part) to[place * parts_ + part] += value[part];
  }

  void add_vectors(const Entities& entities, const std::vector<double>& tensors) {
    const fem::DofMap& test = spaces_.arguments[0];
    const auto block = static_cast<std::size_t>(test.block_size);
    const double* value = tensors.data();
    for (std::size_t e = 0; e < entities.count; ++e) {
      for (std::size_t side = 0; side < entities.sides; ++side) {
        for (const std::int32_t node : test.cell(entities.cell(e, side))) {
          for (std::size_t b = 0; b < block; ++b, value += parts_) {
            add_scalar(result_.vector, static_cast<std::size_t>(node) * block + b, value);
          }
        }
      }
    }
  }

  void add_matrices(std::size_t integral, const Entities& entities,
                    const std::vector<double>& tensors) {
    if (entities.count == 0) return;
    const std::size_t size = tensors.size() / (entities.count * parts_);
    const bool interior = entities.sides == 2;
    const std::vector<std::int32_t>& positions =
        interior ? spaces_.interior_positions[integral] : spaces_.positions;
    const double* value = tensors.data();
    for (std::size_t e = 0; e < entities.count; ++e) {
      const std::size_t first = (interior ? e : entities.cell(e, 0)) * size;
      for (std::size_t i = 0; i < size; ++i, value += parts_) {
        add_scalar(result_.csr_values, static_cast<std::size_t>(positions[first + i]), value);
      }
    }
  }

  const Program& program_;
  const AssemblySpaces& spaces_;
  std::size_t parts_;
  Assembled& result_;
};

Assembled collect(const Program& program, Launcher& launcher, const AssemblySpaces& spaces) {
  Assembled result;
  const std::size_t parts = is_complex(program.schedule.precision) ? 2 : 1;
  if (program.schedule.strategy == Strategy::element) {
    if (program.rank == 1) result.vector.assign(launcher.sizes().output * parts, 0.0);
    if (program.rank == 2) result.csr_values.assign(launcher.sizes().output * parts, 0.0);
    TensorSum sum(program, spaces, result);
    for (std::size_t k = 0; k < program.integrals.size(); ++k) {
      sum.add(k, launcher.sizes().entities[k],
              to_doubles(launcher.buffers()[launcher.element_output(k)]));
    }
    return result;
  }
  std::vector<double> values = to_doubles(launcher.buffers()[launcher.output()]);
  if (program.rank == 0) {
    result.value = values.at(0);
    if (parts == 2) result.value_imaginary = values.at(1);
  } else if (program.rank == 1 || program.schedule.strategy == Strategy::matrix_free) {
    result.vector = std::move(values);
  } else {
    result.csr_values = std::move(values);
  }
  return result;
}

std::string describe(const fem::Domain& domain) {
  return fmt::format("{}s in {} dimension{} with geometry of degree {}",
                     meshes::name_of(domain.cell), domain.geometric_dim,
                     domain.geometric_dim == 1 ? "" : "s", domain.degree);
}

void check_domain(const fem::Domain& form, const meshes::Mesh& mesh) {
  const fem::Domain given(mesh.cell_type, mesh.dim(), mesh.geometry_degree);
  if (form == given) return;
  throw InputError(
      fmt::format("the form is on {}, the mesh has {}", describe(form), describe(given)));
}

bool has_interior_facets(const Program& program) {
  return std::any_of(program.integrals.begin(), program.integrals.end(), [](const auto& group) {
    return group.kind == fem::IntegralKind::interior_facet;
  });
}

bool reads_orientations(const Program& program) {
  const auto is_one = [](const Parameter& parameter) {
    return parameter.role == ParameterRole::cell_orientations;
  };
  return std::any_of(program.kernels.begin(), program.kernels.end(), [&](const KernelPlan& kernel) {
    return std::any_of(kernel.parameters.begin(), kernel.parameters.end(), is_one);
  });
}

/// Pattern and positions of a matrix.
void add_pattern(const Program& program, AssemblySpaces& spaces) {
  const fem::DofMap& test = spaces.arguments[0];
  const fem::DofMap& trial = spaces.arguments[1];
  if (spaces.interior_facets.empty()) {
    spaces.pattern = fem::make_pattern(test, trial);
  } else {
    std::vector<std::int32_t> cells(test.cell_count());
    for (std::size_t c = 0; c < cells.size(); ++c) cells[c] = static_cast<std::int32_t>(c);
    spaces.pattern = fem::make_pattern(test, trial, cells, spaces.interior_facets);
  }
  spaces.positions = fem::make_positions(spaces.pattern, test, trial);
  spaces.interior_positions.resize(program.integrals.size());
  for (std::size_t k = 0; k < program.integrals.size(); ++k) {
    if (program.integrals[k].kind != fem::IntegralKind::interior_facet) continue;
    spaces.interior_positions[k] = fem::make_interior_positions(
        spaces.pattern, test, trial, selected_facets(program.integrals[k], spaces.interior_facets));
  }
}

std::vector<Launch> plan(const Program& program, Launcher& launcher) {
  std::vector<Launch> planned;
  for (const KernelPlan& kernel : program.kernels) {
    if (!launcher.is_empty(kernel)) planned.push_back(launcher.launch(kernel));
  }
  return planned;
}

/// What running all launches of a program gave beside its outputs.
struct Execution {
  ExecutionCounts counts;
  bool inputs_unchanged = true;
};

Execution execute(const Program& program, Launcher& launcher, const LoadedModule& loaded,
                  Executor& executor) {
  const std::vector<Launch> planned = plan(program, launcher);
  const std::vector<Sha256> before = input_digests(launcher.buffers());
  Execution execution;
  for (const Launch& launch : planned) {
    execution.counts += executor.run(loaded, launch, launcher.buffers());
  }
  execution.inputs_unchanged = before == input_digests(launcher.buffers());
  return execution;
}

}  // namespace

AssemblySpaces make_spaces(const fem::FormModule& module, const Program& program,
                           const meshes::Mesh& mesh) {
  check_domain(module.graph.domain(), mesh);
  AssemblySpaces spaces;
  for (const fem::Element& element : fem::argument_elements(module.graph, program.form)) {
    spaces.arguments.push_back(fem::make_dof_map(mesh, element));
  }
  spaces.coefficients.resize(module.graph.coefficients().size());
  for (const std::int32_t number : fem::used_coefficients(module.graph, program.form)) {
    const auto k = static_cast<std::size_t>(number);
    spaces.coefficients[k] = fem::make_dof_map(mesh, module.graph.coefficients()[k].element);
  }
  if (reads_orientations(program)) spaces.cell_orientations = meshes::cell_orientations(mesh);
  if (has_interior_facets(program)) spaces.interior_facets = meshes::interior_facets(mesh);
  if (program.rank == 2 && program.schedule.strategy != Strategy::matrix_free &&
      !program.tabulated) {
    add_pattern(program, spaces);
  }
  return spaces;
}

Assembled assemble(const fem::FormModule& module, const Program& program,
                   const LoadedModule& loaded, Executor& executor, const meshes::Mesh& mesh,
                   const AssemblySpaces& spaces, const FormInputs& inputs, Poison poison) {
  if (program.tabulated) throw InternalError("an expression's program is tabulated, not assembled");
  Launcher launcher(module, program, mesh, spaces, inputs, poison);
  const Execution execution = execute(program, launcher, loaded, executor);
  Assembled result = collect(program, launcher, spaces);
  result.counts = execution.counts;
  result.inputs_unchanged = execution.inputs_unchanged;
  return result;
}

Tabulated tabulate_expression(const fem::FormModule& module, const Program& program,
                              const LoadedModule& loaded, Executor& executor,
                              const meshes::Mesh& mesh, const AssemblySpaces& spaces,
                              const FormInputs& inputs, Poison poison) {
  if (!program.tabulated) throw InternalError("a form's program is assembled, not tabulated");
  Launcher launcher(module, program, mesh, spaces, inputs, poison);
  const Execution execution = execute(program, launcher, loaded, executor);
  return {to_doubles(launcher.buffers()[launcher.element_output(0)]), execution.counts,
          execution.inputs_unchanged};
}

std::vector<Launch> launches(const fem::FormModule& module, const Program& program,
                             const meshes::Mesh& mesh, const AssemblySpaces& spaces,
                             const FormInputs& inputs) {
  Launcher launcher(module, program, mesh, spaces, inputs, Poison::nan);
  return plan(program, launcher);
}

}  // namespace femsynth::synth
