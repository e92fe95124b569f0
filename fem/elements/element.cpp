#include "fem/elements/element.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

/// Everything but the parts, in a fixed order.
auto key_of(const Element& e) {
  return std::tie(e.family, e.cell, e.degree, e.shape, e.discontinuous, e.symmetric,
                  e.lagrange_variant, e.dpc_variant, e.scheme, e.points, e.weights);
}

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

std::partial_ordering Element::operator<=>(const Element& other) const {
  if (const auto order = key_of(*this) <=> key_of(other); order != 0) return order;
  return std::lexicographical_compare_three_way(parts.begin(), parts.end(), other.parts.begin(),
                                                other.parts.end());
}

bool Element::operator==(const Element& other) const {
  return key_of(*this) == key_of(other) && parts == other.parts;
}

int Element::block_size() const {
  if (symmetric) return shape[0] * (shape[0] + 1) / 2;
  return size_of(shape);
}

PullBack pull_back(Family family) {
  switch (family) {
    case Family::raviart_thomas:
    case Family::bdm:
      return PullBack::contravariant_piola;
    case Family::nedelec_first:
    case Family::nedelec_second:
      return PullBack::covariant_piola;
    case Family::regge:
      return PullBack::double_covariant;
    case Family::hhj:
      return PullBack::double_contravariant;
    default:
      return PullBack::identity;
  }
}

Shape basic_shape(Family family, int geometric_dim) {
  switch (pull_back(family)) {
    case PullBack::identity:
      return {};
    case PullBack::contravariant_piola:
    case PullBack::covariant_piola:
      return {geometric_dim};
    case PullBack::double_covariant:
    case PullBack::double_contravariant:
      return {geometric_dim, geometric_dim};
  }
  throw InternalError("unknown pull-back");
}

Shape value_shape(const Element& element, int geometric_dim) {
  if (element.family == Family::mixed) {
    int size = 0;
    for (const Element& part : element.parts) size += size_of(value_shape(part, geometric_dim));
    return {size};
  }
  Shape shape = element.shape;
  const Shape own = element.family == Family::enriched
                        ? value_shape(element.parts.at(0), geometric_dim)
                        : basic_shape(element.family, geometric_dim);
  shape.insert(shape.end(), own.begin(), own.end());
  return shape;
}

namespace {

/// Block of each entry of a symmetric (n, n) matrix of blocks, else the entry itself.
std::vector<int> blocks_of_entries(const Element& element) {
  std::vector<int> blocks;
  for (int entry = 0; entry < size_of(element.shape); ++entry) {
    const int row = element.symmetric ? entry / element.shape[0] : 0;
    const int column = element.symmetric ? entry % element.shape[0] : 0;
    const int high = std::max(row, column);
    blocks.push_back(element.symmetric ? high * (high + 1) / 2 + std::min(row, column) : entry);
  }
  return blocks;
}

/// Blocks `outer` times what a basic element gives: copies of one sub-element interleave.
SubElement blocked(const SubElement& inner, const Element& outer) {
  SubElement result = inner;
  const int blocks = outer.block_size();
  result.block_size = inner.block_size * blocks;
  result.dof_offset = inner.dof_offset * blocks;
  result.source.clear();
  for (const int block : blocks_of_entries(outer)) {
    for (const int source : inner.source) {
      // Copy (block, inner copy): blocks of the outer element vary faster than nodes only.
      const int copy = source / inner.value_size;
      const int component = source % inner.value_size;
      result.source.push_back((block * inner.block_size + copy) * inner.value_size + component);
    }
  }
  return result;
}

}  // namespace

std::vector<SubElement> sub_elements(const Element& element, int geometric_dim) {
  std::vector<SubElement> result;
  if (!element.is_composed()) {
    SubElement sub;
    sub.basic = element;
    sub.basic.shape.clear();
    sub.basic.symmetric = false;
    sub.value_size = size_of(basic_shape(element.family, geometric_dim));
    sub.nodes = dimension(element);
    for (int k = 0; k < sub.value_size; ++k) sub.source.push_back(k);
    result.push_back(blocked(sub, element));
    return result;
  }
  int dofs = 0;
  int components = 0;
  for (const Element& part : element.parts) {
    for (SubElement& sub : sub_elements(part, geometric_dim)) {
      sub.dof_offset += dofs;
      sub.first_component += components;
      result.push_back(std::move(sub));
    }
    dofs += dof_count(part);
    if (element.family == Family::mixed) components += size_of(value_shape(part, geometric_dim));
  }
  if (!element.shape.empty()) {
    for (SubElement& sub : result) sub = blocked(sub, element);
  }
  return result;
}

int dof_count(const Element& element) {
  int dofs = 0;
  for (const Element& part : element.parts) dofs += dof_count(part);
  if (!element.is_composed()) dofs = dimension(element);
  return dofs * element.block_size();
}

namespace {

const char* family_name(Family family) {
  switch (family) {
    case Family::lagrange:
      return "P";
    case Family::discontinuous_lagrange:
      return "DG";
    case Family::dpc:
      return "DPC";
    case Family::serendipity:
      return "S";
    case Family::bubble:
      return "bubble";
    case Family::crouzeix_raviart:
      return "CR";
    case Family::hermite:
      return "Hermite";
    case Family::raviart_thomas:
      return "RT";
    case Family::bdm:
      return "BDM";
    case Family::nedelec_first:
      return "N1curl";
    case Family::nedelec_second:
      return "N2curl";
    case Family::regge:
      return "Regge";
    case Family::hhj:
      return "HHJ";
    case Family::quadrature:
      return "quadrature";
    case Family::real:
      return "Real";
    case Family::mixed:
      return "mixed";
    case Family::enriched:
      return "enriched";
  }
  return "?";
}

/// Basix's name of a variant that is not the default; empty for the default.
const char* variant_name(LagrangeVariant variant) {
  switch (variant) {
    case LagrangeVariant::gll_warped:
      return "";
    case LagrangeVariant::equispaced:
      return "equispaced";
    case LagrangeVariant::gll_isaac:
      return "gll_isaac";
    case LagrangeVariant::gll_centroid:
      return "gll_centroid";
    case LagrangeVariant::chebyshev_warped:
      return "chebyshev_warped";
    case LagrangeVariant::chebyshev_isaac:
      return "chebyshev_isaac";
    case LagrangeVariant::chebyshev_centroid:
      return "chebyshev_centroid";
    case LagrangeVariant::gl_warped:
      return "gl_warped";
    case LagrangeVariant::gl_isaac:
      return "gl_isaac";
    case LagrangeVariant::gl_centroid:
      return "gl_centroid";
    case LagrangeVariant::legendre:
      return "legendre";
    case LagrangeVariant::bernstein:
      return "bernstein";
  }
  return "?";
}

std::string composed_text(const Element& element) {
  std::string text = element.family == Family::mixed ? "mixed_element([" : "enriched_element([";
  for (std::size_t k = 0; k < element.parts.size(); ++k) {
    text += (k == 0 ? "" : ", ") + to_string(element.parts[k]);
  }
  text += "])";
  if (element.shape.empty()) return text;
  return fmt::format("blocked_element({}, shape={}{})", text, to_string(element.shape),
                     element.symmetric ? ", symmetry=True" : "");
}

}  // namespace

std::string to_string(const Element& element) {
  if (element.is_composed()) return composed_text(element);
  std::string options;
  if (!element.shape.empty()) options += fmt::format(", shape={}", to_string(element.shape));
  if (element.symmetric) options += ", symmetry=True";
  if (*variant_name(element.lagrange_variant) != '\0') {
    options += fmt::format(", lagrange_variant={}", variant_name(element.lagrange_variant));
  }
  if (element.discontinuous) options += ", discontinuous=True";
  const std::string_view cell = meshes::name_of(element.cell);
  if (element.family == Family::quadrature) {
    return fmt::format("quadrature_element(\"{}\", scheme=\"{}\", degree={}{})", cell,
                       element.scheme, element.degree, options);
  }
  return fmt::format("element(\"{}\", \"{}\", {}{})", family_name(element.family), cell,
                     element.degree, options);
}

}  // namespace femsynth::fem
