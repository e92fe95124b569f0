#include "solvers/verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <memory>
#include <set>

#include "fem/form/transform.hpp"
#include "solvers/verify/compare.hpp"

namespace femsynth::solvers {
namespace {

using fem::IntegralKind;
using meshes::Mesh;
using synth::Poison;
using synth::Strategy;

/// Times that an input is drawn anew when rounding decides some value of its result.
constexpr int kRedraws = 4;
/// Numbers of inputs that are drawn anew begin here.
constexpr std::uint64_t kRedrawn = 1'000'000;
/// deal.II's degree for an integral that the compiler found to be zero.
constexpr int kZeroDegree = 4;

/// Are all cells images of the reference cell under affine maps, to the last bits?
bool is_affine(const Mesh& mesh) {
  if (mesh.geometry_degree > 1) return false;
  if (meshes::is_simplex(mesh.cell_type)) return true;
  const bool cube = mesh.cell_type == meshes::CellType::quadrilateral ||
                    mesh.cell_type == meshes::CellType::hexahedron;
  if (!cube) return false;
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const auto at = [&](std::size_t k) {
      return mesh.vertex(static_cast<std::size_t>(mesh.cell(c)[k]));
    };
    for (std::size_t k = 0; k < mesh.cell(c).size(); ++k) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(mesh.dim()); ++i) {
        double x = at(0)[i];
        double size = std::abs(x);
        for (std::size_t j = 0; j < static_cast<std::size_t>(mesh.dim()); ++j) {
          if (!(k >> j & 1)) continue;
          x += at(std::size_t{1} << j)[i] - at(0)[i];
          size += std::abs(at(std::size_t{1} << j)[i]) + std::abs(at(0)[i]);
        }
        if (std::abs(x - at(k)[i]) > 0x1p-52 * size) return false;
      }
    }
  }
  return true;
}

/// One input on one mesh, and what the kernel and the oracle make of it.
struct Trial {
  synth::FormInputs inputs;
  ReferenceValues expected;
};

/// Runs the ladder for one program.
std::vector<std::string> rules_of(const synth::Program& program) {
  std::vector<std::string> rules;
  for (const fem::IntegralGroup& group : program.integrals) {
    if (group.scheme.is_default() || group.exact) continue;
    std::string rule =
        fmt::format("{} by the rule {}", fem::measure_name(group.kind), group.scheme.name);
    if (group.scheme.has_degree()) rule += fmt::format(" of degree {}", group.degree);
    rules.push_back(std::move(rule));
  }
  return rules;
}

class Verifier {
 public:
  Verifier(const fem::FormModule& module, const synth::Program& program, synth::Executor& executor,
           Reference& reference, const VerifyOptions& options)
      : module_(module),
        program_(program),
        executor_(executor),
        reference_(reference),
        options_(options),
        u_(unit_roundoff(program.schedule.precision)) {
    report_.form = program.form.name;
    report_.strategy = synth::name_of(program.schedule.strategy);
    report_.precision = synth::name_of(program.schedule.precision);
    report_.executor = executor.name();
    report_.oracle = reference.name();
    report_.oracle_version = reference.version();
    report_.rules = rules_of(program);
  }

  void load(const synth::CompiledModule& compiled) {
    guarded([&] { loaded_ = executor_.load(compiled); });
  }

  /// Makes input number `counter` for a mesh.
  using Draw = std::function<synth::FormInputs(const synth::AssemblySpaces&, std::uint64_t)>;

  /// Verifies on one mesh: `inputs` inputs from `draw`, the first of them numbered `first`.
  /// `redraw`: an undecided input may be replaced.
  void run(const TrialMesh& trial, int inputs, int first, const Draw& draw, bool redraw) {
    if (!report_.reason.empty()) return;
    const Mesh& mesh = trial.mesh;
    const synth::AssemblySpaces spaces = synth::make_spaces(module_, program_, mesh);
    if (first == 0) {
      check_numberings(trial, spaces);
      check_bases(trial);
    }
    ReferenceForm& form = reference_form(is_affine(mesh));
    const ReferenceSpaces maps = reference_spaces(spaces);
    std::vector<Trial> trials = evaluate(form, mesh, spaces, maps, inputs, first, draw, redraw);
    for (int k = 0; k < inputs; ++k) {
      Trial& t = trials[static_cast<std::size_t>(k)];
      if (!guarded([&] { compare_run(trial, spaces, t, first + k, k == 0 && first == 0); })) return;
      if (k == 0 && first == 0) compare_matrix(trial, spaces, maps, form, t);
      meaningful_ = meaningful_ || has_nonzero(t.expected);
    }
  }

  VerifyReport finish() {
    if (!report_.reason.empty()) return std::move(report_);
    report_.tier = Tier::executed;
    std::size_t failed = 0;
    std::size_t decided = 0;
    const Check* worst = nullptr;
    for (const Check& check : report_.checks) {
      decided += check.entries;
      if (check.pass) continue;
      ++failed;
      if (worst == nullptr || check.ratio > worst->ratio) worst = &check;
    }
    if (failed > 0) {
      report_.reason =
          fmt::format("{} of {} checks failed; the worst: {} on {}: {}", failed,
                      report_.checks.size(), worst->quantity, worst->mesh, worst->detail);
    } else if (decided == 0) {
      report_.reason =
          "no test: no value could be decided (not finite, or a condition that rounding turns)";
    } else if (!meaningful_) {
      report_.reason =
          "no test: every value is zero within rounding, so that a kernel that does nothing "
          "would pass";
    } else {
      report_.tier = Tier::verified;
    }
    return std::move(report_);
  }

 private:
  /// Runs `step`; a fault of the kernel ends the ladder at the tier below.
  template <class Step>
  bool guarded(Step step) {
    try {
      step();
      return true;
    } catch (const synth::ExecutionFault& fault) {
      report_.tier = Tier::compiled;
      report_.reason = fmt::format("fault: {}", fault.what());
      return false;
    }
  }

  Check make_check(const TrialMesh& trial, int input, const char* quantity) const {
    Check check;
    check.form = report_.form;
    check.strategy = report_.strategy;
    check.executor = report_.executor;
    check.oracle = report_.oracle;
    check.mesh = trial.name;
    check.input = input;
    check.quantity = quantity;
    return check;
  }

  void check_numberings(const TrialMesh& trial, const synth::AssemblySpaces& spaces) {
    std::set<fem::Element> seen;
    const auto check_one = [&](const fem::Element& element, const fem::DofMap& map) {
      if (!seen.insert(element).second) return;
      add_law(make_check(trial, 0, "numbering"),
              reference_.check_numbering(trial.mesh, element, map));
    };
    const auto arguments = fem::argument_elements(module_.graph, program_.form);
    for (std::size_t k = 0; k < arguments.size(); ++k) check_one(arguments[k], spaces.arguments[k]);
    for (const std::int32_t number : fem::used_coefficients(module_.graph, program_.form)) {
      const auto k = static_cast<std::size_t>(number);
      check_one(module_.graph.coefficients()[k].element, spaces.coefficients[k]);
    }
  }

  /// That basis functions which do not come from deal.II span their families' spaces; once.
  void check_bases(const TrialMesh& trial) {
    if (bases_checked_) return;
    bases_checked_ = true;
    std::vector<fem::Element> elements = fem::argument_elements(module_.graph, program_.form);
    for (const std::int32_t number : fem::used_coefficients(module_.graph, program_.form)) {
      elements.push_back(module_.graph.coefficients()[static_cast<std::size_t>(number)].element);
    }
    std::set<fem::Element> seen;
    for (const fem::Element& element : elements) {
      for (const fem::SubElement& sub : fem::sub_elements(element, trial.mesh.dim())) {
        if (!seen.insert(sub.basic).second || reference_.has_library_basis(sub.basic)) continue;
        add_law(make_check(trial, 0, "reproduction"), reference_.check_basis(sub.basic));
      }
    }
  }

  /// A check that has no entries: what is wrong, or "". A fault shows as an infinite ratio.
  void add_law(Check check, std::string wrong) {
    check.detail = std::move(wrong);
    check.pass = check.detail.empty();
    if (!check.pass) check.ratio = check.error = std::numeric_limits<double>::infinity();
    report_.checks.push_back(std::move(check));
  }

  /// The untouched form with deal.II's own rules where they must give the same result, else
  /// with ours.
  ReferenceForm& reference_form(bool affine) {
    auto& form = forms_[affine ? 1 : 0];
    if (form) return *form;
    std::vector<ReferenceIntegral> integrals;
    for (const fem::Integral& integral : program_.form.integrals) {
      integrals.push_back({integral.kind, integral.subdomains, integral.integrand,
                           PointRule{false, kZeroDegree, {}, {}, {}}});
    }
    for (const fem::IntegralGroup& group : program_.integrals) {
      const PointRule rule =
          group.exact && affine
              ? PointRule{false, std::max(group.estimated_degree, 0), {}, {}, {}}
              : given_rule(module_.graph.cell(), group.kind, group.degree, group.scheme);
      for (const std::size_t member : group.members) integrals.at(member).rule = rule;
    }
    form = std::make_unique<ReferenceForm>(
        module_.graph, fem::argument_elements(module_.graph, program_.form), integrals,
        synth::is_complex(program_.schedule.precision));
    return *form;
  }

  ReferenceSpaces reference_spaces(const synth::AssemblySpaces& spaces) const {
    ReferenceSpaces maps;
    for (const fem::DofMap& map : spaces.arguments) maps.arguments.push_back(&map);
    for (const fem::DofMap& map : spaces.coefficients) maps.coefficients.push_back(&map);
    return maps;
  }

  static ReferenceInputs view(const synth::FormInputs& inputs) {
    ReferenceInputs result;
    for (const auto& values : inputs.coefficients) result.coefficients.emplace_back(values);
    for (const auto& values : inputs.constants) result.constants.emplace_back(values);
    result.x = inputs.x;
    return result;
  }

  std::vector<Trial> evaluate(ReferenceForm& form, const Mesh& mesh,
                              const synth::AssemblySpaces& spaces, const ReferenceSpaces& maps,
                              int inputs, int first, const Draw& draw, bool redraw) {
    std::vector<Trial> trials(static_cast<std::size_t>(inputs));
    std::vector<std::size_t> open;
    for (std::size_t k = 0; k < trials.size(); ++k) open.push_back(k);
    for (int attempt = 0; !open.empty() && attempt <= (redraw ? kRedraws : 0); ++attempt) {
      std::vector<ReferenceInputs> views;
      for (const std::size_t k : open) {
        const auto number = static_cast<std::uint64_t>(first) + k;
        trials[k].inputs = draw(spaces, number + kRedrawn * static_cast<std::uint64_t>(attempt));
        views.push_back(view(trials[k].inputs));
      }
      auto values = reference_.evaluate(form, mesh, maps, views, u_);
      std::vector<std::size_t> undecided;
      for (std::size_t i = 0; i < open.size(); ++i) {
        trials[open[i]].expected = std::move(values[i]);
        if (has_undecided(trials[open[i]].expected, program_.schedule.precision)) {
          undecided.push_back(open[i]);
        }
      }
      open = std::move(undecided);
    }
    return trials;
  }

  /// The kernel's result in the shape of the oracle's; `extra`: rounding of the action A x that
  /// is computed here.
  std::vector<double> result_of(const synth::Assembled& run, const synth::AssemblySpaces& spaces,
                                const std::vector<double>& x, std::vector<double>& extra) const {
    const std::size_t width = synth::is_complex(program_.schedule.precision) ? 2 : 1;
    if (program_.rank == 0) {
      if (width == 2) return {run.value, run.value_imaginary};
      return {run.value};
    }
    if (program_.rank == 1 || program_.schedule.strategy == Strategy::matrix_free) {
      return run.vector;
    }
    const fem::CsrPattern& pattern = spaces.pattern;
    std::vector<double> y(static_cast<std::size_t>(pattern.rows) * width, 0.0);
    extra.assign(y.size(), 0.0);
    const auto add = [&](std::size_t i, double product) {
      y[i] += product;
      extra[i] += std::abs(product);
    };
    for (std::size_t i = 0; i < static_cast<std::size_t>(pattern.rows); ++i) {
      const auto begin = static_cast<std::size_t>(pattern.row_offsets[i]);
      const auto end = static_cast<std::size_t>(pattern.row_offsets[i + 1]);
      for (std::size_t k = begin; k < end; ++k) {
        const double* a = &run.csr_values[k * width];
        const double* b = &x[static_cast<std::size_t>(pattern.columns[k]) * width];
        add(i * width, a[0] * b[0]);
        if (width == 1) continue;
        add(2 * i, -a[1] * b[1]);
        add(2 * i + 1, a[0] * b[1]);
        add(2 * i + 1, a[1] * b[0]);
      }
      for (std::size_t p = 0; p < width; ++p) {
        extra[i * width + p] *= 0x1p-53 * static_cast<double>(width * (end - begin) + 1);
      }
    }
    return y;
  }

  const char* quantity() const {
    return program_.rank == 0 ? "value" : program_.rank == 1 ? "vector" : "action";
  }

  void compare_run(const TrialMesh& trial, const synth::AssemblySpaces& spaces, const Trial& t,
                   int input, bool first) {
    // Every other input starts from the other poison, and the first from both.
    const Poison poison = input % 2 == 0 ? Poison::nan : Poison::huge;
    const synth::Assembled run = assemble(trial, spaces, t.inputs, poison);
    if (first) report_.runs.push_back({trial.name, trial.mesh.cell_count(), run.counts});
    std::vector<double> extra;
    const std::vector<double> values = result_of(run, spaces, t.inputs.x, extra);
    Check check = make_check(trial, input, quantity());
    compare(values, t.expected, extra, program_.schedule.precision, 0, check);
    if (!run.inputs_unchanged) {
      check.pass = false;
      check.detail = "the kernel changed one of its inputs";
    }
    report_.checks.push_back(std::move(check));
    if (first) {
      first_run_ = run;
      compare_poisons(trial, spaces, t, values);
    }
  }

  /// The same run from the other poison: the same bits, but for the order of atomic additions,
  /// where the tolerance decides.
  void compare_poisons(const TrialMesh& trial, const synth::AssemblySpaces& spaces, const Trial& t,
                       const std::vector<double>& values) {
    const synth::Assembled run = assemble(trial, spaces, t.inputs, Poison::huge);
    std::vector<double> extra;
    const std::vector<double> others = result_of(run, spaces, t.inputs.x, extra);
    Check check = make_check(trial, 0, "poison");
    compare(others, t.expected, extra, program_.schedule.precision, 0, check);
    const bool ordered = program_.schedule.strategy == Strategy::element ||
                         program_.schedule.strategy == Strategy::reduction;
    const auto same_bits = [](double a, double b) {
      return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
    };
    if (ordered &&
        !std::equal(values.begin(), values.end(), others.begin(), others.end(), same_bits)) {
      check.pass = false;
      check.detail = "the result depends on what the output held before";
    }
    report_.checks.push_back(std::move(check));
  }

  synth::Assembled assemble(const TrialMesh& trial, const synth::AssemblySpaces& spaces,
                            const synth::FormInputs& inputs, Poison poison) {
    return synth::assemble(module_, program_, *loaded_, executor_, trial.mesh, spaces, inputs,
                           poison);
  }

  /// All entries of the matrix on the first mesh, if it is not too large.
  void compare_matrix(const TrialMesh& trial, const synth::AssemblySpaces& spaces,
                      const ReferenceSpaces& maps, ReferenceForm& form, const Trial& t) {
    if (program_.rank != 2 || program_.schedule.strategy == Strategy::matrix_free) return;
    // A form over interior facets shows itself where there are some.
    const bool over_facets =
        std::any_of(program_.integrals.begin(), program_.integrals.end(),
                    [](const auto& group) { return group.kind == IntegralKind::interior_facet; });
    if (over_facets && spaces.interior_facets.empty()) return;
    const fem::CsrPattern& pattern = spaces.pattern;
    const auto rows = static_cast<std::size_t>(pattern.rows);
    const auto columns = static_cast<std::size_t>(pattern.cols);
    if (matrix_compared_ || rows * columns > options_.matrix_entries) return;
    matrix_compared_ = true;
    const ReferenceValues expected = reference_.matrix(form, trial.mesh, maps, view(t.inputs), u_);
    const std::size_t width = synth::is_complex(program_.schedule.precision) ? 2 : 1;
    std::vector<double> dense(rows * columns * width, 0.0);
    for (std::size_t i = 0; i < rows; ++i) {
      for (auto k = static_cast<std::size_t>(pattern.row_offsets[i]);
           k < static_cast<std::size_t>(pattern.row_offsets[i + 1]); ++k) {
        const std::size_t at = i * columns + static_cast<std::size_t>(pattern.columns[k]);
        std::copy_n(&first_run_.csr_values[k * width], width, &dense[at * width]);
      }
    }
    Check check = make_check(trial, 0, "matrix");
    compare(dense, expected, {}, program_.schedule.precision, columns, check);
    report_.checks.push_back(std::move(check));
    if (is_self_adjoint()) check_symmetry(trial, dense, expected, columns);
  }

  /// Is the real form the same when its arguments are exchanged? (canonical_text reads forms as
  /// real ones, without conjugation.)
  bool is_self_adjoint() const {
    if (synth::is_complex(program_.schedule.precision)) return false;
    const auto arguments = fem::argument_elements(module_.graph, program_.form);
    if (arguments[0] != arguments[1]) return false;
    fem::ExprGraph graph = module_.graph;
    return fem::canonical_text(graph, fem::adjoint(graph, program_.form)) ==
           fem::canonical_text(graph, program_.form);
  }

  /// A law that needs no oracle's value: the matrix is its own transpose.
  void check_symmetry(const TrialMesh& trial, const std::vector<double>& dense,
                      const ReferenceValues& bounds, std::size_t n) {
    ReferenceValues mirrored = bounds;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        mirrored.value[i * n + j] = dense[j * n + i];
        mirrored.bound[i * n + j] = bounds.bound[i * n + j] + bounds.bound[j * n + i];
      }
    }
    Check check = make_check(trial, 0, "symmetry");
    compare(dense, mirrored, {}, program_.schedule.precision, n, check);
    report_.checks.push_back(std::move(check));
  }

  const fem::FormModule& module_;
  const synth::Program& program_;
  synth::Executor& executor_;
  Reference& reference_;
  const VerifyOptions& options_;
  double u_;
  std::shared_ptr<const synth::LoadedModule> loaded_;
  std::unique_ptr<ReferenceForm> forms_[2];  // on non-affine, on affine meshes
  synth::Assembled first_run_;
  bool matrix_compared_ = false;
  bool bases_checked_ = false;
  bool meaningful_ = false;
  VerifyReport report_;
};

/// Does the form read anything that inputs could vary?
bool reads_inputs(const fem::FormModule& module, const synth::Program& program) {
  return !fem::used_coefficients(module.graph, program.form).empty() ||
         !fem::used_constants(module.graph, program.form).empty() ||
         program.schedule.strategy == Strategy::matrix_free;
}

}  // namespace

VerifyReport verify(const fem::FormModule& module, const synth::Program& program,
                    const synth::CompiledModule& compiled, synth::Executor& executor,
                    Reference& reference, const VerifyOptions& options) {
  if (options.inputs < 1) throw InputError("verify needs at least one input");
  Verifier verifier(module, program, executor, reference, options);
  verifier.load(compiled);
  const auto draw = [&](const synth::AssemblySpaces& spaces, std::uint64_t counter) {
    // What is drawn anew because its value was undecided comes from where most functions are
    // defined, asin and acos too.
    const ValueRange range = counter < kRedrawn ? options.range : ValueRange{0.25, 0.75};
    return random_inputs(module, program, spaces, range, options.seed, counter);
  };
  if (reads_inputs(module, program)) {
    for (const TrialMesh& trial : trial_meshes(module, program, options.seed, 0)) {
      verifier.run(trial, options.inputs, 0, draw, true);
    }
    return verifier.finish();
  }
  for (int k = 0; k < options.inputs; ++k) {
    const auto variant = static_cast<std::uint64_t>(k);
    for (const TrialMesh& trial : trial_meshes(module, program, options.seed, variant)) {
      verifier.run(trial, 1, k, draw, true);
    }
  }
  return verifier.finish();
}

VerifyReport verify_on(const fem::FormModule& module, const synth::Program& program,
                       const synth::CompiledModule& compiled, synth::Executor& executor,
                       Reference& reference, std::span<const VerifyCase> cases,
                       const VerifyOptions& options) {
  Verifier verifier(module, program, executor, reference, options);
  verifier.load(compiled);
  const auto precision = program.schedule.precision;
  for (const VerifyCase& given : cases) {
    TrialMesh trial = given.mesh;
    round_to(precision, trial.mesh.coordinates);
    const auto draw = [&](const synth::AssemblySpaces& spaces, std::uint64_t counter) {
      synth::FormInputs inputs = given.inputs.at(counter);
      for (auto& values : inputs.coefficients) round_to(precision, values);
      for (auto& values : inputs.constants) round_to(precision, values);
      round_to(precision, inputs.x);
      if (inputs.x.empty()) {
        inputs.x = random_inputs(module, program, spaces, options.range, options.seed, counter).x;
      }
      return inputs;
    };
    verifier.run(trial, static_cast<int>(given.inputs.size()), 0, draw, false);
  }
  return verifier.finish();
}

}  // namespace femsynth::solvers
