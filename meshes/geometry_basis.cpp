#include <fmt/format.h>

#include <cmath>

#include "meshes/bernstein.hpp"
#include "meshes/geometry.hpp"
#include "meshes/pyramid_basis.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

constexpr int kMaxDegree = 3;

/// A cell as a product of simplices: their dimensions, 0 for none. Not for pyramids.
std::array<int, 3> factors_of(CellType cell) {
  switch (cell) {
    case CellType::interval:
      return {1, 0, 0};
    case CellType::triangle:
      return {2, 0, 0};
    case CellType::tetrahedron:
      return {3, 0, 0};
    case CellType::quadrilateral:
      return {1, 1, 0};
    case CellType::hexahedron:
      return {1, 1, 1};
    case CellType::prism:
      return {2, 1, 0};
    case CellType::pyramid:
      break;
  }
  throw InternalError("a pyramid is no product of simplices");
}

CellType simplex_of(int dim) {
  return dim == 1 ? CellType::interval : dim == 2 ? CellType::triangle : CellType::tetrahedron;
}

using Points = std::vector<std::array<double, 3>>;

/// Inner nodes of an interval.
std::vector<double> inner_line_points(int degree, bool equispaced) {
  if (degree == 1) return {};
  if (degree == 2) return {0.5};
  if (equispaced) return {1.0 / 3.0, 2.0 / 3.0};
  const double root = std::sqrt(5.0);
  return {(5 - root) / 10, (5 + root) / 10};
}

/// Inner nodes of a cell of that degree, in its own reference coordinates.
Points inner_points(CellType cell, int degree, bool equispaced) {
  if (cell == CellType::pyramid) {
    return degree == 3 ? Points{{1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0}} : Points{};
  }
  const std::vector<double> line = inner_line_points(degree, equispaced);
  Points points{{0.0, 0.0, 0.0}};
  std::size_t axis = 0;
  for (const int dim : factors_of(cell)) {
    if (dim == 0) continue;
    Points inner;
    if (dim == 1) {
      for (const double x : line) inner.push_back({x, 0.0, 0.0});
    } else if (dim == 2 && degree == 3) {
      inner.push_back({1.0 / 3.0, 1.0 / 3.0, 0.0});
    }
    // The first factor runs fastest.
    Points product;
    for (const auto& second : inner) {
      for (auto point : points) {
        for (std::size_t j = 0; j < static_cast<std::size_t>(dim); ++j) point[axis + j] = second[j];
        product.push_back(point);
      }
    }
    points = std::move(product);
    axis += static_cast<std::size_t>(dim);
  }
  return points;
}

/// The reference cell of an entity of dimension 1 to 3.
CellType entity_type(CellType cell, int dim, std::size_t vertices) {
  if (dim == dimension(cell)) return cell;
  if (dim == 1) return CellType::interval;
  return vertices == 3 ? CellType::triangle : CellType::quadrilateral;
}

std::vector<double> make_points(CellType cell, int degree) {
  const auto t = static_cast<std::size_t>(dimension(cell));
  std::vector<double> points;
  for (int k = 0; k < vertex_count(cell); ++k) {
    const auto vertex = reference_vertex(cell, k);
    points.insert(points.end(), vertex.begin(), vertex.begin() + dimension(cell));
  }
  if (degree == 1) return points;
  const bool equispaced = cell == CellType::pyramid;
  for (int dim = 1; dim <= dimension(cell); ++dim) {
    for (int e = 0; e < entity_count(cell, dim); ++e) {
      const auto vertices = entity_vertices(cell, dim, e);
      const auto origin = reference_vertex(cell, vertices[0]);
      const CellType type = entity_type(cell, dim, vertices.size());
      for (const auto& xi : inner_points(type, degree, equispaced)) {
        // Of the cell itself, vertices 1, 2, … are not the ends of the axes; xi is X already.
        std::array<double, 3> X = dim == dimension(cell) ? xi : origin;
        for (std::size_t j = 0; dim < dimension(cell) && j < static_cast<std::size_t>(dim); ++j) {
          const auto end = reference_vertex(cell, vertices[j + 1]);
          for (std::size_t i = 0; i < t; ++i) X[i] += xi[j] * (end[i] - origin[i]);
        }
        points.insert(points.end(), X.begin(), X.begin() + dimension(cell));
      }
    }
  }
  return points;
}

/// The Lagrange basis of one simplex: φ_k = Σ_i coefficients[i][k] B_i.
struct SimplexBasis {
  Bernstein bernstein;
  std::vector<double> coefficients;
};

SimplexBasis make_simplex_basis(int dim, int degree) {
  Bernstein bernstein(dim, degree);
  const std::vector<double>& points = geometry_points(simplex_of(dim), degree);
  const std::size_t n = bernstein.size();
  std::vector<double> values(n * n);
  for (std::size_t k = 0; k < n; ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      values[k * n + i] = bernstein.value(i, &points[k * static_cast<std::size_t>(dim)]);
    }
  }
  return {std::move(bernstein), inverse_of(std::move(values), n)};
}

const SimplexBasis& simplex_basis(int dim, int degree) {
  static const std::vector<SimplexBasis> all = [] {
    std::vector<SimplexBasis> bases;
    for (int s = 1; s <= 3; ++s) {
      for (int g = 1; g <= kMaxDegree; ++g) bases.push_back(make_simplex_basis(s, g));
    }
    return bases;
  }();
  return all[static_cast<std::size_t>((dim - 1) * kMaxDegree + degree - 1)];
}

/// For each node of a cell the node of each factor that it is a product of.
using FactorNodes = std::vector<std::array<std::size_t, 3>>;

FactorNodes make_factor_nodes(CellType cell, int degree) {
  const auto t = static_cast<std::size_t>(dimension(cell));
  const std::vector<double>& points = geometry_points(cell, degree);
  FactorNodes nodes(points.size() / t);
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const double* X = &points[k * t];
    for (std::size_t f = 0; f < 3; ++f) {
      const int dim = factors_of(cell)[f];
      if (dim == 0) continue;
      const auto s = static_cast<std::size_t>(dim);
      const std::vector<double>& own = geometry_points(simplex_of(dim), degree);
      std::size_t at = 0;
      const auto distance = [&](std::size_t node) {
        double sum = 0.0;
        for (std::size_t j = 0; j < s; ++j) sum += std::abs(own[node * s + j] - X[j]);
        return sum;
      };
      while (distance(at) > 1e-8) ++at;
      nodes[k][f] = at;
      X += s;
    }
  }
  return nodes;
}

const FactorNodes& factor_nodes(CellType cell, int degree) {
  static const std::vector<FactorNodes> all = [] {
    std::vector<FactorNodes> tables;
    for (const CellType type : kCellTypes) {
      for (int g = 1; g <= kMaxDegree; ++g) {
        tables.push_back(type == CellType::pyramid ? FactorNodes{} : make_factor_nodes(type, g));
      }
    }
    return tables;
  }();
  return all[static_cast<std::size_t>(cell) * kMaxDegree + static_cast<std::size_t>(degree) - 1];
}

/// Values and gradients of one factor's basis, at most 20 functions.
struct FactorValues {
  std::array<double, 20> values{};
  std::array<std::array<double, 3>, 20> gradients{};
};

FactorValues evaluate(const SimplexBasis& basis, const double* X) {
  FactorValues result;
  const std::size_t n = basis.bernstein.size();
  for (std::size_t i = 0; i < n; ++i) {
    const double value = basis.bernstein.value(i, X);
    const auto gradient = basis.bernstein.gradient(i, X);
    for (std::size_t k = 0; k < n; ++k) {
      const double c = basis.coefficients[i * n + k];
      result.values[k] += c * value;
      for (std::size_t j = 0; j < 3; ++j) result.gradients[k][j] += c * gradient[j];
    }
  }
  return result;
}

GeometryBasis linear_basis(CellType cell, const double* X) {
  GeometryBasis basis;
  basis.count = static_cast<std::size_t>(vertex_count(cell));
  const auto phi = vertex_basis(cell, X);
  const auto gradient = vertex_basis_gradient(cell, X);
  for (std::size_t k = 0; k < basis.count; ++k) {
    basis.values[k] = phi[k];
    basis.gradients[k] = gradient[k];
  }
  return basis;
}

}  // namespace

int geometry_node_count(CellType cell, int degree) {
  if (degree < 1 || degree > kMaxDegree) {
    throw InputError(fmt::format("a {} with geometry of degree {}; the degree is at most {}",
                                 name_of(cell), degree, kMaxDegree));
  }
  // Σ_n (n + 1)², the functions of the power (1 − z)^n.
  if (cell == CellType::pyramid) return (degree + 1) * (degree + 2) * (2 * degree + 3) / 6;
  int count = 1;
  for (const int dim : factors_of(cell)) {
    int simplex = 1;  // binomial(degree + dim, dim)
    for (int j = 1; j <= dim; ++j) simplex = simplex * (degree + j) / j;
    count *= simplex;
  }
  return count;
}

const std::vector<double>& geometry_points(CellType cell, int degree) {
  static const std::vector<std::vector<double>> all = [] {
    std::vector<std::vector<double>> tables;
    for (const CellType type : kCellTypes) {
      for (int g = 1; g <= kMaxDegree; ++g) tables.push_back(make_points(type, g));
    }
    return tables;
  }();
  geometry_node_count(cell, degree);  // refuses other degrees
  return all[static_cast<std::size_t>(cell) * kMaxDegree + static_cast<std::size_t>(degree) - 1];
}

GeometryBasis geometry_basis(CellType cell, int degree, const double* X) {
  GeometryBasis basis;
  if (degree == 1) return linear_basis(cell, X);
  if (cell == CellType::pyramid) {
    geometry_node_count(cell, degree);  // refuses other degrees
    return pyramid_basis(degree, collapsed(X));
  }
  basis.count = static_cast<std::size_t>(geometry_node_count(cell, degree));
  const auto factors = factors_of(cell);
  std::array<FactorValues, 3> parts;
  for (std::size_t f = 0, axis = 0; f < 3 && factors[f] > 0; ++f) {
    parts[f] = evaluate(simplex_basis(factors[f], degree), X + axis);
    axis += static_cast<std::size_t>(factors[f]);
  }
  const FactorNodes& nodes = factor_nodes(cell, degree);
  for (std::size_t k = 0; k < basis.count; ++k) {
    basis.values[k] = 1.0;
    basis.gradients[k] = {1.0, 1.0, 1.0};
    for (std::size_t f = 0, axis = 0; f < 3 && factors[f] > 0; ++f) {
      const auto end = axis + static_cast<std::size_t>(factors[f]);
      const std::size_t node = nodes[k][f];
      basis.values[k] *= parts[f].values[node];
      for (std::size_t j = 0; j < 3; ++j) {
        basis.gradients[k][j] *=
            j >= axis && j < end ? parts[f].gradients[node][j - axis] : parts[f].values[node];
      }
      axis = end;
    }
    for (std::size_t j = static_cast<std::size_t>(dimension(cell)); j < 3; ++j) {
      basis.gradients[k][j] = 0.0;
    }
  }
  return basis;
}

}  // namespace femsynth::meshes
