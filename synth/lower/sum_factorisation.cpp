#include "synth/lower/sum_factorisation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "meshes/support/error.hpp"
#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

Expression node_index(int axis) { return var(fmt::format("i{}", axis)); }
Expression point_index(int axis) { return var(fmt::format("q{}", axis)); }

/// An axis of a partial sum.
struct Axis {
  Expression index;
  int extent = 0;
};

/// The axes of a partial sum: points where `is_point`, nodes elsewhere. Across a facet there is
/// but one point, and no axis.
std::vector<Axis> mixed_axes(const LineBasis& basis, const std::function<bool(int)>& is_point) {
  std::vector<Axis> axes;
  for (int k = 0; k < basis.axes; ++k) {
    if (!is_point(k)) {
      axes.push_back({node_index(k), basis.nodes});
    } else if (k < basis.point_axes()) {
      axes.push_back({point_index(k), basis.points});
    }
  }
  return axes;
}

std::vector<int> extents_of(const std::vector<Axis>& axes) {
  std::vector<int> extents;
  for (const Axis& axis : axes) extents.push_back(axis.extent);
  return extents;
}

std::vector<Expression> indices_of(const std::vector<Axis>& axes) {
  std::vector<Expression> indices;
  for (const Axis& axis : axes) indices.push_back(axis.index);
  return indices;
}

/// Loops over the axes, the first outermost.
std::vector<Statement> nest(const std::vector<Axis>& axes, std::vector<Statement> body) {
  for (std::size_t k = axes.size(); k-- > 0;) {
    body = {loop(axes[k].index.name, integer(0), integer(axes[k].extent), std::move(body))};
  }
  return body;
}

/// A partial sum: which derivative it carries already.
struct Partial {
  std::string name;
  int derivative = -1;
};

Expression line_table(const LineBasis& basis, bool derivative, int axis) {
  return line_value(basis, axis, derivative, point_indices(basis), node_index(axis));
}

Expression place_of(const LineBasis& basis, const std::vector<Axis>& axes) {
  std::vector<Expression> indices = indices_of(axes);
  if (basis.on_facet()) indices.insert(indices.begin(), var(basis.facet));
  return at(basis.place, std::move(indices));
}

}  // namespace

void LocalArrays::declare(const std::string& name, const std::vector<int>& dims,
                          const std::string& comment) {
  const auto same = std::find_if(declarations_.begin(), declarations_.end(),
                                 [&](const Statement& s) { return s.name == name; });
  if (same == declarations_.end()) {
    declarations_.push_back(array(name, dims, comment));
  } else if (same->dims != dims) {
    throw InternalError(fmt::format("the array {} is wanted in two sizes", name));
  }
}

std::vector<Statement> evaluate_at_points(const LineBasis& basis,
                                          const std::vector<PointArray>& wanted,
                                          const std::function<Expression(Expression)>& dof,
                                          LocalArrays& arrays) {
  const auto find_wanted = [&](int derivative) {
    return std::find_if(wanted.begin(), wanted.end(),
                        [&](const PointArray& w) { return w.derivative == derivative; });
  };
  const auto wants = [&](int derivative) { return find_wanted(derivative) != wanted.end(); };
  std::vector<Statement> out;
  std::vector<Partial> partials{{"", -1}};  // the dofs themselves
  for (int axis = basis.axes; axis-- > 0;) {
    const auto before = mixed_axes(basis, [axis](int k) { return k > axis; });
    const auto here = mixed_axes(basis, [axis](int k) { return k >= axis; });
    std::vector<Partial> next;
    std::vector<Statement> zero;
    std::vector<Statement> sum;
    const auto add_partial = [&](const Partial& from, bool differentiate) {
      const int derivative = differentiate ? axis : from.derivative;
      std::string name = axis > 0 ? fmt::format("s_{}_{}_{}", basis.label, axis, next.size())
                                  : find_wanted(derivative)->name;
      arrays.declare(name, extents_of(here));
      zero.push_back(assign(at(name, indices_of(here)), real(0)));
      Expression value =
          from.name.empty() ? dof(place_of(basis, before)) : at(from.name, indices_of(before));
      sum.push_back(accumulate(at(name, indices_of(here)),
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
    for (Statement& s : nest(here, std::move(body))) out.push_back(std::move(s));
    partials = std::move(next);
  }
  return out;
}

std::vector<Statement> integrate_over_points(
    const LineBasis& basis, const std::vector<PointArray>& given,
    const std::function<Statement(Expression node, Expression value)>& add, LocalArrays& arrays) {
  std::vector<Statement> out;
  std::vector<Partial> partials;
  for (const PointArray& g : given) partials.push_back({g.name, g.derivative});
  for (int axis = 0; axis < basis.axes; ++axis) {
    const auto before = mixed_axes(basis, [axis](int k) { return k >= axis; });
    const auto here = mixed_axes(basis, [axis](int k) { return k > axis; });
    const bool last = axis + 1 == basis.axes;
    // The last sum is one number, added to the output at once.
    const std::vector<int> extents = last ? std::vector<int>{1} : extents_of(here);
    const std::vector<Expression> target =
        last ? std::vector<Expression>{integer(0)} : indices_of(here);
    std::vector<Partial> next;
    std::vector<Statement> zero;
    std::vector<Statement> sum;
    for (const Partial& from : partials) {
      const bool differentiate = from.derivative == axis;
      const int derivative = differentiate ? -1 : from.derivative;
      auto to = std::find_if(next.begin(), next.end(),
                             [&](const Partial& p) { return p.derivative == derivative; });
      if (to == next.end()) {
        std::string name = fmt::format("r_{}_{}_{}", basis.label, axis, next.size());
        arrays.declare(name, extents);
        zero.push_back(assign(at(name, target), real(0)));
        next.push_back({std::move(name), derivative});
        to = next.end() - 1;
      }
      sum.push_back(accumulate(
          at(to->name, target),
          multiply(line_table(basis, differentiate, axis), at(from.name, indices_of(before)))));
    }
    std::vector<Statement> body = std::move(zero);
    if (axis < basis.point_axes()) {
      sum = {loop(point_index(axis).name, integer(0), integer(basis.points), std::move(sum))};
    }
    for (Statement& s : sum) body.push_back(std::move(s));
    if (last) {
      const auto nodes = mixed_axes(basis, [](int) { return false; });
      body.push_back(add(place_of(basis, nodes), at(next.front().name, {integer(0)})));
    }
    for (Statement& s : nest(here, std::move(body))) out.push_back(std::move(s));
    partials = std::move(next);
  }
  return out;
}

std::vector<Expression> point_indices(const LineBasis& basis, const char* letter) {
  std::vector<Expression> indices;
  for (int k = 0; k < basis.point_axes(); ++k)
    indices.push_back(var(fmt::format("{}{}", letter, k)));
  return indices;
}

std::vector<Statement> over_points(const LineBasis& basis, std::vector<Statement> body) {
  Expression number = point_index(0);
  for (int k = 1; k < basis.point_axes(); ++k) {
    number = build::add(multiply(std::move(number), integer(basis.points)), point_index(k));
  }
  body.insert(body.begin(), let(ValueType::integer, "q", std::move(number)));
  return nest(mixed_axes(basis, [](int) { return true; }), std::move(body));
}

Expression line_value(const LineBasis& basis, int axis, bool derivative,
                      const std::vector<Expression>& point, Expression i) {
  if (axis >= basis.point_axes()) {
    return at(derivative ? basis.end_gradients : basis.end_values,
              {var(basis.facet), std::move(i)});
  }
  return at(derivative ? basis.gradients : basis.values,
            {point[static_cast<std::size_t>(axis)], std::move(i)});
}

}  // namespace femsynth::synth
