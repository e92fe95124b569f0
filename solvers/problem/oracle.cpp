#include "solvers/problem/oracle.hpp"

#include <algorithm>

namespace femsynth::solvers {
namespace {

/// deal.II's degree for an integral that the compiler found to be zero.
constexpr int kZeroDegree = 4;

/// The form as written, with deal.II's own rules where any exact rule gives the same, else with
/// the compiler's. (`exact` is never set on quadrilaterals and hexahedra.)
ReferenceForm untouched(const fem::FormModule& module, const synth::Program& program) {
  std::vector<ReferenceIntegral> integrals;
  for (const fem::Integral& integral : program.form.integrals) {
    integrals.push_back({integral.kind, integral.subdomains, integral.integrand,
                         PointRule{false, kZeroDegree, {}, {}}});
  }
  for (const fem::IntegralGroup& group : program.integrals) {
    const PointRule rule =
        group.exact ? PointRule{false, std::max(group.estimated_degree, 0), {}, {}}
                    : given_rule(module.graph.cell(), group.kind, group.degree, group.scheme);
    for (const std::size_t member : group.members) integrals.at(member).rule = rule;
  }
  return ReferenceForm(module.graph, fem::argument_elements(module.graph, program.form), integrals);
}

}  // namespace

ProblemOracle::ProblemOracle(Backend& backend, const fem::FormModule& module,
                             const synth::Program& bilinear, const synth::Program& linear)
    : backend_(backend),
      bilinear_(untouched(module, bilinear)),
      linear_(untouched(module, linear)) {}

ReferenceSolution ProblemOracle::solve(const Problem& problem, const meshes::Mesh& mesh,
                                       const Inputs& bilinear, const Inputs& linear,
                                       const std::vector<DirichletPart>& parts) {
  ReferenceProblem reference;
  reference.bilinear = &bilinear_;
  reference.linear = &linear_;
  const std::size_t coefficients = bilinear.values.coefficients.size();
  for (std::size_t k = 0; k < coefficients; ++k) {
    const Inputs& from = bilinear.values.coefficients[k].empty() ? linear : bilinear;
    reference.spaces.coefficients.push_back(&from.spaces.coefficients[k]);
    reference.inputs.coefficients.emplace_back(from.values.coefficients[k]);
  }
  for (const auto& values : bilinear.values.constants) {
    reference.inputs.constants.emplace_back(values);
  }
  for (const DirichletPart& part : parts) {
    reference.conditions.push_back({part.facets, [&problem, &part](std::span<const double> x) {
                                      return values_at(problem, *part.value, x);
                                    }});
  }
  return solve_reference(backend_, mesh, reference);
}

}  // namespace femsynth::solvers
