#include "synth/lower/sum_factorisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

Expression node_index(int axis) { return var(fmt::format("i{}", axis)); }
Expression point_index(int axis) { return var(fmt::format("q{}", axis)); }

/// Index along each axis: points on `done` axes, nodes elsewhere. Evaluation works from the last
/// axis to the first, integration the other way round.
std::vector<Expression> mixed_indices(int axes, const std::function<bool(int)>& is_point) {
  std::vector<Expression> indices;
  for (int k = 0; k < axes; ++k) indices.push_back(is_point(k) ? point_index(k) : node_index(k));
  return indices;
}

std::vector<int> mixed_extents(const LineBasis& basis, const std::function<bool(int)>& is_point) {
  std::vector<int> extents;
  for (int k = 0; k < basis.axes; ++k) extents.push_back(is_point(k) ? basis.points : basis.nodes);
  return extents;
}

/// Loops over the mixed indices, the first outermost.
Statement nest(const LineBasis& basis, const std::function<bool(int)>& is_point,
               std::vector<Statement> body) {
  for (int k = basis.axes; k-- > 0;) {
    const bool point = is_point(k);
    body = {loop((point ? point_index(k) : node_index(k)).name, integer(0),
                 integer(point ? basis.points : basis.nodes), std::move(body))};
  }
  return std::move(body.front());
}

/// A partial sum: which derivative it carries already.
struct Partial {
  std::string name;
  int derivative = -1;
};

const Partial& partial_of(const std::vector<Partial>& partials, int derivative) {
  return *std::find_if(partials.begin(), partials.end(),
                       [&](const Partial& p) { return p.derivative == derivative; });
}

Expression line_table(const LineBasis& basis, bool derivative, int axis) {
  return at(derivative ? basis.gradients : basis.values, {point_index(axis), node_index(axis)});
}

}  // namespace

LineBasis make_line_basis(TableSet& tables, const fem::Element& element,
                          const fem::TensorFactors& factors, int degree,
                          const std::string& suffix) {
  LineBasis basis;
  basis.label = tables.label(element);
  basis.axes = meshes::dimension(element.cell);
  basis.nodes = factors.extent;
  const fem::QuadratureRule rule = fem::cell_quadrature(meshes::CellType::interval, degree);
  basis.points = static_cast<int>(rule.size());
  const fem::Tabulation line = fem::tabulate(factors.interval, 1, rule.points);
  const auto table = [&](std::size_t derivative, const char* name, const char* what) {
    const auto begin =
        line.values.begin() + static_cast<std::ptrdiff_t>(derivative * line.points * line.nodes);
    const std::vector<double> values(begin,
                                     begin + static_cast<std::ptrdiff_t>(line.points * line.nodes));
    return tables.add_plain(fmt::format("{}_{}_{}", name, basis.label, suffix), what,
                            {basis.points, basis.nodes}, values);
  };
  basis.values = table(0, "psi", "ψ_i at the points of an axis, [q][i]");
  basis.gradients = table(1, "dpsi", "ψ_i′ at the points of an axis, [q][i]");
  const std::vector<int> extents(static_cast<std::size_t>(basis.axes), basis.nodes);
  basis.place = tables.add_plain(
      fmt::format("place_{}_{}", basis.label, suffix), "number of the node (i_0, i_1, …)", extents,
      {factors.node_of.begin(), factors.node_of.end()}, ValueType::integer);
  basis.index =
      tables.add_plain(fmt::format("axis_{}_{}", basis.label, suffix), "i_0, i_1, … of each node",
                       {static_cast<int>(factors.node_of.size()), basis.axes},
                       {factors.index.begin(), factors.index.end()}, ValueType::integer);
  return basis;
}

std::vector<Statement> evaluate_at_points(const LineBasis& basis, const std::string& prefix,
                                          const std::vector<PointArray>& wanted,
                                          const std::function<Expression(Expression)>& dof) {
  const auto wants = [&](int derivative) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const PointArray& w) { return w.derivative == derivative; });
  };
  std::vector<Statement> out;
  std::vector<Partial> partials{{"", -1}};  // the dofs themselves
  for (int axis = basis.axes; axis-- > 0;) {
    const auto is_point = [axis](int k) { return k >= axis; };
    const auto was_point = [axis](int k) { return k > axis; };
    const std::vector<int> extents = mixed_extents(basis, is_point);
    const std::vector<Expression> here = mixed_indices(basis.axes, is_point);
    const std::vector<Expression> before = mixed_indices(basis.axes, was_point);
    std::vector<Partial> next;
    std::vector<Statement> zero;
    std::vector<Statement> sum;
    const auto add_partial = [&](const Partial& from, bool differentiate) {
      const int derivative = differentiate ? axis : from.derivative;
      std::string name = axis > 0 ? fmt::format("{}_{}_{}", prefix, axis, next.size())
                                  : std::find_if(wanted.begin(), wanted.end(), [&](const auto& w) {
                                      return w.derivative == derivative;
                                    })->name;
      out.push_back(array(name, extents));
      zero.push_back(assign(at(name, here), real(0)));
      Expression value = from.name.empty() ? dof(at(basis.place, before)) : at(from.name, before);
      sum.push_back(accumulate(at(name, here),
                               multiply(line_table(basis, differentiate, axis), std::move(value))));
      next.push_back({std::move(name), derivative});
    };
    for (const Partial& from : partials) {
      // The undifferentiated sum goes on where the value or a derivative along an axis still to
      // come is wanted.
      bool onwards = from.derivative >= 0 || wants(-1);
      for (int k = 0; k < axis; ++k) onwards = onwards || wants(k);
      if (onwards) add_partial(from, false);
      if (from.derivative < 0 && wants(axis)) add_partial(from, true);
    }
    std::vector<Statement> body = std::move(zero);
    body.push_back(loop(node_index(axis).name, integer(0), integer(basis.nodes), std::move(sum)));
    out.push_back(nest(basis, is_point, std::move(body)));
    partials = std::move(next);
  }
  return out;
}

std::vector<Statement> integrate_over_points(
    const LineBasis& basis, const std::string& prefix, const std::vector<PointArray>& given,
    const std::function<Statement(Expression node, Expression value)>& add) {
  std::vector<Statement> out;
  std::vector<Partial> partials;
  for (const PointArray& g : given) partials.push_back({g.name, g.derivative});
  for (int axis = 0; axis < basis.axes; ++axis) {
    const auto is_point = [axis](int k) { return k > axis; };
    const auto was_point = [axis](int k) { return k >= axis; };
    const std::vector<int> extents = mixed_extents(basis, is_point);
    const std::vector<Expression> here = mixed_indices(basis.axes, is_point);
    const std::vector<Expression> before = mixed_indices(basis.axes, was_point);
    std::vector<Partial> next;
    std::vector<Statement> zero;
    std::vector<Statement> sum;
    for (const Partial& from : partials) {
      const bool differentiate = from.derivative == axis;
      const int derivative = differentiate ? -1 : from.derivative;
      auto target = std::find_if(next.begin(), next.end(),
                                 [&](const Partial& p) { return p.derivative == derivative; });
      if (target == next.end()) {
        const std::string name = fmt::format("{}_{}_{}", prefix, axis, next.size());
        const bool last = axis + 1 == basis.axes;
        out.push_back(array(name, last ? std::vector<int>{1} : extents));
        zero.push_back(assign(last ? at(name, {integer(0)}) : at(name, here), real(0)));
        next.push_back({name, derivative});
        target = next.end() - 1;
      }
      const bool last = axis + 1 == basis.axes;
      sum.push_back(
          accumulate(last ? at(target->name, {integer(0)}) : at(target->name, here),
                     multiply(line_table(basis, differentiate, axis), at(from.name, before))));
    }
    std::vector<Statement> body = std::move(zero);
    body.push_back(loop(point_index(axis).name, integer(0), integer(basis.points), std::move(sum)));
    if (axis + 1 == basis.axes) {
      body.push_back(add(at(basis.place, here), at(partial_of(next, -1).name, {integer(0)})));
    }
    out.push_back(nest(basis, is_point, std::move(body)));
    partials = std::move(next);
  }
  return out;
}

std::vector<Expression> point_indices(const LineBasis& basis) {
  return mixed_indices(basis.axes, [](int) { return true; });
}

std::vector<Statement> over_points(const LineBasis& basis, std::vector<Statement> body) {
  Expression number = point_index(0);
  for (int k = 1; k < basis.axes; ++k) {
    number = build::add(multiply(std::move(number), integer(basis.points)), point_index(k));
  }
  body.insert(body.begin(), let(ValueType::integer, "q", std::move(number)));
  return {nest(
      basis, [](int) { return true; }, std::move(body))};
}

}  // namespace femsynth::synth
