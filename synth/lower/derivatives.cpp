#include "synth/lower/derivatives.hpp"

#include <fmt/format.h>

#include <array>

namespace femsynth::synth {

int derivatives_of_order(const fem::Domain& domain, int order) {
  const auto d = static_cast<std::size_t>(domain.geometric_dim);
  if (derivatives_commute(domain)) return static_cast<int>(fem::derivatives_of_order(d, order));
  return order == 0 ? 1 : domain.geometric_dim * derivatives_of_order(domain, order - 1);
}

int number_in_order(const fem::Domain& domain, const fem::Directions& axes) {
  const auto d = static_cast<std::size_t>(domain.geometric_dim);
  if (derivatives_commute(domain)) {
    return static_cast<int>(fem::derivative_index(d, axes) -
                            fem::derivative_count(d, static_cast<int>(axes.size()) - 1));
  }
  int number = 0;
  for (const int k : axes) number = number * domain.geometric_dim + k;
  return number;
}

std::int32_t first_of_order(const fem::Domain& domain, int order) {
  std::int32_t first = 0;
  for (int k = 0; k < order; ++k) first += derivatives_of_order(domain, k);
  return first;
}

int order_of(const fem::Domain& domain, std::int32_t derivative) {
  int order = 0;
  while (derivative >= first_of_order(domain, order + 1)) ++order;
  return order;
}

std::string digits(const fem::Directions& axes) {
  std::string text;
  for (const int axis : axes) text += static_cast<char>('0' + axis);
  return text;
}

std::string derivative_text(const std::string& function, int order, const char* variable,
                            const std::string& letters) {
  constexpr std::array superscripts{"", "", "²", "³", "⁴", "⁵"};
  if (order == 0) return function;
  std::string text = fmt::format("∂{}{}/", superscripts[static_cast<std::size_t>(order)], function);
  for (const char letter : letters.substr(0, static_cast<std::size_t>(order))) {
    text += fmt::format("∂{}_{}", variable, letter);
  }
  return text;
}

}  // namespace femsynth::synth
