#include "solvers/problem/inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace femsynth::solvers {

ProblemInputs::ProblemInputs(const Problem& problem, const fem::FormModule& module,
                             const std::vector<const fem::Form*>& forms)
    : problem_(problem), module_(module) {
  std::map<std::string, Input> wanted;
  for (const fem::Form* form : forms) {
    for (const std::int32_t k : fem::used_coefficients(module.graph, *form)) {
      const auto& c = module.graph.coefficients()[static_cast<std::size_t>(k)];
      wanted.insert({c.name, {false, k, c.element.shape}});
    }
    for (const std::int32_t k : fem::used_constants(module.graph, *form)) {
      const auto& c = module.graph.constants()[static_cast<std::size_t>(k)];
      wanted.insert({c.name, {true, k, c.shape}});
    }
  }
  match(wanted);
}

void ProblemInputs::match(const std::map<std::string, Input>& wanted) {
  std::map<std::string, Input> open = wanted;
  for (const auto& [name, text] : problem_.settings) {
    const auto found = wanted.find(name);
    if (found == wanted.end()) {
      std::vector<std::string> names;
      for (const auto& [known, unused] : wanted) names.push_back(known);
      throw problem_.error(
          text.where,
          fmt::format("the forms read no Coefficient or Constant '{}'; {}", name,
                      names.empty() ? "they read none at all"
                                    : fmt::format("they read {}", fmt::join(names, ", "))));
    }
    Field field = read_field(problem_, text, module_.graph.cell(), found->second.shape,
                             fmt::format("the value of {}", name));
    if (found->second.constant && depends_on_x(field)) {
      throw problem_.error(text.where,
                           fmt::format("'{}' is a Constant: its value cannot depend on x", name));
    }
    inputs_.emplace_back(found->second, std::move(field));
    open.erase(name);
  }
  if (open.empty()) return;
  std::string missing;
  for (const auto& [name, input] : open) {
    missing +=
        fmt::format("{}{} ({} of shape {})", missing.empty() ? "" : ", ", name,
                    input.constant ? "Constant" : "Coefficient", fem::to_string(input.shape));
  }
  throw problem_.error({}, fmt::format("[set] gives no value for {}", missing));
}

synth::FormInputs ProblemInputs::on(const meshes::Mesh& mesh,
                                    const synth::AssemblySpaces& spaces) const {
  synth::FormInputs result;
  result.coefficients.resize(module_.graph.coefficients().size());
  result.constants.resize(module_.graph.constants().size());
  const std::vector<double> origin(static_cast<std::size_t>(mesh.dim()), 0.0);
  for (const auto& [input, field] : inputs_) {
    const auto k = static_cast<std::size_t>(input.number);
    if (input.constant) {
      result.constants[k] = values_at(problem_, field, origin);
    } else if (spaces.coefficients[k].nodes_per_cell > 0) {  // read by this form
      const fem::Element& element = module_.graph.coefficients()[k].element;
      result.coefficients[k] =
          values_at(problem_, field, fem::node_points(mesh, element, spaces.coefficients[k]));
    }
  }
  return result;
}

}  // namespace femsynth::solvers
