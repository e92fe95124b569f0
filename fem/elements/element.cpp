#include "fem/elements/element.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

constexpr int kMaxDegree = 4;

}  // namespace

int size_of(const Shape& shape) {
  int size = 1;
  for (const int extent : shape) size *= extent;
  return size;
}

std::string to_string(const Shape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", shape[i]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

std::string to_string(const Element& element) {
  const std::string shape =
      element.shape.empty() ? "" : fmt::format(", shape={}", to_string(element.shape));
  return fmt::format("element(\"{}\", \"{}\", {}{})",
                     element.family == Family::lagrange ? "P" : "DG", meshes::name_of(element.cell),
                     element.degree, shape);
}

void check_element(const Element& element) {
  const int least = element.family == Family::lagrange ? 1 : 0;
  if (element.degree < least || element.degree > kMaxDegree) {
    throw InputError(fmt::format("{}: the degree is {}, {} to {} are supported", to_string(element),
                                 element.degree, least, kMaxDegree));
  }
  if (std::any_of(element.shape.begin(), element.shape.end(), [](int n) { return n < 1; })) {
    throw InputError(fmt::format("{}: the extents of a shape are positive", to_string(element)));
  }
}

}  // namespace femsynth::fem
