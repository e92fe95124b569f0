#include "synth/describe.hpp"

#include <fmt/format.h>

namespace femsynth::synth {

std::string describe_functions(const fem::FormModule& module, const fem::Form& form) {
  std::string text;
  const std::vector<fem::Element> elements = fem::argument_elements(module.graph, form);
  for (std::size_t k = 0; k < elements.size(); ++k) {
    text += fmt::format("{} v_{}: {}\n", k == 0 ? "test function" : "trial function", k,
                        fem::to_string(elements[k]));
  }
  for (const std::int32_t number : fem::used_coefficients(module.graph, form)) {
    const fem::Coefficient& c = module.graph.coefficients()[static_cast<std::size_t>(number)];
    text += fmt::format("coefficient {}: {}\n", c.name, fem::to_string(c.element));
  }
  for (const std::int32_t number : fem::used_constants(module.graph, form)) {
    const fem::Constant& c = module.graph.constants()[static_cast<std::size_t>(number)];
    text += fmt::format("constant {}: shape {}\n", c.name, fem::to_string(c.shape));
  }
  return text;
}

}  // namespace femsynth::synth
