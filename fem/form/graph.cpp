#include "fem/form/graph.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>

namespace femsynth::fem {
namespace {

/// SplitMix64's mixing step: every input bit reaches every output bit.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

class Hasher {
 public:
  void add(std::uint64_t x) { state_ = mix(state_ ^ x); }
  void add_signed(std::int64_t x) { add(static_cast<std::uint64_t>(x)); }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

std::uint64_t hash_of(const Node& node) {
  Hasher h;
  h.add(static_cast<std::uint64_t>(node.op));
  h.add_signed(node.number);
  h.add(std::bit_cast<std::uint64_t>(node.value));
  h.add(node.operands.size());
  for (ExprId id : node.operands) h.add(raw(id));
  h.add(node.indices.size());
  for (const Index& index : node.indices) {
    h.add(index.free ? 1 : 0);
    h.add_signed(index.value);
  }
  h.add(node.shape.size());
  for (int extent : node.shape) h.add_signed(extent);
  for (const FreeIndex& index : node.free) {
    h.add_signed(index.label);
    h.add_signed(index.extent);
  }
  return h.value();
}

}  // namespace

const char* name_of(Op op) {
  // One name an operator, in the order of the enumeration.
  static constexpr std::array names = {"zero",
                                       "real",
                                       "identity",
                                       "argument",
                                       "coefficient",
                                       "constant",
                                       "spatial_coordinate",
                                       "facet_normal",
                                       "geometric_quantity",
                                       "imaginary_unit",
                                       "sum",
                                       "product",
                                       "division",
                                       "power",
                                       "inner",
                                       "dot",
                                       "outer",
                                       "transpose",
                                       "trace",
                                       "sym",
                                       "skew",
                                       "dev",
                                       "cross",
                                       "determinant",
                                       "inverse",
                                       "cofactor",
                                       "conj",
                                       "real_part",
                                       "imag_part",
                                       "grad",
                                       "div",
                                       "curl",
                                       "variable",
                                       "variable_derivative",
                                       "gateaux_derivative",
                                       "restricted",
                                       "indexed",
                                       "index_sum",
                                       "component_tensor",
                                       "list_tensor",
                                       "abs",
                                       "sign",
                                       "sqrt",
                                       "exp",
                                       "ln",
                                       "sin",
                                       "cos",
                                       "tan",
                                       "asin",
                                       "acos",
                                       "atan",
                                       "sinh",
                                       "cosh",
                                       "tanh",
                                       "erf",
                                       "bessel_j",
                                       "bessel_y",
                                       "bessel_i",
                                       "bessel_k",
                                       "atan2",
                                       "min_value",
                                       "max_value",
                                       "lt",
                                       "le",
                                       "gt",
                                       "ge",
                                       "eq",
                                       "ne",
                                       "logical_and",
                                       "logical_or",
                                       "logical_not",
                                       "conditional"};
  static_assert(names.size() == static_cast<std::size_t>(Op::conditional) + 1);
  return names[static_cast<std::size_t>(op)];
}

const char* name_of(GeometricQuantity quantity) {
  static constexpr std::array names = {"CellVolume",
                                       "Circumradius",
                                       "CellDiameter",
                                       "MinCellEdgeLength",
                                       "MaxCellEdgeLength",
                                       "FacetArea",
                                       "MinFacetEdgeLength",
                                       "MaxFacetEdgeLength",
                                       "Jacobian",
                                       "JacobianDeterminant",
                                       "JacobianInverse",
                                       "FacetJacobian",
                                       "FacetJacobianDeterminant",
                                       "FacetJacobianInverse",
                                       "CellCoordinate",
                                       "FacetCoordinate",
                                       "CellOrigin",
                                       "FacetOrigin",
                                       "CellVertices",
                                       "CellEdgeVectors",
                                       "FacetEdgeVectors",
                                       "ReferenceCellVolume",
                                       "ReferenceFacetVolume",
                                       "ReferenceNormal",
                                       "CellFacetJacobian",
                                       "ReferenceCellEdgeVectors",
                                       "ReferenceFacetEdgeVectors",
                                       "CellNormal",
                                       "CellOrientation",
                                       "QuadratureWeight",
                                       "a derivative of Jacobian",
                                       "a second derivative of Jacobian"};
  static_assert(names.size() == static_cast<std::size_t>(GeometricQuantity::jacobian_hessian) + 1);
  return names[static_cast<std::size_t>(quantity)];
}

std::optional<ExprId> ExprGraph::find(const Node& node) const {
  const auto [begin, end] = interned_.equal_range(hash_of(node));
  for (auto it = begin; it != end; ++it) {
    if (nodes_[raw(it->second)] == node) return it->second;
  }
  return std::nullopt;
}

ExprId ExprGraph::intern(Node node) {
  if (const auto known = find(node)) return *known;
  for (ExprId operand : node.operands) {
    if (raw(operand) >= nodes_.size()) throw InternalError("operand of another expression graph");
  }
  if (nodes_.size() >= max_nodes) {
    throw InputError(
        fmt::format("the form is too large: its expressions have more than {} nodes", max_nodes));
  }
  const ExprId id{static_cast<std::uint32_t>(nodes_.size())};
  interned_.emplace(hash_of(node), id);
  nodes_.push_back(std::move(node));
  locations_.push_back(current_location_);
  return id;
}

std::int32_t ExprGraph::add_argument(const Argument& argument) {
  for (std::size_t k = 0; k < arguments_.size(); ++k) {
    if (arguments_[k] == argument) return static_cast<std::int32_t>(k);
  }
  arguments_.push_back(argument);
  return static_cast<std::int32_t>(arguments_.size() - 1);
}

std::int32_t ExprGraph::add_coefficient(Coefficient coefficient) {
  if (coefficient.name.empty()) coefficient.name = fmt::format("w{}", coefficients_.size());
  coefficients_.push_back(std::move(coefficient));
  return static_cast<std::int32_t>(coefficients_.size() - 1);
}

std::int32_t ExprGraph::add_constant(Constant constant) {
  if (constant.name.empty()) constant.name = fmt::format("c{}", constants_.size());
  constants_.push_back(std::move(constant));
  return static_cast<std::int32_t>(constants_.size() - 1);
}

void ExprGraph::name_coefficient(std::int32_t number, const std::string& name) {
  coefficients_.at(static_cast<std::size_t>(number)).name = name;
}

void ExprGraph::name_constant(std::int32_t number, const std::string& name) {
  constants_.at(static_cast<std::size_t>(number)).name = name;
}

std::vector<ExprId> reachable(const ExprGraph& graph, ExprId root) {
  const ExprId roots[] = {root};
  return reachable(graph, roots);
}

std::vector<ExprId> reachable(const ExprGraph& graph, std::span<const ExprId> roots) {
  std::size_t count = 0;
  for (ExprId root : roots) count = std::max<std::size_t>(count, raw(root) + std::size_t{1});
  std::vector<char> seen(count, 0);
  for (ExprId root : roots) seen[raw(root)] = 1;
  std::size_t found = 0;
  for (std::size_t k = count; k-- > 0;) {
    if (!seen[k]) continue;
    ++found;
    for (ExprId operand : graph[ExprId{static_cast<std::uint32_t>(k)}].operands) {
      seen[raw(operand)] = 1;
    }
  }
  std::vector<ExprId> ids;
  ids.reserve(found);
  for (std::size_t k = 0; k < count; ++k) {
    if (seen[k]) ids.push_back(ExprId{static_cast<std::uint32_t>(k)});
  }
  return ids;
}

}  // namespace femsynth::fem
