#include "fem/spaces/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"
#include "fem/spaces/scalar_functions.hpp"
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
template <class T>
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
  const std::vector<T>& values(ExprId root) { return values_[root]; }

 private:
  using Row = T*;

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
  void accumulate(Row out, const T* a, const T* b) {
    for (std::size_t p = 0; p < n_; ++p) out[p] += a[p] * b[p];
  }

  void evaluate(ExprId id) {
    const Node& node = graph_[id];
    values_[id].assign(component_count(node) * n_, T(0.0));
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
        return each(out, [&](std::size_t) { return T(node.value); });
      case Op::identity:
        return each(out, [&](std::size_t) { return T(index[0] == index[1] ? 1.0 : 0.0); });
      case Op::spatial_coordinate: {
        const auto d = static_cast<std::size_t>(graph_.dim());
        const auto k = static_cast<std::size_t>(index[0]);
        return each(out, [&](std::size_t p) { return T(points_[p * d + k]); });
      }
      case Op::argument:
      case Op::coefficient:
      case Op::constant:
      case Op::facet_normal:
      case Op::geometric_quantity:
      case Op::restricted:
        throw InputError(fmt::format(
            "the expression reads {}: only x and numbers have a value here", said(node)));
      case Op::grad:
      case Op::div:
      case Op::curl:
      case Op::variable_derivative:
      case Op::gateaux_derivative:
        throw InputError(fmt::format(
            "the expression has a derivative, {}(): write the derivative out", name_of(node.op)));
      case Op::imaginary_unit:
        return each(out, [&](std::size_t) { return imaginary_unit(T()); });
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
      case Op::cofactor:
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

  static std::string said(const Node& node) {
    if (node.op == Op::argument) return "a test or trial function";
    if (node.op == Op::coefficient) return "a Coefficient";
    if (node.op == Op::constant) return "a Constant";
    if (node.op == Op::restricted) return "one side of a facet";
    if (node.op == Op::facet_normal) return "the facet normal";
    return name_of(static_cast<GeometricQuantity>(node.number));
  }

  static double imaginary_unit(double) {
    throw InputError("the expression reads the imaginary unit: only complex forms have it");
  }
  static std::complex<double> imaginary_unit(std::complex<double>) { return {0.0, 1.0}; }

  static double conjugate(double a) { return a; }
  static std::complex<double> conjugate(std::complex<double> a) { return std::conj(a); }

  void product_component(const Node& node, Row out, const Labels& labels,
                         std::span<const int> index) {
    const ExprId a = node.operands[0];
    const ExprId b = node.operands[1];
    const auto split = static_cast<std::ptrdiff_t>(graph_[a].shape.size());
    if (node.op == Op::inner) {
      std::vector<int> j(graph_[a].shape.size(), 0);
      do {
        const T* left = row(a, labels, j);
        const T* right = row(b, labels, j);
        for (std::size_t p = 0; p < n_; ++p) out[p] += left[p] * conjugate(right[p]);
      } while (advance(j, graph_[a].shape));
    } else if (node.op == Op::outer) {
      const auto s = static_cast<std::size_t>(split);
      const T* left = row(a, labels, index.first(s));
      const T* right = row(b, labels, index.subspan(s));
      each(out, [&](std::size_t p) { return conjugate(left[p]) * right[p]; });
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
      const T* ai = row(a, labels, i);
      const T* aj = row(a, labels, j);
      const T* bi = row(b, labels, i);
      const T* bj = row(b, labels, j);
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
      std::vector<const T*> entries;
      for (int i = 0; i < n; ++i) {
        for (int j = 0; j < n; ++j) entries.push_back(entry(a, labels, i, j));
      }
      each(out, [&](std::size_t p) {
        const auto at = [&](int i, int j) {
          return entries[static_cast<std::size_t>(i) * static_cast<std::size_t>(n) +
                         static_cast<std::size_t>(j)][p];
        };
        if (node.op == Op::cofactor) return cofactor(n, index[0], index[1], at);
        const T det = determinant(n, at);
        return node.op == Op::determinant ? det : cofactor(n, index[1], index[0], at) / det;
      });
    }
  }

  void add(Row out, const T* a, double factor) {
    for (std::size_t p = 0; p < n_; ++p) out[p] += factor * a[p];
  }

  /// (−1)^(i+j) times the minor without row i and column j.
  template <class At>
  static T cofactor(int n, int i, int j, const At& at) {
    if (n == 1) return T(1.0);
    if (n == 2) return ((i + j) % 2 == 0 ? 1.0 : -1.0) * at(1 - i, 1 - j);
    const int i1 = (i + 1) % 3, i2 = (i + 2) % 3, j1 = (j + 1) % 3, j2 = (j + 2) % 3;
    return at(i1, j1) * at(i2, j2) - at(i1, j2) * at(i2, j1);
  }
  template <class At>
  static T determinant(int n, const At& at) {
    T sum{};
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
    std::vector<const T*> in;
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      in.push_back(like(node.operands[k], labels, index));
    }
    each(out, [&](std::size_t p) {
      const T a = in[0][p];
      const T b = in.size() > 1 ? in[1][p] : T(0.0);
      if (node.op == Op::conditional) return a != T(0.0) ? b : in[2][p];
      return evaluate_scalar(node.op, node.number, a, b);
    });
  }

  const ExprGraph& graph_;
  std::vector<ExprId> order_;
  std::span<const double> points_;
  std::size_t n_ = 0;
  std::map<ExprId, std::vector<T>> values_;
};

template <class T>
std::vector<T> evaluate(const ExprGraph& graph, std::span<const ExprId> components,
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
  std::vector<T> result(count * components.size());
  BlockEvaluator<T> evaluator(graph, components);
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t n = std::min(block, count - first);
    evaluator.run(points.subspan(first * d, n * d), n);
    for (std::size_t c = 0; c < components.size(); ++c) {
      const std::vector<T>& values = evaluator.values(components[c]);
      for (std::size_t p = 0; p < n; ++p) result[(first + p) * components.size() + c] = values[p];
    }
  }
  return result;
}

}  // namespace

std::vector<double> evaluate_at(const ExprGraph& graph, std::span<const ExprId> components,
                                std::span<const double> points) {
  return evaluate<double>(graph, components, points);
}

std::vector<std::complex<double>> evaluate_complex_at(const ExprGraph& graph,
                                                      std::span<const ExprId> components,
                                                      std::span<const double> points) {
  return evaluate<std::complex<double>>(graph, components, points);
}

}  // namespace femsynth::fem
