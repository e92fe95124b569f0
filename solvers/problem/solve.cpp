#include "solvers/problem/solve.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "fem/language/form_file.hpp"
#include "meshes/read.hpp"
#include "meshes/vtkhdf.hpp"
#include "solvers/problem/boundary.hpp"
#include "solvers/problem/error_forms.hpp"
#include "solvers/problem/inputs.hpp"
#include "solvers/problem/oracle.hpp"

namespace femsynth::solvers {
namespace {

using Clock = std::chrono::steady_clock;

/// Times what it is given, stage by stage.
class StageTimer {
 public:
  template <class F>
  auto operator()(const char* stage, F work) {
    const auto start = Clock::now();
    struct AtEnd {
      StageTimer& timer;
      const char* stage;
      Clock::time_point start;
      ~AtEnd() { timer.add(stage, std::chrono::duration<double>(Clock::now() - start).count()); }
    } at_end{*this, stage, start};
    return work();
  }
  std::vector<std::pair<std::string, double>> take() { return std::move(seconds_); }

 private:
  void add(const std::string& stage, double seconds) {
    for (auto& [name, total] : seconds_) {
      if (name != stage) continue;
      total += seconds;
      return;
    }
    seconds_.emplace_back(stage, seconds);
  }
  std::vector<std::pair<std::string, double>> seconds_;
};

double width_of(const meshes::Mesh& mesh, bool widest) {
  double result = widest ? 0.0 : std::numeric_limits<double>::infinity();
  const auto d = static_cast<std::size_t>(mesh.dim());
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    double width = 0;
    for (const std::int32_t v : mesh.cell(c)) {
      for (const std::int32_t w : mesh.cell(c)) {
        double square = 0;
        for (std::size_t i = 0; i < d; ++i) {
          const double step = mesh.vertex(static_cast<std::size_t>(v))[i] -
                              mesh.vertex(static_cast<std::size_t>(w))[i];
          square += step * step;
        }
        width = std::max(width, std::sqrt(square));
      }
    }
    result = widest ? std::max(result, width) : std::min(result, width);
  }
  return result;
}

/// Volume of the smallest box around the mesh: no smaller than the domain's.
double box_volume(const meshes::Mesh& mesh) {
  const auto d = static_cast<std::size_t>(mesh.dim());
  double volume = 1;
  for (std::size_t i = 0; i < d; ++i) {
    double low = mesh.coordinates[i];
    double high = low;
    for (std::size_t v = 0; v < mesh.vertices(); ++v) {
      low = std::min(low, mesh.vertex(v)[i]);
      high = std::max(high, mesh.vertex(v)[i]);
    }
    volume *= high - low;
  }
  return volume;
}

class ProblemSolver {
 public:
  ProblemSolver(const Problem& problem, const SolveTools& tools)
      : problem_(problem), tools_(tools), module_(load_forms()) {
    const fem::Form& bilinear = form_of(problem.bilinear, "bilinear", 2);
    const fem::Form& linear = form_of(problem.linear, "linear", 1);
    element_ = space_of(bilinear, linear);
    inputs_ = std::make_unique<ProblemInputs>(problem, module_,
                                              std::vector<const fem::Form*>{&bilinear, &linear});
    read_fields();
    const auto start = Clock::now();
    bilinear_ = compile(module_, bilinear);
    linear_ = compile(module_, linear);
    if (exact_) {
      error_module_ = std::make_unique<fem::FormModule>(make_error_forms(element_, *exact_));
      for (const fem::Form& form : error_module_->forms) {
        errors_.push_back(compile(*error_module_, form));
      }
    }
    report_.compile_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (tools.oracle != nullptr) {
      oracle_ = std::make_unique<ProblemOracle>(*tools.oracle, module_, bilinear_.program,
                                                linear_.program);
    }
    describe();
  }

  SolveReport run() {
    for (std::size_t k = 0; k < problem_.meshes.size(); ++k) {
      if (tools_.progress) tools_.progress(k, problem_.meshes[k]);
      const bool last = k + 1 == problem_.meshes.size();
      report_.levels.push_back(solve_on(problem_.meshes[k], last));
      if (k > 0) set_orders(report_.levels[k - 1], report_.levels[k]);
    }
    judge();
    return std::move(report_);
  }

 private:
  /// The module that holds both forms; each is checked as a form that is asked for.
  fem::FormModule load_forms() const {
    const std::string file = problem_.form_file.string();
    fem::load_form_file(file, {.form = problem_.linear.text});
    return fem::load_form_file(file, {.form = problem_.bilinear.text});
  }

  const fem::Form& form_of(const PlacedText& name, const char* key, int rank) const {
    const auto found = std::find_if(module_.named_forms.begin(), module_.named_forms.end(),
                                    [&](const fem::Form& f) { return f.name == name.text; });
    const int actual = fem::rank(module_.graph, *found);
    if (actual == rank) return *found;
    throw problem_.error(name.where, fmt::format("{} = \"{}\": a form of rank {} is needed, this "
                                                 "one has rank {}",
                                                 key, name.text, rank, actual));
  }

  fem::Element space_of(const fem::Form& bilinear, const fem::Form& linear) const {
    const auto of_a = fem::argument_elements(module_.graph, bilinear);
    const auto of_l = fem::argument_elements(module_.graph, linear);
    if (of_a[0] != of_a[1] || of_a[0] != of_l[0]) {
      throw problem_.error(
          problem_.bilinear.where,
          fmt::format("test and trial functions must share one space; they have "
                      "{}, {}, and {} in the linear form",
                      fem::to_string(of_a[0]), fem::to_string(of_a[1]), fem::to_string(of_l[0])));
    }
    if (of_a[0].family != fem::Family::lagrange) {
      throw problem_.error(problem_.bilinear.where,
                           fmt::format("{}: only continuous elements are solved for (forms have no "
                                       "integrals over interior facets)",
                                       fem::to_string(of_a[0])));
    }
    return of_a[0];
  }

  void read_fields() {
    for (const DirichletEntry& entry : problem_.dirichlet) {
      boundary_values_.push_back(read_field(problem_, entry.value, module_.graph.cell(),
                                            element_.shape, "the Dirichlet value"));
    }
    if (problem_.exact) {
      exact_ = read_field(problem_, *problem_.exact, module_.graph.cell(), element_.shape,
                          "the exact solution");
    }
  }

  FormKernels compile(const fem::FormModule& module, const fem::Form& form) const {
    return make_kernels(module, form, tools_.compile, *tools_.executor);
  }

  void describe() {
    report_.problem = problem_.path;
    report_.form_file = problem_.form_file.string();
    report_.element = fem::to_string(element_);
    report_.executor = tools_.executor->name();
    if (tools_.oracle != nullptr) {
      report_.oracle = fmt::format("{} {}", tools_.oracle->name(), tools_.oracle->version());
    }
    report_.method = problem_.solver.method;
    report_.components = element_.block_size();
    report_.expected_l2 = problem_.order.value_or(element_.degree + 1);
    if (!problem_.order) report_.expected_h1 = element_.degree;
  }

  meshes::Mesh load_mesh(const std::string& name) const {
    meshes::Mesh mesh;
    try {
      mesh = meshes::load_mesh(name, {.perturb = problem_.perturb, .seed = problem_.seed});
    } catch (const LocatedError&) {
      throw;
    } catch (const InputError& error) {
      throw problem_.error(problem_.mesh_where, error.what());
    }
    if (mesh.cell_type == module_.graph.cell()) return mesh;
    throw problem_.error(
        problem_.mesh_where,
        fmt::format("{} is about {} cells, the mesh {} has {} cells", module_.path,
                    meshes::name_of(module_.graph.cell()), name, meshes::name_of(mesh.cell_type)));
  }

  synth::Assembled assemble(const FormKernels& kernels, const meshes::Mesh& mesh,
                            const synth::AssemblySpaces& spaces,
                            const synth::FormInputs& inputs) const {
    synth::Assembled result = synth::assemble(*kernels.module, kernels.program, *kernels.loaded,
                                              *tools_.executor, mesh, spaces, inputs);
    if (!result.inputs_unchanged) {
      throw InternalError(
          fmt::format("the kernels of form {} changed their inputs", kernels.program.form.name));
    }
    return result;
  }

  SolveLevel solve_on(const std::string& name, bool last) {
    StageTimer stage;
    SolveLevel level;
    level.mesh = name;
    meshes::Mesh mesh = stage("mesh", [&] { return load_mesh(name); });
    level.cells = mesh.cell_count();
    level.width = width_of(mesh, true);
    std::vector<DirichletPart> parts;
    for (std::size_t k = 0; k < boundary_values_.size(); ++k) {
      parts.push_back({facets_of(problem_, problem_.dirichlet[k], mesh), &boundary_values_[k]});
    }
    synth::AssemblySpaces of_a;
    synth::AssemblySpaces of_l;
    synth::FormInputs values_a;
    synth::FormInputs values_l;
    stage("spaces", [&] {
      of_a = synth::make_spaces(module_, bilinear_.program, mesh);
      of_l = synth::make_spaces(module_, linear_.program, mesh);
      values_a = inputs_->on(mesh, of_a);
      values_l = inputs_->on(mesh, of_l);
    });
    const LinearSystem system = stage("assembly", [&] {
      return LinearSystem{of_a.pattern, assemble(bilinear_, mesh, of_a, values_a).csr_values,
                          assemble(linear_, mesh, of_l, values_l).vector};
    });
    const fem::DofMap& dofs = of_a.arguments[0];
    const std::vector<double> u =
        stage("linear solver", [&] { return solve_system(mesh, dofs, system, parts, level); });
    if (exact_) stage("error norms", [&] { set_errors(mesh, dofs, u, level); });
    if (oracle_) {
      stage("oracle", [&] {
        const auto other =
            oracle_->solve(problem_, mesh, {of_a, values_a}, {of_l, values_l}, parts);
        compare(other, dofs, u, level);
      });
    }
    level.seconds = stage.take();
    if (last) keep(std::move(mesh), u);
    return level;
  }

  std::vector<double> solve_system(const meshes::Mesh& mesh, const fem::DofMap& dofs,
                                   const LinearSystem& system,
                                   const std::vector<DirichletPart>& parts,
                                   SolveLevel& level) const {
    const PrescribedValues prescribed = prescribed_values(problem_, mesh, element_, dofs, parts);
    const ReducedSystem reduced = reduce(system, prescribed);
    level.dofs = dofs.dof_count();
    level.unknowns = reduced.free_dofs.size();
    LinearSolution solution;
    try {
      solution = solve(reduced.system, problem_.solver);
    } catch (const InputError& error) {
      throw InputError(fmt::format("{}: on {}: {}", problem_.path, level.mesh, error.what()));
    }
    level.condition = solution.condition;
    level.residual = solution.residual;
    level.backward_error = solution.backward_error;
    level.iterations = solution.iterations;
    level.tolerance =
        std::min(kLargestTolerance, 2.0 * solution.condition *
                                        (kAssemblyRoundings * 0x1p-53 + solution.backward_error));
    std::vector<double> u = expand(reduced, solution.x, prescribed);
    for (const double value : u) level.largest = std::max(level.largest, std::abs(value));
    return u;
  }

  void set_errors(const meshes::Mesh& mesh, const fem::DofMap& dofs, const std::vector<double>& u,
                  SolveLevel& level) const {
    std::vector<double> norms;
    for (const FormKernels& kernels : errors_) {
      synth::AssemblySpaces spaces;
      spaces.coefficients = {dofs};
      const synth::FormInputs inputs{{u}, {}, {}};
      norms.push_back(std::sqrt(assemble(kernels, mesh, spaces, inputs).value));
    }
    level.l2_error = norms[0];
    level.h1_error = norms[1];
    // What the tolerance of the dofs comes to in L².
    level.exact_to_rounding =
        norms[0] <= level.tolerance * level.largest * std::sqrt(box_volume(mesh));
  }

  static void compare(const ReferenceSolution& other, const fem::DofMap& dofs,
                      const std::vector<double>& u, SolveLevel& level) {
    if (other.dofs != dofs.dof_count()) {
      throw InternalError(
          fmt::format("{} dofs, but the oracle has {}", dofs.dof_count(), other.dofs));
    }
    const auto block = static_cast<std::size_t>(dofs.block_size);
    double difference = 0;
    for (std::size_t k = 0; k < other.at_nodes.size(); ++k) {
      const auto node = static_cast<std::size_t>(dofs.cell_nodes[k / block]);
      const double step = std::abs(u[node * block + k % block] - other.at_nodes[k]);
      difference = std::isnan(step) ? step : std::max(difference, step);
    }
    level.difference = level.largest > 0 ? difference / level.largest : difference;
  }

  void set_orders(const SolveLevel& before, SolveLevel& level) const {
    if (!exact_ || before.exact_to_rounding || level.exact_to_rounding) return;
    const double finer = problem_.halved ? 2.0 : before.width / level.width;
    const auto order = [&](double coarse, double fine) {
      return std::log(coarse / fine) / std::log(finer);
    };
    level.l2_order = order(*before.l2_error, *level.l2_error);
    level.h1_order = order(*before.h1_error, *level.h1_error);
  }

  void keep(meshes::Mesh mesh, const std::vector<double>& u) {
    // The nodes of a continuous space begin with the vertices.
    const std::size_t count = mesh.vertices() * static_cast<std::size_t>(report_.components);
    report_.solution.assign(u.begin(), u.begin() + static_cast<std::ptrdiff_t>(count));
    if (exact_) report_.exact = values_at(problem_, *exact_, mesh.coordinates);
    report_.mesh = std::move(mesh);
  }

  void judge() {
    for (const SolveLevel& level : report_.levels) {
      if (!level.difference || *level.difference <= level.tolerance) continue;
      report_.failures.push_back(
          fmt::format("on {} the solution differs from deal.II's by {:.2e} of its maximum, more "
                      "than the tolerance {:.2e}",
                      level.mesh, *level.difference, level.tolerance));
    }
    const SolveLevel& last = report_.levels.back();
    if (last.l2_error && !(std::isfinite(*last.l2_error) && std::isfinite(*last.h1_error))) {
      report_.failures.emplace_back("the error norms are not finite");
    }
    const auto check = [&](const char* norm, std::optional<double> order,
                           std::optional<double> expected) {
      if (!order || !expected || *order >= *expected - kOrderSlack) return;
      report_.failures.push_back(
          fmt::format("the {} error falls with order {:.2f}; {:g} is expected (less {:g})", norm,
                      *order, *expected, kOrderSlack));
    };
    check("L2", last.l2_order, report_.expected_l2);
    check("H1", last.h1_order, report_.expected_h1);
  }

  const Problem& problem_;
  const SolveTools& tools_;
  fem::FormModule module_;
  fem::Element element_;
  std::unique_ptr<ProblemInputs> inputs_;
  std::vector<Field> boundary_values_;  ///< one a [[dirichlet]] entry
  std::optional<Field> exact_;
  FormKernels bilinear_;
  FormKernels linear_;
  std::unique_ptr<fem::FormModule> error_module_;
  std::vector<FormKernels> errors_;  ///< L², H¹
  std::unique_ptr<ProblemOracle> oracle_;
  SolveReport report_;
};

}  // namespace

SolveReport solve_problem(const Problem& problem, const SolveTools& tools) {
  return ProblemSolver(problem, tools).run();
}

void write_solution(const std::filesystem::path& path, const SolveReport& report) {
  using meshes::VtkField;
  std::vector<VtkField> fields{
      {"u", VtkField::Place::vertices, report.components, report.solution}};
  if (!report.exact.empty()) {
    std::vector<double> error = report.solution;
    for (std::size_t k = 0; k < error.size(); ++k) error[k] -= report.exact[k];
    fields.push_back({"exact", VtkField::Place::vertices, report.components, report.exact});
    fields.push_back({"error", VtkField::Place::vertices, report.components, std::move(error)});
  }
  meshes::write_vtkhdf(path, report.mesh, fields);
}

}  // namespace femsynth::solvers
