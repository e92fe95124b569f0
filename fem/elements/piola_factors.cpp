#include "fem/elements/piola_factors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "fem/elements/basix_element.hpp"
#include "fem/elements/products.hpp"
#include "fem/elements/tabulate.hpp"

namespace femsynth::fem {
namespace {

// Dofs and basis functions are products along the axes. Each dof is, along each axis, the value at
// an end or the integral against a polynomial. The dofs inside a cell (face) are integrals against
// the basis of the other family, one degree lower; so the functions dual to these are the Riesz
// representatives of *its* dofs, with what must vanish at the ends subtracted. No system is solved.

/// Coefficients of orthonormal Legendre polynomials on [0, 1].
using Polynomial = std::vector<double>;

/// What a dof does along one axis.
struct LineDof {
  int end = -1;       ///< 0 or 1: the value there, times
  double sign = 1;    ///< this; else
  Polynomial weight;  ///< the integral against it
};

/// A dof with the basis function that is dual to it.
struct Product {
  int component = 0;
  std::array<LineDof, 3> dof;
  std::array<Polynomial, 3> factor;
};

/// ψ_l at an end.
double at_end(std::size_t l, int end) {
  const double value = std::sqrt(2.0 * static_cast<double>(l) + 1);
  return end == 0 && l % 2 == 1 ? -value : value;
}

double at_end(const Polynomial& f, int end) {
  double sum = 0;
  for (std::size_t l = 0; l < f.size(); ++l) sum += f[l] * at_end(l, end);
  return sum;
}

Polynomial legendre(int l) {
  Polynomial result(static_cast<std::size_t>(l) + 1, 0.0);
  result.back() = 1;
  return result;
}

/// 1 at that end, 0 at the other, of degree k ≥ 1 and orthogonal to degree k − 2.
Polynomial end_function(int k, int end) {
  Polynomial result(static_cast<std::size_t>(k) + 1, 0.0);
  for (std::size_t l = result.size() - 2; l < result.size(); ++l) result[l] = 0.5 / at_end(l, end);
  return result;
}

/// f plus what makes it vanish at both ends, of degree k and orthogonal to degree k − 2.
Polynomial bubble(Polynomial f, int k) {
  const std::array<double, 2> ends{at_end(f, 0), at_end(f, 1)};
  f.resize(static_cast<std::size_t>(k) + 1, 0.0);
  for (const int end : {0, 1}) {
    const Polynomial phi = end_function(k, end);
    for (std::size_t l = 0; l < f.size(); ++l) f[l] -= ends[static_cast<std::size_t>(end)] * phi[l];
  }
  return f;
}

/// The polynomial of degree n whose integral against any other of that degree is the dof.
Polynomial riesz(const LineDof& dof, int n) {
  if (dof.end < 0) return dof.weight;
  Polynomial result;
  for (int l = 0; l <= n; ++l) {
    result.push_back(dof.sign * at_end(static_cast<std::size_t>(l), dof.end));
  }
  return result;
}

double sign_of_normal(meshes::CellType cell, int axis) {
  // Basix turns a facet's tangents into its normal: (t_0, t_1) ↦ (−t_1, t_0), or t_0 × t_1.
  const bool flat = cell == meshes::CellType::quadrilateral;
  return flat ? (axis == 0 ? -1 : 1) : (axis == 1 ? -1 : 1);
}

/// The axes along an entity, in the order of its frame.
std::vector<int> axes_of(meshes::CellType cell, int dim, int entity) {
  const std::span<const int> vertices = meshes::entity_vertices(cell, dim, entity);
  const auto origin = meshes::reference_vertex(cell, vertices[0]);
  std::vector<int> axes;
  for (int k = 0; k < dim; ++k) {
    const auto end = meshes::reference_vertex(cell, vertices[std::size_t{1} << k]);
    for (int axis = 0; axis < 3; ++axis) {
      if (end[static_cast<std::size_t>(axis)] != origin[static_cast<std::size_t>(axis)]) {
        axes.push_back(axis);
      }
    }
  }
  return axes;
}

/// Sets dof and function along the axes that cut an entity: values at an end.
void cut(Product& product, meshes::CellType cell, int dim, int entity, int k) {
  const auto origin = meshes::reference_vertex(cell, meshes::entity_vertices(cell, dim, entity)[0]);
  const std::vector<int> along = axes_of(cell, dim, entity);
  for (int axis = 0; axis < meshes::dimension(cell); ++axis) {
    if (std::find(along.begin(), along.end(), axis) != along.end()) continue;
    const auto a = static_cast<std::size_t>(axis);
    product.dof[a].end = origin[a] > 0.5 ? 1 : 0;
    product.factor[a] = end_function(k, product.dof[a].end);
  }
}

std::vector<Product> nedelec(meshes::CellType cell, int k);

std::vector<Product> raviart_thomas(meshes::CellType cell, int k) {
  std::vector<Product> result;
  if (k < 1) return result;
  const int t = meshes::dimension(cell);
  for (int facet = 0; facet < meshes::facet_count(cell); ++facet) {
    const std::vector<int> along = axes_of(cell, t - 1, facet);
    const int across = t * (t - 1) / 2 - along[0] - (t == 3 ? along[1] : 0);
    for (int j = 0; j < (t == 3 ? k * k : k); ++j) {
      Product p{across, {}, {}};
      cut(p, cell, t - 1, facet, k);
      int rest = j;
      for (std::size_t a = along.size(); a-- > 0; rest /= k) {
        const auto axis = static_cast<std::size_t>(along[a]);
        p.dof[axis].weight = p.factor[axis] = legendre(rest % k);
      }
      const auto normal = static_cast<std::size_t>(across);
      p.dof[normal].sign = sign_of_normal(cell, across);
      for (double& c : p.factor[normal]) c *= p.dof[normal].sign;
      result.push_back(std::move(p));
    }
  }
  for (const Product& inner : nedelec(cell, k - 1)) {
    Product p{inner.component, {}, {}};
    for (std::size_t a = 0; a < static_cast<std::size_t>(t); ++a) {
      p.dof[a].weight = inner.factor[a];
      const bool normal = static_cast<int>(a) == inner.component;
      const Polynomial f = riesz(inner.dof[a], normal ? k - 2 : k - 1);
      p.factor[a] = normal ? bubble(f, k) : f;
    }
    result.push_back(std::move(p));
  }
  return result;
}

/// Functions dual to integrals against those of `inner` over an entity.
void add_tangential(const std::vector<Product>& inner, meshes::CellType cell, int dim, int entity,
                    int k, std::vector<Product>& result) {
  const std::vector<int> along = axes_of(cell, dim, entity);
  for (const Product& r : inner) {
    Product p{along[static_cast<std::size_t>(r.component)], {}, {}};
    cut(p, cell, dim, entity, k);
    for (std::size_t a = 0; a < along.size(); ++a) {
      const auto axis = static_cast<std::size_t>(along[a]);
      const bool tangential = along[a] == p.component;
      p.dof[axis].weight = r.factor[a];
      const Polynomial f = riesz(r.dof[a], tangential ? k - 1 : k - 2);
      p.factor[axis] = tangential ? f : bubble(f, k);
    }
    result.push_back(std::move(p));
  }
}

std::vector<Product> nedelec(meshes::CellType cell, int k) {
  std::vector<Product> result;
  if (k < 1) return result;
  for (int edge = 0; edge < meshes::entity_count(cell, 1); ++edge) {
    const int axis = axes_of(cell, 1, edge)[0];
    for (int j = 0; j < k; ++j) {
      Product p{axis, {}, {}};
      cut(p, cell, 1, edge, k);
      const auto a = static_cast<std::size_t>(axis);
      p.dof[a].weight = p.factor[a] = legendre(j);
      result.push_back(std::move(p));
    }
  }
  const std::vector<Product> flat = raviart_thomas(meshes::CellType::quadrilateral, k - 1);
  for (int face = 0; face < meshes::entity_count(cell, 2); ++face) {
    add_tangential(flat, cell, 2, face, k, result);
  }
  if (meshes::dimension(cell) == 3) {
    add_tangential(raviart_thomas(cell, k - 1), cell, 3, 0, k, result);
  }
  return result;
}

bool same(const Polynomial& a, const Polynomial& b) {
  for (std::size_t l = 0; l < a.size(); ++l) {
    if (std::abs(a[l] - b[l]) > 1e-12) return false;
  }
  return true;
}

PiolaFactors number(const std::vector<Product>& products, const Element& element) {
  PiolaFactors result;
  result.interval = {
      Family::discontinuous_lagrange, meshes::CellType::interval, element.degree, {}};
  result.interval.lagrange_variant = LagrangeVariant::legendre;
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  for (const Product& product : products) {
    result.component.push_back(product.component);
    for (std::size_t a = 0; a < t; ++a) {
      Polynomial f = product.factor[a];
      f.resize(static_cast<std::size_t>(element.degree) + 1, 0.0);
      for (double& c : f) c = std::abs(c) < 1e-14 ? 0.0 : c;
      const auto at = std::find_if(result.factors.begin(), result.factors.end(),
                                   [&](const Polynomial& other) { return same(f, other); });
      result.index.push_back(static_cast<int>(at - result.factors.begin()));
      if (at == result.factors.end()) result.factors.push_back(std::move(f));
    }
  }
  return result;
}

/// Are these the functions of Basix's element, at a point that no symmetry distinguishes? Its
/// rounding errors grow with the degree; another sign or order is an error of the functions' size.
bool agrees(const PiolaFactors& factors, const Element& element) {
  constexpr std::array<double, 3> X{0.137, 0.415, 0.843};
  const basix::FiniteElement& basix = basix_element(element);
  const auto t = static_cast<std::size_t>(meshes::dimension(element.cell));
  if (static_cast<std::size_t>(basix.dim()) != factors.component.size()) return false;
  const std::vector<double> theirs = basix.tabulate(0, std::span(X).first(t), {1, t}).first;
  const basix::FiniteElement& interval = basix_element(factors.interval);
  const std::vector<double> line = interval.tabulate(0, std::span(X).first(t), {t, 1}).first;
  const std::size_t n = factors.factors.front().size();
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < factors.component.size(); ++i) {
    double product = 1;
    for (std::size_t k = 0; k < t; ++k) {
      const Polynomial& f = factors.factors[static_cast<std::size_t>(factors.index[i * t + k])];
      double value = 0;
      for (std::size_t l = 0; l < n; ++l) value += f[l] * line[k * n + l];
      product *= value;
    }
    for (std::size_t A = 0; A < t; ++A) {
      const double ours = static_cast<int>(A) == factors.component[i] ? product : 0;
      const double other = theirs[i * t + A];
      largest = std::max(largest, std::abs(other));
      difference = std::max(difference, std::abs(ours - other));
    }
  }
  return difference < 1e-4 * largest;
}

std::optional<PiolaFactors> make_factors(const Element& element) {
  const std::vector<Product> products = element.family == Family::raviart_thomas
                                            ? raviart_thomas(element.cell, element.degree)
                                            : nedelec(element.cell, element.degree);
  PiolaFactors factors = number(products, element);
  if (!agrees(factors, element)) return std::nullopt;
  return factors;
}

}  // namespace

const PiolaFactors* piola_factors(const Element& element) {
  const bool family =
      element.family == Family::raviart_thomas || element.family == Family::nedelec_first;
  const bool product_cell = element.cell == meshes::CellType::quadrilateral ||
                            element.cell == meshes::CellType::hexahedron;
  if (!family || !product_cell) return nullptr;
  static std::mutex mutex;
  static std::map<Element, std::unique_ptr<const std::optional<PiolaFactors>>> cache;
  Element basic{element.family, element.cell, element.degree, {}};
  const std::scoped_lock lock(mutex);
  auto& entry = cache[basic];
  if (!entry) entry = std::make_unique<const std::optional<PiolaFactors>>(make_factors(basic));
  return *entry ? &**entry : nullptr;
}

std::vector<double> tabulate_products(const PiolaFactors& factors, int derivatives,
                                      std::span<const double> points) {
  const std::size_t nodes = factors.component.size();
  const std::size_t t = factors.index.size() / nodes;
  const Tabulation line = tabulate(factors.interval, derivatives, points);
  std::vector<double> lines;  // [order][coordinate][factor]
  for (std::size_t order = 0; order <= static_cast<std::size_t>(derivatives); ++order) {
    for (std::size_t x = 0; x < points.size(); ++x) {
      for (const Polynomial& f : factors.factors) {
        double value = 0;
        for (std::size_t l = 0; l < f.size(); ++l) value += f[l] * line.at(order, x, l);
        lines.push_back(value);
      }
    }
  }
  const std::vector<double> products =
      multiply_out({t, factors.factors.size(), factors.index}, derivatives, lines);
  std::vector<double> result(products.size() * t, 0.0);
  for (std::size_t n = 0; n < products.size(); ++n) {
    result[n * t + static_cast<std::size_t>(factors.component[n % nodes])] = products[n];
  }
  return result;
}

}  // namespace femsynth::fem
