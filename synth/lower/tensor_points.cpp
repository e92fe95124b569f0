#include "synth/lower/tensor_points.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// Does some part of a function fulfil that?
bool any_part(const IntegralContext& context, bool (*wanted)(const SubSpace&)) {
  const auto any = [&](const FunctionSpace& space) {
    return std::any_of(space.parts.begin(), space.parts.end(), wanted);
  };
  return std::any_of(context.arguments.begin(), context.arguments.end(), any) ||
         std::any_of(context.coefficients.begin(), context.coefficients.end(),
                     [&](const CoefficientUse& use) { return any(use.space); });
}

/// Are gradients of scalar functions read?
bool reads_gradients(const IntegralContext& context) {
  return any_part(context,
                  [](const SubSpace& part) { return !part.piola() && part.orders.has(1); });
}
bool differentiates_piola(const IntegralContext& context) {
  return any_part(context, [](const SubSpace& part) { return part.piola() && part.orders.has(1); });
}

/// Would the geometry's whole tables take more space than the code that multiplies factors?
bool has_long_tables(const IntegralContext& context) {
  constexpr std::size_t most = 256;
  return static_cast<std::size_t>(context.geometry_nodes() * context.tdim) *
             context.points.places() * context.points.count >
         most;
}

}  // namespace

TensorPoints::TensorPoints(const IntegralContext& context, const EntityGeometry& entity,
                           TableSet& tables)
    : context_(context),
      entity_(entity),
      grid_(point_grid(context, context.sides[0])),
      gradients_(reads_gradients(context)),
      geometry_(entity.sides) {
  points_.push_back(point_indices(grid_));
  if (context.interior()) {
    points_.push_back(numbers_points() ? point_indices(grid_, "r") : points_[0]);
  }
  if (context.points.on_facets() && gradients_) facet_axis_ = facet_axis_table(context, tables);
  if (context.points.on_facets() && differentiates_piola(context)) {
    facet_order_ = facet_order_table(context, tables);
  }
  if (has_long_tables(context)) line_weights_ = line_weights(context, tables);
  if (!line_weights_.empty()) factorise_geometry(tables);
}

void TensorPoints::factorise_geometry(TableSet& tables) {
  if (context_.points.on_facets()) facet_order_ = facet_order_table(context_, tables);
  for (const Side& s : context_.sides) {
    map_bases_.push_back(make_line_basis(context_, context_.geometry_element(), s, tables));
    geometry_[static_cast<std::size_t>(s.number)].read_locally("psi_map" + s.ending,
                                                               "dpsi_map" + s.ending, "weight_q");
  }
}

Statements TensorPoints::map_basis(const Side& s) const {
  if (map_bases_.empty()) return {};
  const LineBasis& basis = map_bases_[static_cast<std::size_t>(s.number)];
  const int nodes = context_.geometry_nodes();
  Statements out;
  if (s.number == 0) {
    Expression weight = at(line_weights_, {points_[0][0]});
    for (std::size_t k = 1; k < points_[0].size(); ++k) {
      weight = multiply(std::move(weight), at(line_weights_, {points_[0][k]}));
    }
    out.push_back(let(ValueType::real, "weight_q", std::move(weight)));
  }
  Statements body;
  for (int axis = 0; axis < basis.axes; ++axis) {
    std::vector<Expression> place{var("v"), integer(axis)};
    if (basis.on_facet()) place.insert(place.begin(), var(basis.facet));
    body.push_back(
        let(ValueType::integer, fmt::format("v{}", axis), at(basis.index, std::move(place))));
  }
  if (context_.reads(Symbol::Kind::coordinate, s.number)) {
    out.push_back(array("psi_map" + s.ending, {nodes}, "ψ_v of the map"));
    body.push_back(
        assign(at("psi_map" + s.ending, {var("v")}), basis_product(basis, s.number, "v", -1)));
  }
  out.push_back(array("dpsi_map" + s.ending, {nodes, context_.tdim}, "∂ψ_v/∂X_e of the map"));
  for (int k = 0; k < basis.axes; ++k) {
    const Expression e = facet_order_.empty() ? integer(k) : facet_axis(s.number, k);
    body.push_back(
        assign(at("dpsi_map" + s.ending, {var("v"), e}), basis_product(basis, s.number, "v", k)));
  }
  out.push_back(loop("v", integer(0), integer(nodes), std::move(body)));
  return out;
}

Expression TensorPoints::basis_product(const LineBasis& basis, int number, const char* letter,
                                       int differentiated) const {
  Expression result;
  for (int axis = 0; axis < basis.axes; ++axis) {
    Expression factor = line_value(basis, axis, differentiated == axis, point(number),
                                   var(fmt::format("{}{}", letter, axis)));
    result = axis == 0 ? std::move(factor) : multiply(std::move(result), std::move(factor));
  }
  return result;
}

std::string TensorPoints::facet_inverse(int number) const {
  return "K_facet" + context_.sides[static_cast<std::size_t>(number)].ending;
}

Expression TensorPoints::facet_axis(int number, int k) const {
  return at(facet_order_,
            {var(context_.sides[static_cast<std::size_t>(number)].place), integer(k)});
}

Expression TensorPoints::inverse(int number, int e, int k) const {
  if (facet_axis_.empty()) return entity_.sides[static_cast<std::size_t>(number)].K(e, k);
  return at(facet_inverse(number), {integer(e), integer(k)});
}

Statements TensorPoints::order_inverse(int number) const {
  if (facet_axis_.empty()) return {};
  Statements out{array(facet_inverse(number), {context_.tdim, context_.dim},
                       "K with its rows in the order of the facet's axes")};
  for (int e = 0; e < context_.tdim; ++e) {
    for (int k = 0; k < context_.dim; ++k) {
      out.push_back(
          assign(at(facet_inverse(number),
                    {at(facet_axis_,
                        {var(context_.sides[static_cast<std::size_t>(number)].place), integer(e)}),
                     integer(k)}),
                 entity_.sides[static_cast<std::size_t>(number)].K(e, k)));
    }
  }
  return out;
}

Statements TensorPoints::other_indices() const {
  Statements out = entity_.other_point;
  if (!numbers_points()) return out;
  Expression rest = var(context_.sides[1].point);
  for (std::size_t k = points_[1].size(); k-- > 0;) {
    if (k == 0) {
      out.push_back(let(ValueType::integer, points_[1][k].name, std::move(rest)));
      break;
    }
    const Expression quotient = divide(rest, integer(grid_.points));
    out.push_back(let(ValueType::integer, points_[1][k].name,
                      subtract(rest, multiply(integer(grid_.points), quotient))));
    rest = quotient;
  }
  return out;
}

Statements TensorPoints::geometry() const {
  Statements out = other_indices();
  for (const Side& s : context_.sides) {
    append(out, map_basis(s));
    append(out, geometry_[static_cast<std::size_t>(s.number)].at_point());
    append(out, entity_.quantities[static_cast<std::size_t>(s.number)].at_point());
    append(out, order_inverse(s.number));
  }
  return out;
}

PointGeometry TensorPoints::read() const {
  const auto& sides = entity_.sides;
  const auto of = [&sides](int number) -> const Geometry& {
    return sides[static_cast<std::size_t>(number)];
  };
  return {[this](int number, int e, int k) { return inverse(number, e, k); },
          [of](int number, fem::PullBack pull_back, int i, int A) {
            return of(number).piola(pull_back, i, A);
          },
          [of](int number, fem::PullBack pull_back, int i, int A, int e) {
            return of(number).curved() ? of(number).piola(pull_back, i, A, {e}) : real(0);
          },
          [of](int number, Expression value) {
            return divide(std::move(value), of(number).determinant());
          }};
}

}  // namespace femsynth::synth
