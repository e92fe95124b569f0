#include "cli/inputs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <complex>

#include "fem/spaces/evaluate.hpp"
#include "fem/spaces/interpolate.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::cli {

std::vector<double> interpolate_field(const std::string& label, const fem::FieldExpression& field,
                                      const meshes::Mesh& mesh, const fem::Element& element,
                                      const fem::DofMap& dof_map, synth::Precision precision) {
  try {
    if (synth::is_complex(precision)) {
      return fem::interpolate_complex(field.graph, field.components, mesh, element, dof_map);
    }
    return fem::interpolate(field.graph, field.components, mesh, element, dof_map);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", label, error.what()));
  }
}

Settings::Settings(const fem::FormModule& module, const std::vector<std::string>& settings)
    : module_(module) {
  find_targets();
  for (const std::string& setting : settings) add(setting);
}

void Settings::find_targets() {
  const fem::ExprGraph& graph = module_.graph;
  for (const fem::Form& form : module_.forms) {
    for (const std::int32_t k : fem::used_coefficients(graph, form)) {
      const fem::Coefficient& c = graph.coefficients()[static_cast<std::size_t>(k)];
      targets_.insert({c.name, {false, k, fem::value_shape(c.element, graph.dim())}});
    }
    for (const std::int32_t k : fem::used_constants(graph, form)) {
      const fem::Constant& c = graph.constants()[static_cast<std::size_t>(k)];
      targets_.insert({c.name, {true, k, c.shape}});
    }
  }
}

void Settings::add(const std::string& setting) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == setting.size()) {
    throw InputError(fmt::format("--set {}: NAME=EXPR is expected", setting));
  }
  const std::string name = setting.substr(0, equals);
  const auto target = targets_.find(name);
  if (target == targets_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, unused] : targets_) names.push_back(known);
    throw InputError(
        fmt::format("--set {}: the forms read no Coefficient or Constant of that "
                    "name; {}",
                    name,
                    names.empty() ? "they read none at all"
                                  : fmt::format("they read {}", fmt::join(names, ", "))));
  }
  const std::string label = "--set " + name;
  fem::FieldExpression field =
      fem::parse_field(setting.substr(equals + 1), module_.graph.domain(), label);
  const auto components = static_cast<std::size_t>(fem::size_of(target->second.shape));
  if (field.components.size() != components) {
    throw InputError(fmt::format("{}: {} component{} for a {} of shape {}", label,
                                 field.components.size(), field.components.size() == 1 ? "" : "s",
                                 target->second.constant ? "Constant" : "Coefficient",
                                 fem::to_string(target->second.shape)));
  }
  if (!fields_.insert({name, std::move(field)}).second) {
    throw InputError(fmt::format("{}: given twice", label));
  }
}

void Settings::require_all() const {
  std::string missing;
  for (const auto& [name, target] : targets_) {
    if (fields_.contains(name)) continue;
    missing += fmt::format(
        "\n  --set {}=…  ({} of shape {})", name,
        target.constant ? "Constant: number or tuple of numbers" : "Coefficient: expression in x",
        fem::to_string(target.shape));
  }
  if (!missing.empty()) {
    throw InputError(fmt::format("{}: these have no value:{}", module_.path, missing));
  }
}

namespace {

/// Components of a constant, as (re, im) pairs for a complex precision.
std::vector<double> constant_values(const fem::FieldExpression& field,
                                    std::span<const double> origin, synth::Precision precision) {
  if (!synth::is_complex(precision)) {
    return fem::evaluate_at(field.graph, field.components, origin);
  }
  std::vector<double> pairs;
  for (const std::complex<double>& value :
       fem::evaluate_complex_at(field.graph, field.components, origin)) {
    pairs.push_back(value.real());
    pairs.push_back(value.imag());
  }
  return pairs;
}

}  // namespace

void Settings::apply(const meshes::Mesh& mesh, const synth::AssemblySpaces& spaces,
                     synth::Precision precision, synth::FormInputs& inputs) const {
  const fem::ExprGraph& graph = module_.graph;
  inputs.coefficients.resize(graph.coefficients().size());
  inputs.constants.resize(graph.constants().size());
  const std::vector<double> origin(static_cast<std::size_t>(graph.dim()), 0.0);
  for (const auto& [name, field] : fields_) {
    const Target& target = targets_.at(name);
    const std::string label = "--set " + name;
    const auto k = static_cast<std::size_t>(target.number);
    if (target.constant) {
      const std::vector<fem::ExprId> nodes = fem::reachable(field.graph, field.components);
      const fem::ExprGraph& expressions = field.graph;
      if (std::any_of(nodes.begin(), nodes.end(), [&expressions](fem::ExprId id) {
            return expressions[id].op == fem::Op::spatial_coordinate;
          })) {
        throw InputError(fmt::format("{}: a Constant cannot depend on x", label));
      }
      inputs.constants[k] = constant_values(field, origin, precision);
      for (const double value : inputs.constants[k]) {
        if (!std::isfinite(value))
          throw InputError(fmt::format("{}: its value is not finite", label));
      }
    } else if (spaces.coefficients[k].nodes_per_cell > 0) {  // read by this form
      inputs.coefficients[k] = interpolate_field(
          label, field, mesh, graph.coefficients()[k].element, spaces.coefficients[k], precision);
    }
  }
}

}  // namespace femsynth::cli
