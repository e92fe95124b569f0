#include "fem/spaces/interpolate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using Labels = std::map<std::int32_t, int>;  // values of free indices, by label

/// Counts a multi-index up, the last axis fastest; false after the last one.
bool advance(std::vector<int>& index, const Shape& extents) {
  for (std::size_t k = index.size(); k-- > 0;) {
    if (++index[k] < extents[k]) return true;
    index[k] = 0;
  }
  return false;
}

/// Evaluates a DAG at a block of points. A node's components (free indices by label, then its
/// shape, row-major) are rows of one value a point.
class BlockEvaluator {
 public:
  BlockEvaluator(const ExprGraph& graph, std::span<const ExprId> roots)
      : graph_(graph), order_(reachable(graph, roots)) {}

  void run(std::span<const double> points, std::size_t n) {
    points_ = points;
    n_ = n;
    for (const ExprId id : order_) evaluate(id);
  }
  /// n values of a root that is a scalar.
  const std::vector<double>& values(ExprId root) { return values_[root]; }

 private:
  using Row = double*;

  static std::size_t component_count(const Node& node) {
    auto count = static_cast<std::size_t>(size_of(node.shape));
    for (const FreeIndex& index : node.free) count *= static_cast<std::size_t>(index.extent);
    return count;
  }

  Row row(ExprId id, const Labels& labels, std::span<const int> index) {
    const Node& node = graph_[id];
    std::size_t place = 0;
    for (const FreeIndex& f : node.free) {
      place =
          place * static_cast<std::size_t>(f.extent) + static_cast<std::size_t>(labels.at(f.label));
    }
    for (std::size_t k = 0; k < node.shape.size(); ++k) {
      place = place * static_cast<std::size_t>(node.shape[k]) + static_cast<std::size_t>(index[k]);
    }
    return values_[id].data() + place * n_;
  }
  /// Row of an operand that is a scalar or has the result's shape.
  Row like(ExprId id, const Labels& labels, std::span<const int> index) {
    return row(id, labels, graph_[id].is_scalar() ? std::span<const int>{} : index);
  }
  Row entry(ExprId id, const Labels& labels, int i, int j) {
    return row(id, labels, std::vector<int>{i, j});
  }

  template <class F>
  void each(Row out, F f) {
    for (std::size_t p = 0; p < n_; ++p) out[p] = f(p);
  }
  /// out += a · b
  void accumulate(Row out, const double* a, const double* b) {
    for (std::size_t p = 0; p < n_; ++p) out[p] += a[p] * b[p];
  }

  void evaluate(ExprId id) {
    const Node& node = graph_[id];
    values_[id].assign(component_count(node) * n_, 0.0);
    Shape extents;
    for (const FreeIndex& f : node.free) extents.push_back(f.extent);
    const auto free_count = static_cast<std::ptrdiff_t>(extents.size());
    extents.insert(extents.end(), node.shape.begin(), node.shape.end());
    std::vector<int> at(extents.size(), 0);
    do {
      Labels labels;
      for (std::size_t k = 0; k < node.free.size(); ++k) labels[node.free[k].label] = at[k];
      const std::span<const int> index =
          std::span(at).subspan(static_cast<std::size_t>(free_count));
      component(node, row(id, labels, index), labels, index);
    } while (advance(at, extents));
  }

  void component(const Node& node, Row out, const Labels& labels, std::span<const int> index) {
    switch (node.op) {
      case Op::zero:
        return;
      case Op::real:
        return each(out, [&](std::size_t) { return node.value; });
      case Op::identity:
        return each(out, [&](std::size_t) { return index[0] == index[1] ? 1.0 : 0.0; });
      case Op::spatial_coordinate: {
        const auto d = static_cast<std::size_t>(graph_.dim());
        const auto k = static_cast<std::size_t>(index[0]);
        return each(out, [&](std::size_t p) { return points_[p * d + k]; });
      }
      case Op::argument:
      case Op::coefficient:
      case Op::constant:
      case Op::facet_normal:
        throw InputError(fmt::format(
            "the expression reads {}: only x and numbers have a value here", said(node.op)));
      case Op::grad:
      case Op::div:
      case Op::curl:
        throw InputError(fmt::format(
            "the expression has a derivative, {}(): write the derivative out", name_of(node.op)));
      case Op::inner:
      case Op::dot:
      case Op::outer:
      case Op::cross:
        return product_component(node, out, labels, index);
      case Op::transpose:
      case Op::trace:
      case Op::sym:
      case Op::skew:
      case Op::dev:
      case Op::determinant:
      case Op::inverse:
        return matrix_component(node, out, labels, index);
      case Op::indexed:
      case Op::index_sum:
      case Op::component_tensor:
      case Op::list_tensor:
        return index_component(node, out, labels, index);
      default:
        return pointwise_component(node, out, labels, index);
    }
  }

  static const char* said(Op op) {
    if (op == Op::argument) return "a test or trial function";
    if (op == Op::coefficient) return "a Coefficient";
    if (op == Op::constant) return "a Constant";
    return "the facet normal";
  }

  void product_component(const Node& node, Row out, const Labels& labels,
                         std::span<const int> index) {
    const ExprId a = node.operands[0];
    const ExprId b = node.operands[1];
    const auto split = static_cast<std::ptrdiff_t>(graph_[a].shape.size());
    if (node.op == Op::inner) {
      std::vector<int> j(graph_[a].shape.size(), 0);
      do accumulate(out, row(a, labels, j), row(b, labels, j));
      while (advance(j, graph_[a].shape));
    } else if (node.op == Op::outer) {
      const auto s = static_cast<std::size_t>(split);
      accumulate(out, row(a, labels, index.first(s)), row(b, labels, index.subspan(s)));
    } else if (node.op == Op::dot) {
      std::vector<int> left(index.begin(), index.begin() + split - 1);
      std::vector<int> right(index.begin() + split - 1, index.end());
      left.push_back(0);
      right.insert(right.begin(), 0);
      for (int k = 0; k < graph_[b].shape[0]; ++k) {
        left.back() = right.front() = k;
        accumulate(out, row(a, labels, left), row(b, labels, right));
      }
    } else {  // cross
      const std::vector<int> i{(index[0] + 1) % 3};
      const std::vector<int> j{(index[0] + 2) % 3};
      const double* ai = row(a, labels, i);
      const double* aj = row(a, labels, j);
      const double* bi = row(b, labels, i);
      const double* bj = row(b, labels, j);
      each(out, [&](std::size_t p) { return ai[p] * bj[p] - aj[p] * bi[p]; });
    }
  }

  void matrix_component(const Node& node, Row out, const Labels& labels,
                        std::span<const int> index) {
    const ExprId a = node.operands[0];
    const int n = graph_[a].shape[0];
    if (node.op == Op::trace) {
      for (int k = 0; k < n; ++k) add(out, entry(a, labels, k, k), 1.0);
    } else if (node.op == Op::transpose) {
      add(out, entry(a, labels, index[1], index[0]), 1.0);
    } else if (node.op == Op::sym || node.op == Op::skew) {
      add(out, entry(a, labels, index[0], index[1]), 0.5);
      add(out, entry(a, labels, index[1], index[0]), node.op == Op::sym ? 0.5 : -0.5);
    } else if (node.op == Op::dev) {
      add(out, entry(a, labels, index[0], index[1]), 1.0);
      for (int k = 0; k < n && index[0] == index[1]; ++k)
        add(out, entry(a, labels, k, k), -1.0 / n);
    } else {
      std::vector<const double*> entries;
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) entries.push_back(entry(a, labels, i, j));
      }
      each(out, [&](std::size_t p) {
        const auto at = [&](int i, int j) {
          return entries[static_cast<std::size_t>(i) * static_cast<std::size_t>(n) +
                         static_cast<std::size_t>(j)][p];
        };
        const double det = determinant(n, at);
        return node.op == Op::determinant ? det : cofactor(n, index[1], index[0], at) / det;
      });
    }
  }

  void add(Row out, const double* a, double factor) {
    for (std::size_t p = 0; p < n_; ++p) out[p] += factor * a[p];
  }

  /// (−1)^(i+j) times the minor without row i and column j.
  template <class At>
  static double cofactor(int n, int i, int j, const At& at) {
    if (n == 1) return 1.0;
    if (n == 2) return ((i + j) % 2 == 0 ? 1.0 : -1.0) * at(1 - i, 1 - j);
    const int i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
    return at(i1, j1) * at(i2, j2) - at(i1, j2) * at(i2, j1);
  }
  template <class At>
  static double determinant(int n, const At& at) {
    double sum = 0;
    for (int j = 0; j < n; ++j) sum += at(0, j) * cofactor(n, 0, j, at);
    return sum;
  }

  void index_component(const Node& node, Row out, const Labels& labels,
                       std::span<const int> index) {
    const ExprId a = node.operands[0];
    if (node.op == Op::list_tensor) {
      const ExprId item = node.operands[static_cast<std::size_t>(index[0])];
      return add(out, row(item, labels, index.subspan(1)), 1.0);
    }
    if (node.op == Op::indexed) {
      std::vector<int> place;
      for (const Index& i : node.indices) place.push_back(i.free ? labels.at(i.value) : i.value);
      return add(out, row(a, labels, place), 1.0);
    }
    Labels inner = labels;
    if (node.op == Op::component_tensor) {
      for (std::size_t k = 0; k < node.indices.size(); ++k) {
        inner[node.indices[k].value] = index[k];
      }
      return add(out, row(a, inner, {}), 1.0);
    }
    const std::int32_t label = node.indices[0].value;  // index_sum
    for (const FreeIndex& f : graph_[a].free) {
      if (f.label != label) continue;
      for (int k = 0; k < f.extent; ++k) {
        inner[label] = k;
        add(out, row(a, inner, index), 1.0);
      }
    }
  }

  void pointwise_component(const Node& node, Row out, const Labels& labels,
                           std::span<const int> index) {
    std::vector<const double*> in;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      in.push_back(like(node.operands[k], labels, index));
    }
    each(out, [&](std::size_t p) {
      const double a = in[0][p];
      const double b = in.size() > 1 ? in[1][p] : 0.0;
      if (node.op == Op::conditional) return a != 0.0 ? b : in[2][p];
      return scalar(node.op, a, b);
    });
  }

  static double scalar(Op op, double a, double b) {
    switch (op) {
      case Op::sum:
        return a + b;
      case Op::product:
        return a * b;
      case Op::division:
        return a / b;
      case Op::power:
        return std::pow(a, b);
      case Op::abs:
        return std::abs(a);
      case Op::sign:
        return a > 0 ? 1.0 : a < 0 ? -1.0 : 0.0;
      case Op::sqrt:
        return std::sqrt(a);
      case Op::exp:
        return std::exp(a);
      case Op::ln:
        return std::log(a);
      case Op::sin:
        return std::sin(a);
      case Op::cos:
        return std::cos(a);
      case Op::tan:
        return std::tan(a);
      case Op::asin:
        return std::asin(a);
      case Op::acos:
        return std::acos(a);
      case Op::atan:
        return std::atan(a);
      case Op::sinh:
        return std::sinh(a);
      case Op::cosh:
        return std::cosh(a);
      case Op::tanh:
        return std::tanh(a);
      case Op::erf:
        return std::erf(a);
      case Op::atan2:
        return std::atan2(a, b);
      case Op::min_value:
        return std::fmin(a, b);
      case Op::max_value:
        return std::fmax(a, b);
      case Op::lt:
        return a < b ? 1.0 : 0.0;
      case Op::le:
        return a <= b ? 1.0 : 0.0;
      case Op::gt:
        return a > b ? 1.0 : 0.0;
      case Op::ge:
        return a >= b ? 1.0 : 0.0;
      case Op::eq:
        return a == b ? 1.0 : 0.0;
      case Op::ne:
        return a != b ? 1.0 : 0.0;
      case Op::logical_and:
        return a != 0.0 && b != 0.0 ? 1.0 : 0.0;
      case Op::logical_or:
        return a != 0.0 || b != 0.0 ? 1.0 : 0.0;
      case Op::logical_not:
        return a == 0.0 ? 1.0 : 0.0;
      default:
        throw InternalError(fmt::format("{} is no operation on scalars", name_of(op)));
    }
  }

  const ExprGraph& graph_;
  std::vector<ExprId> order_;
  std::span<const double> points_;
  std::size_t n_ = 0;
  std::map<ExprId, std::vector<double>> values_;
};

}  // namespace

std::vector<double> evaluate_at(const ExprGraph& graph, std::span<const ExprId> components,
                                std::span<const double> points) {
  for (const ExprId id : components) {
    const Node& node = graph[id];
    if (!node.is_scalar() || !node.free.empty() || is_condition(node.op)) {
      throw InputError(fmt::format("{} is no scalar value", to_string(graph, id)));
    }
  }
  constexpr std::size_t block = 512;  // points whose values stay in the cache
  const auto d = static_cast<std::size_t>(graph.dim());
  const std::size_t count = points.size() / d;
  std::vector<double> result(count * components.size());
  BlockEvaluator evaluator(graph, components);
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t n = std::min(block, count - first);
    evaluator.run(points.subspan(first * d, n * d), n);
    for (std::size_t c = 0; c < components.size(); ++c) {
      const std::vector<double>& values = evaluator.values(components[c]);
      for (std::size_t p = 0; p < n; ++p) result[(first + p) * components.size() + c] = values[p];
    }
  }
  return result;
}

std::vector<double> interpolate(const ExprGraph& graph, std::span<const ExprId> components,
                                const meshes::Mesh& mesh, const Element& element,
                                const DofMap& dof_map) {
  const auto block = static_cast<std::size_t>(element.block_size());
  if (components.size() != block) {
    throw InputError(fmt::format("an expression with {} component{} for a function of shape {}",
                                 components.size(), components.size() == 1 ? "" : "s",
                                 to_string(element.shape)));
  }
  const std::vector<double> points = node_points(mesh, element, dof_map);
  std::vector<double> values = evaluate_at(graph, components, points);
  const auto d = static_cast<std::size_t>(mesh.dim());
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (std::isfinite(values[k])) continue;
    const auto x = std::span(points).subspan(k / block * d, d);
    throw InputError(fmt::format("the expression is {} at x = ({})",
                                 std::isnan(values[k]) ? "not a number" : fmt::to_string(values[k]),
                                 fmt::join(x, ", ")));
  }
  return values;
}

}  // namespace femsynth::fem
