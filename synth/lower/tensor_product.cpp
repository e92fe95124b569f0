#include "synth/lower/tensor_product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "synth/kernel/build.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/element_function.hpp"
#include "synth/lower/pull_back.hpp"
#include "synth/lower/tensor_fluxes.hpp"
#include "synth/lower/tensor_jets.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

Expression scaled(double literal, Expression value) {
  if (literal == 1) return value;
  if (literal == -1) return negate(std::move(value));
  return multiply(real(literal), std::move(value));
}

constexpr fem::PullBack contravariant = fem::PullBack::contravariant_piola;
constexpr fem::PullBack covariant = fem::PullBack::covariant_piola;

class TensorProduct {
 public:
  TensorProduct(const IntegralContext& context, const IntegrandFunction& integrand,
                const EntityGeometry& entity, TableSet& tables)
      : context_(context),
        integrand_(integrand),
        entity_(entity),
        tables_(tables),
        terms_(with_divergences_and_curls(context, integrand.terms)),
        grid_(point_grid(context, context.sides[0])),
        gradients_(reads_gradients()),
        geometry_(entity.sides) {
    points_.push_back(point_indices(grid_));
    if (context.interior()) {
      points_.push_back(numbers_points() ? point_indices(grid_, "r") : points_[0]);
    }
    if (context.points.on_facets() && gradients_) {
      facet_axis_ = facet_axis_table(context, tables);
    }
    if (context.points.on_facets() && differentiates_piola()) {
      facet_order_ = facet_order_table(context, tables);
    }
    if (has_long_tables()) line_weights_ = line_weights(context, tables);
    if (!line_weights_.empty()) factorise_geometry();
  }

  TensorStatements statements() {
    Statements first;
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) {
        append(first, evaluate(point_function(context_, use, copy), copy.side));
      }
    }
    if (!context_.has_matrix()) {
      append(first, context_.rank == 0 ? functional() : vector());
      return {{}, {}, with_arrays(std::move(first))};
    }
    append(first, store_integrand());
    if (!context_.by_columns) {
      for (const StripLayout& strip : strips_of(context_, 1)) append(first, columns(strip));
      Statements body = workspace_.take();
      append(body, with_arrays(std::move(first)));
      return {{}, {}, std::move(body)};
    }
    TensorStatements result;
    result.workspace = workspace_.take();
    result.preparation = with_arrays(std::move(first));
    Statements rest;
    for (const StripLayout& strip : strips_of(context_, 1)) append(rest, columns(strip));
    result.body = with_arrays(std::move(rest));
    return result;
  }

 private:
  /// Statements after the arrays that they use.
  Statements with_arrays(Statements statements) {
    Statements out = arrays_.take();
    append(out, std::move(statements));
    return out;
  }

  const Side& side(int number) const { return context_.sides[static_cast<std::size_t>(number)]; }
  const std::vector<Expression>& point(int number) const {
    return points_[static_cast<std::size_t>(number)];
  }
  /// Does side '−' number its points differently?
  bool numbers_points() const { return !context_.points.partners.empty(); }

  /// Does some part of a function fulfil that?
  bool any_part(bool (*wanted)(const SubSpace&)) const {
    const auto any = [&](const FunctionSpace& space) {
      return std::any_of(space.parts.begin(), space.parts.end(), wanted);
    };
    return std::any_of(context_.arguments.begin(), context_.arguments.end(), any) ||
           std::any_of(context_.coefficients.begin(), context_.coefficients.end(),
                       [&](const CoefficientUse& use) { return any(use.space); });
  }
  /// Are gradients of scalar functions read?
  bool reads_gradients() const {
    return any_part([](const SubSpace& part) { return !part.piola() && part.orders.first; });
  }
  bool differentiates_piola() const {
    return any_part([](const SubSpace& part) { return part.piola() && part.orders.first; });
  }

  LineBasis line_basis(const SubSpace& part, int number) {
    return make_line_basis(context_, part.sub.basic, side(number), tables_);
  }

  static Expression coefficient(const ScaledTerm& term) {
    return scaled(term.literal, at("C", {integer(term.k)}));
  }

  /// The components of the test function that a term is multiplied by.
  std::vector<TestComponent> tests(const ScaledTerm& term, bool imaginary) const {
    std::vector<TestComponent> result;
    for (const FunctionSpace::Source& source : context_.arguments[0].sources(term.test.component)) {
      const int size = context_.arguments[0].parts[source.part].sub.value_size;
      result.push_back({source.part, term.test.side, source.component / size, imaginary});
    }
    return result;
  }
  /// That jet of such a component.
  CopyJet test_jet(const ScaledTerm& term, const TestComponent& test) const {
    const SubSpace& part = context_.arguments[0].parts[test.part];
    const int component = term.test.component - part.sub.first_component;
    return {part.sub.source[static_cast<std::size_t>(component)] % part.sub.value_size,
            term.test.derivative};
  }

  /// Reference values and gradients of a function at all points.
  Statements evaluate(const PointFunction& function, int number) {
    Statements out;
    for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
      const SubSpace& part = function.space->parts[p];
      if (!part.orders.any()) continue;
      if (part.piola()) {
        append(out,
               evaluate_piola(part, function.part_name(p), local_array(function.name), number));
        continue;
      }
      const LineBasis basis = line_basis(part, number);
      for (int block = 0; block < part.sub.block_size; ++block) {
        const auto dof = [&](Expression node) {
          return at(local_array(function.name),
                    {add(integer(part.sub.dof_offset + block),
                         multiply(integer(part.sub.block_size), std::move(node)))});
        };
        append(out, evaluate_at_points(basis,
                                       point_arrays(function.part_name(p), block, part.orders.value,
                                                    part.orders.first, context_.tdim),
                                       dof, arrays_));
      }
    }
    return out;
  }

  /// The same of a Piola-mapped part: its reference components.
  Statements evaluate_piola(const SubSpace& part, const std::string& name, const std::string& local,
                            int number) {
    Statements out;
    const PiolaBasis basis = make_piola_basis(context_, part.sub.basic, side(number), tables_);
    const JetOrders orders = reference_orders(part.orders, part.pull_back, context_.affine);
    const int t = context_.tdim;
    for (int copy = 0; copy < part.sub.block_size; ++copy) {
      const auto dof = [&](Expression node) {
        return at(local, {add(integer(part.sub.dof_offset + copy),
                              multiply(integer(part.sub.block_size), std::move(node)))});
      };
      const auto component = [&](int A, const std::vector<PointArray>& wanted) {
        append(out,
               evaluate_at_points(
                   basis.legendre, wanted,
                   [&](Expression node) { return legendre_coefficient(basis, A, std::move(node)); },
                   arrays_));
      };
      append(out, to_legendre(basis, dof, false, arrays_));
      const int along = basis.legendre.axes;
      for (int A = 0; A < t; ++A) {
        component(A, point_arrays(name, copy * t + A, orders.value, orders.first, along));
      }
      if (along == t || !orders.first) continue;
      append(out, to_legendre(basis, dof, true, arrays_));
      for (int A = 0; A < t; ++A) {
        component(A, {{at_points(name, copy * t + A, along), -1}});
      }
    }
    return out;
  }

  /// Physical jets of a Piola-mapped part at the current point.
  Statements piola_jets(const SubSpace& part, const std::string& name, int number) const {
    const int t = context_.tdim;
    const int size = part.sub.value_size;
    const std::vector<Expression>& q = point(number);
    Statements out;
    if (part.orders.value) out.push_back(array(jet_array(name, 0), {part.components()}));
    if (part.orders.first) {
      out.push_back(array(jet_array(name, 1), {part.components(), context_.dim}));
    }
    // On facets the derivatives stand in the order of the facet's axes.
    const bool reorder = context_.points.on_facets() && part.orders.first;
    const int blocks = part.sub.block_size * t;
    if (reorder) out.push_back(array("ref_" + name, {blocks, t}, "∂/∂X_e"));
    for (int block = 0; block < blocks && reorder; ++block) {
      for (int k = 0; k < t; ++k) {
        const Expression e = at(facet_order_, {var(side(number).place), integer(k)});
        out.push_back(
            assign(at("ref_" + name, {integer(block), e}), at(at_points(name, block, k), q)));
      }
    }
    for (int copy = 0; copy < part.sub.block_size; ++copy) {
      const ReferenceJet reference{[&](int A) { return at(at_points(name, copy * t + A, -1), q); },
                                   [&](int A, int e) {
                                     return reorder ? at("ref_" + name,
                                                         {integer(copy * t + A), integer(e)})
                                                    : at(at_points(name, copy * t + A, e), q);
                                   },
                                   {}};
      const PhysicalJet physical{
          [&](int i) { return at(jet_array(name, 0), {integer(copy * size + i)}); },
          [&](int i, int k) {
            return at(jet_array(name, 1), {integer(copy * size + i), integer(k)});
          },
          {},
          fmt::format("_{}_{}", name, copy)};
      append(out, physical_jet(geometry_[static_cast<std::size_t>(number)], part.pull_back,
                               part.orders, reference, physical));
    }
    return out;
  }

  /// Physical jets of a function at the current point, from its arrays at all points.
  Statements jets_at_point(const PointFunction& function, int number) const {
    Statements out;
    const std::vector<Expression>& q = point(number);
    for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
      const SubSpace& part = function.space->parts[p];
      const std::string name = function.part_name(p);
      if (part.piola()) {
        append(out, piola_jets(part, name, number));
        continue;
      }
      if (part.orders.value) out.push_back(array(jet_array(name, 0), {part.sub.block_size}));
      if (part.orders.first) {
        out.push_back(array(jet_array(name, 1), {part.sub.block_size, context_.dim}));
      }
      for (int block = 0; block < part.sub.block_size; ++block) {
        if (part.orders.value) {
          out.push_back(
              assign(at(jet_array(name, 0), {integer(block)}), at(at_points(name, block, -1), q)));
        }
        for (int k = 0; k < context_.dim && part.orders.first; ++k) {
          std::vector<Expression> terms;
          for (int e = 0; e < context_.tdim; ++e) {
            terms.push_back(multiply(inverse(number, e, k), at(at_points(name, block, e), q)));
          }
          out.push_back(assign(at(jet_array(name, 1), {integer(block), integer(k)}),
                               sum_of(std::move(terms))));
        }
      }
    }
    return out;
  }

  /// Would the geometry's whole tables take more space than the code that multiplies factors?
  bool has_long_tables() const {
    constexpr std::size_t most = 256;
    return static_cast<std::size_t>(context_.geometry_nodes() * context_.tdim) *
               context_.points.places() * context_.points.count >
           most;
  }

  /// Lets the geometry read products of one-dimensional bases and weights.
  void factorise_geometry() {
    if (context_.points.on_facets()) facet_order_ = facet_order_table(context_, tables_);
    for (const Side& s : context_.sides) {
      map_bases_.push_back(make_line_basis(context_, context_.geometry_element(), s, tables_));
      geometry_[static_cast<std::size_t>(s.number)].read_locally("psi_map" + s.ending,
                                                                 "dpsi_map" + s.ending, "weight_q");
    }
  }

  /// The map's basis functions at the current point, and the weight.
  Statements map_basis(const Side& s) const {
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
      const Expression e =
          facet_order_.empty() ? integer(k) : at(facet_order_, {var(s.place), integer(k)});
      body.push_back(
          assign(at("dpsi_map" + s.ending, {var("v"), e}), basis_product(basis, s.number, "v", k)));
    }
    out.push_back(loop("v", integer(0), integer(nodes), std::move(body)));
    return out;
  }

  /// A basis function with the indices `letter`0, `letter`1, … at the current point, or its
  /// derivative along an axis.
  Expression basis_product(const LineBasis& basis, int number, const char* letter,
                           int differentiated) const {
    Expression result;
    for (int axis = 0; axis < basis.axes; ++axis) {
      Expression factor = line_value(basis, axis, differentiated == axis, point(number),
                                     var(fmt::format("{}{}", letter, axis)));
      result = axis == 0 ? std::move(factor) : multiply(std::move(result), std::move(factor));
    }
    return result;
  }

  std::string facet_inverse(int number) const { return "K_facet" + side(number).ending; }

  /// K_ek at the current point; e counts a facet's own axes.
  Expression inverse(int number, int e, int k) const {
    if (facet_axis_.empty()) return entity_.sides[static_cast<std::size_t>(number)].K(e, k);
    return at(facet_inverse(number), {integer(e), integer(k)});
  }

  /// K with its rows in the order of the facet's axes.
  Statements order_inverse(int number) const {
    if (facet_axis_.empty()) return {};
    Statements out{array(facet_inverse(number), {context_.tdim, context_.dim},
                         "K with its rows in the order of the facet's axes")};
    for (int e = 0; e < context_.tdim; ++e) {
      for (int k = 0; k < context_.dim; ++k) {
        out.push_back(
            assign(at(facet_inverse(number),
                      {at(facet_axis_, {var(side(number).place), integer(e)}), integer(k)}),
                   entity_.sides[static_cast<std::size_t>(number)].K(e, k)));
      }
    }
    return out;
  }

  /// q_m and its indices r0, r1.
  Statements other_indices() const {
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

  /// Geometry, coefficients and C[k] at the current point.
  Statements integrand_at_point() const {
    Statements out = other_indices();
    for (const Side& s : context_.sides) {
      append(out, map_basis(s));
      append(out, geometry_[static_cast<std::size_t>(s.number)].at_point());
      append(out, entity_.quantities[static_cast<std::size_t>(s.number)].at_point());
      append(out, order_inverse(s.number));
    }
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) {
        append(out, jets_at_point(point_function(context_, use, copy), copy.side));
      }
    }
    out.push_back(array("C", {integrand_.coefficients}));
    out.push_back(invoke(integrand_.function.name, integrand_.arguments));
    return out;
  }

  Statements functional() const {
    Statements body = integrand_at_point();
    for (int part = 0; part < context_.parts(); ++part) {
      std::vector<Expression> terms;
      for (const ScaledTerm& term : terms_) {
        if (term.imaginary == (part == 1)) terms.push_back(coefficient(term));
      }
      if (terms.empty()) continue;
      body.push_back(accumulate(in_output("M", {integer(0)}, part == 1), sum_of(std::move(terms))));
    }
    return over_points(grid_, std::move(body));
  }

  Expression in_output(const char* name, std::vector<Expression> indices, bool imaginary) const {
    if (context_.complex) indices.push_back(integer(imaginary ? 1 : 0));
    return at(name, std::move(indices));
  }

  /// A vector, or what a matrix makes of one.
  Statements vector() {
    Statements out;
    Statements body = integrand_at_point();
    for (const Side& s : context_.sides) {
      for (int part = 0; part < context_.parts() && context_.rank == 2; ++part) {
        const PointFunction u = input_function(context_, s.number, part == 1);
        append(out, evaluate(u, s.number));
        append(body, jets_at_point(u, s.number));
      }
    }
    append(body, store_fluxes(context_, vector_fluxes(), point_geometry(), points_, arrays_));
    append(out, over_points(grid_, std::move(body)));
    append(out, integrate_fluxes(
                    context_, vector_fluxes(), tables_,
                    [&](Expression dof, const TestComponent& test, Expression value) {
                      return accumulate(in_output("b", {std::move(dof)}, test.imaginary),
                                        std::move(value));
                    },
                    arrays_));
    return out;
  }

  /// Of a complex matrix, (C + iC′)(u + iu′) = Cu − C′u′ + i(Cu′ + C′u).
  Fluxes vector_fluxes() const {
    Fluxes fluxes;
    for (const ScaledTerm& term : terms_) {
      const int parts = context_.rank == 2 ? context_.parts() : 1;
      for (int part = 0; part < parts; ++part) {
        Expression value = coefficient(term);
        if (context_.rank == 2) {
          const PointFunction u = input_function(context_, term.trial.side, part == 1);
          value = multiply(std::move(value), jet_component(u, term.trial, context_.dim));
          if (term.imaginary && part == 1) value = negate(std::move(value));
        }
        for (const TestComponent& test : tests(term, term.imaginary != (part == 1))) {
          fluxes[test][test_jet(term, test)].push_back(value);
        }
      }
    }
    return fluxes;
  }

  /// An array over the points of side '+', [q_0]…[…].
  static std::vector<Expression> with(std::vector<Expression> q, std::initializer_list<int> more) {
    for (const int k : more) q.push_back(integer(k));
    return q;
  }

  /// An entry of an array over all points, at the current one.
  Expression stored(const char* name, int number, std::vector<Expression> indices) const {
    indices.insert(indices.begin(), points_[0].begin(), points_[0].end());
    return at(name + side(number).ending, std::move(indices));
  }
  Expression stored_inverse(int number, int e, int k) const {
    return stored("K_at", number, {integer(e), integer(k)});
  }
  /// Entry (i, A) of a Piola map.
  Expression stored_piola(int number, fem::PullBack pull_back, int i, Expression A) const {
    if (pull_back == contravariant) return stored("P_at", number, {integer(i), std::move(A)});
    return stored(cell_inverse(), number, {std::move(A), integer(i)});
  }
  Expression stored_piola_derivative(int number, fem::PullBack pull_back, int i, Expression A,
                                     int e) const {
    return stored(pull_back == contravariant ? "dP_at" : "dK_at", number,
                  {integer(i), std::move(A), integer(e)});
  }
  Expression stored_over_determinant(int number, Expression value) const {
    return multiply(stored("inverse_det_at", number, {}), std::move(value));
  }
  /// The array with K by reference axes: that of K where its rows are not in a facet's order.
  const char* cell_inverse() const { return context_.points.on_facets() ? "K_cell_at" : "K_at"; }

  /// How statements at a point read the map: from variables, or from arrays over all points.
  PointGeometry point_geometry() const {
    const auto& sides = entity_.sides;
    const auto of = [&sides](int number) -> const Geometry& {
      return sides[static_cast<std::size_t>(number)];
    };
    return {[this](int number, int e, int k) { return inverse(number, e, k); },
            [of](int number, fem::PullBack pull_back, int i, int A) {
              return of(number).piola(pull_back, i, A);
            },
            [of](int number, fem::PullBack pull_back, int i, int A, int e) {
              return of(number).curved() ? of(number).piola_derivative(pull_back, i, A, e)
                                         : real(0);
            },
            [of](int number, Expression value) {
              return divide(std::move(value), of(number).determinant());
            }};
  }
  PointGeometry stored_geometry() const {
    return {[this](int number, int e, int k) { return stored_inverse(number, e, k); },
            [this](int number, fem::PullBack pull_back, int i, int A) {
              return stored_piola(number, pull_back, i, integer(A));
            },
            [this](int number, fem::PullBack pull_back, int i, int A, int e) {
              return stored_piola_derivative(number, pull_back, i, integer(A), e);
            },
            [this](int number, Expression value) {
              return stored_over_determinant(number, std::move(value));
            }};
  }

  void declare_at_points(const std::string& name, const std::vector<int>& more,
                         const char* comment) {
    std::vector<int> dims(points_[0].size(), grid_.points);
    dims.insert(dims.end(), more.begin(), more.end());
    workspace_.declare(name, dims, comment);
  }

  /// What is read of the arguments with that pull-back.
  JetReads argument_reads(fem::PullBack pull_back) const {
    JetReads reads;
    for (std::size_t argument = 0; argument < context_.arguments.size(); ++argument) {
      const FunctionSpace& space = context_.arguments[argument];
      for (std::size_t k = 0; k < space.parts.size(); ++k) {
        if (space.parts[k].pull_back != pull_back) continue;
        reads |= reads_of(context_, terms_, argument, k);
      }
    }
    return reads;
  }

  /// Of a matrix, C and the map are kept for all points; then each trial function is sent through.
  Statements store_integrand() {
    declare_at_points("C_at", {integrand_.coefficients}, "C at all points");
    Statements body = integrand_at_point();
    for (int k = 0; k < integrand_.coefficients; ++k) {
      body.push_back(assign(at("C_at", with(points_[0], {k})), at("C", {integer(k)})));
    }
    for (const Side& s : context_.sides) append(body, store_map(s));
    return over_points(grid_, std::move(body));
  }

  Statements store_map(const Side& s) {
    const JetReads contra = argument_reads(contravariant);
    const JetReads co = argument_reads(covariant);
    const PointGeometry from = point_geometry();
    const int t = context_.tdim, d = context_.dim, side = s.number;
    Statements out;
    const auto store = [&](const char* name, const std::vector<int>& extents, const char* comment,
                           const std::function<Expression(const std::vector<int>&)>& entry) {
      declare_at_points(name + s.ending, extents, comment);
      int count = 1;
      for (const int extent : extents) count *= extent;
      for (int n = 0; n < count; ++n) {
        std::vector<int> place(extents.size());
        int rest = n;
        for (std::size_t k = place.size(); k-- > 0; rest /= extents[k])
          place[k] = rest % extents[k];
        std::vector<Expression> indices;
        for (const int k : place) indices.push_back(integer(k));
        out.push_back(assign(stored(name, side, std::move(indices)), entry(place)));
      }
    };
    const bool whole_gradient = contra.gradient || co.gradient;
    const bool maps_values = co.value || co.gradient;
    const bool on_facets = context_.points.on_facets();
    if (gradients_ || whole_gradient || (maps_values && !on_facets)) {
      store("K_at", {t, d}, "K at all points",
            [&](const auto& n) { return inverse(side, n[0], n[1]); });
    }
    if (maps_values && on_facets) {
      store("K_cell_at", {t, d}, "K at all points, by the cell's axes",
            [&](const auto& n) { return from.piola(side, covariant, n[1], n[0]); });
    }
    if (contra.value || contra.gradient || (co.curl && d == 3)) {
      store("P_at", {d, t}, "J / det J at all points",
            [&](const auto& n) { return from.piola(side, contravariant, n[0], n[1]); });
    }
    if (contra.divergence || (co.curl && d == 2)) {
      store("inverse_det_at", {}, "1 / det J at all points",
            [&](const auto&) { return from.over_determinant(side, real(1)); });
    }
    if (contra.gradient) {
      store("dP_at", {d, t, t}, "∂(J / det J)_iA/∂X_e at all points", [&](const auto& n) {
        return from.piola_derivative(side, contravariant, n[0], n[1], n[2]);
      });
    }
    if (co.gradient) {
      store("dK_at", {d, t, t}, "∂K_Ai/∂X_e at all points", [&](const auto& n) {
        return from.piola_derivative(side, covariant, n[0], n[1], n[2]);
      });
    }
    return out;
  }

  /// The columns of one part of the trial function on one side.
  Statements columns(const StripLayout& strip) {
    const SubSpace& part = context_.arguments[1].parts[strip.strip.part];
    const Side& trial_side = side(strip.strip.side);
    std::string component;  // a table
    LineBasis trial;
    if (part.piola()) {
      PiolaBasis piola = make_piola_basis(context_, part.sub.basic, trial_side, tables_);
      trial = std::move(piola.factors);
      component = std::move(piola.component);
    } else {
      trial = line_basis(part, strip.strip.side);
    }
    const bool alone = strips_of(context_, 1).size() == 1;
    const char* node = !context_.by_columns ? "j" : alone ? "column" : "trial_node";
    Statements body;
    for (int axis = 0; axis < trial.axes; ++axis) {
      std::vector<Expression> place{var(node), integer(axis)};
      if (trial.on_facet()) place.insert(place.begin(), var(trial.facet));
      body.push_back(
          let(ValueType::integer, fmt::format("j{}", axis), at(trial.index, std::move(place))));
    }
    if (part.piola()) append(body, component_of_trial(at(component, {var(node)})));
    bool any = false;
    for (int block = 0; block < strip.block; ++block) {
      Statements one = column(strip, block, trial);
      any = any || !one.empty();
      append(body, std::move(one));
    }
    if (!any) return {};
    if (!context_.by_columns) {
      return {loop("j", integer(0), integer(strip.nodes), std::move(body))};
    }
    if (alone) return body;
    body.insert(body.begin(), let(ValueType::integer, "trial_node",
                                  subtract(var("column"), integer(strip.first_node))));
    const Expression begins =
        binary(ExpressionKind::greater_equal, var("column"), integer(strip.first_node));
    const Expression ends =
        binary(ExpressionKind::less, var("column"), integer(strip.first_node + strip.nodes));
    return {branch(binary(ExpressionKind::logical_and, begins, ends), std::move(body))};
  }

  /// The one component of trial function j on the reference cell, and for curls those after it.
  Statements component_of_trial(Expression component) const {
    const Expression A = var("component_j");
    Statements out{let(ValueType::integer, A.name, std::move(component))};
    if (context_.dim != 3 || !argument_reads(covariant).curl) return out;
    const auto is = [&](int k) { return binary(ExpressionKind::equal, A, integer(k)); };
    out.push_back(let(ValueType::integer, "next_j", select(is(2), integer(0), add(A, integer(1))),
                      "in the cycle 0, 1, 2"));
    out.push_back(
        let(ValueType::integer, "last_j", select(is(0), integer(2), subtract(A, integer(1)))));
    return out;
  }

  /// Name of a jet of trial function j at a point.
  static std::string trial_jet(const SubSpace& part, const CopyJet& jet) {
    std::string name = "w";
    if (jet.derivative == kDivergence) return "div_w";
    if (jet.derivative == kCurl) name = "curl_w";
    if (part.piola()) name += fmt::format("_{}", jet.component);
    if (jet.derivative > 0) name += fmt::format("_{}", jet.derivative - 1);
    return name;
  }

  /// One column: trial function j of a strip in one block.
  Statements column(const StripLayout& strip, int block, const LineBasis& trial) {
    Fluxes fluxes;
    std::set<CopyJet> read;
    const FunctionSpace& space = context_.arguments[1];
    const SubSpace& part = space.parts[strip.strip.part];
    const int size = part.sub.value_size;
    for (const ScaledTerm& term : terms_) {
      if (term.trial.side != strip.strip.side) continue;
      for (const FunctionSpace::Source& source : space.sources(term.trial.component)) {
        if (source.part != strip.strip.part || source.component / size != block) continue;
        const CopyJet jet{source.component % size, term.trial.derivative};
        read.insert(jet);
        const Expression value =
            multiply(scaled(term.literal, at("C_at", with(points_[0], {term.k}))),
                     var(trial_jet(part, jet)));
        for (const TestComponent& test : tests(term, term.imaginary)) {
          fluxes[test][test_jet(term, test)].push_back(value);
        }
      }
    }
    if (fluxes.empty()) return {};
    Statements body = other_indices();
    append(body, part.piola() ? piola_trial_jets(trial, part, strip.strip.side, read)
                              : trial_jets(trial, strip.strip.side, read));
    append(body, store_fluxes(context_, fluxes, stored_geometry(), points_, arrays_));
    Statements out = over_points(grid_, std::move(body));
    const Expression dof = context_.by_columns ? integer(block)
                                               : add(integer(strip.first_dof + block),
                                                     multiply(integer(strip.block), var("j")));
    append(out, integrate_fluxes(
                    context_, fluxes, tables_,
                    [&](Expression row, const TestComponent& test, Expression value) {
                      return accumulate(in_output("A", {std::move(row), dof}, test.imaginary),
                                        std::move(value));
                    },
                    arrays_));
    return out;
  }

  /// w = φ_j and w_k = ∂φ_j/∂x_k at the current point.
  Statements trial_jets(const LineBasis& trial, int number, const std::set<CopyJet>& read) const {
    Statements out;
    const auto product = [&](int differentiated) {
      return basis_product(trial, number, "j", differentiated);
    };
    const bool gradient = read.rbegin()->derivative > 0;
    if (read.begin()->derivative == 0) out.push_back(let(ValueType::real, "w", product(-1)));
    if (!gradient) return out;
    for (int e = 0; e < trial.axes; ++e) {
      out.push_back(let(ValueType::real, fmt::format("W_{}", e), product(e)));
    }
    for (int k = 0; k < context_.dim; ++k) {
      std::vector<Expression> terms;
      for (int e = 0; e < trial.axes; ++e) {
        terms.push_back(multiply(stored_inverse(number, e, k), var(fmt::format("W_{}", e))));
      }
      out.push_back(let(ValueType::real, fmt::format("w_{}", k), sum_of(std::move(terms))));
    }
    return out;
  }

  /// The jets of Piola-mapped trial function j at the current point, from those of its component
  /// on the reference cell: W, and dW along the axes.
  Statements piola_trial_jets(const LineBasis& trial, const SubSpace& part, int number,
                              const std::set<CopyJet>& read) const {
    const auto reads = [&](auto wanted) { return std::any_of(read.begin(), read.end(), wanted); };
    const bool gradient = reads([](const CopyJet& jet) { return jet.derivative > 0; });
    Statements out;
    if (gradient || reads([](const CopyJet& jet) { return jet.derivative == 0; })) {
      out.push_back(let(ValueType::real, "W", basis_product(trial, number, "j", -1),
                        "the component on the reference cell"));
    }
    if (reads([](const CopyJet& jet) { return jet.derivative != 0; })) {
      out.push_back(array("dW", {trial.axes}, "its derivatives"));
      for (int e = 0; e < trial.axes; ++e) {
        out.push_back(assign(at("dW", {integer(e)}), basis_product(trial, number, "j", e)));
      }
    }
    std::set<int> differentiated;
    for (const CopyJet& jet : read) {
      if (jet.derivative > 0 && differentiated.insert(jet.component).second) {
        append(out, along_axes(part, number, jet.component));
      }
      out.push_back(
          let(ValueType::real, trial_jet(part, jet), physical_trial_jet(part, number, jet)));
    }
    return out;
  }

  /// D_i_e = ∂w_i/∂X_e.
  Statements along_axes(const SubSpace& part, int number, int i) const {
    Statements out;
    const Expression A = var("component_j");
    for (int e = 0; e < context_.tdim; ++e) {
      out.push_back(
          let(ValueType::real, fmt::format("D_{}_{}", i, e),
              add(multiply(stored_piola(number, part.pull_back, i, A), at("dW", {integer(e)})),
                  multiply(stored_piola_derivative(number, part.pull_back, i, A, e), var("W")))));
    }
    return out;
  }

  Expression physical_trial_jet(const SubSpace& part, int number, const CopyJet& jet) const {
    const Expression A = var("component_j");
    const auto dW = [](Expression e) { return at("dW", {std::move(e)}); };
    const int i = jet.component;
    if (jet.derivative == 0) {
      return multiply(stored_piola(number, part.pull_back, i, A), var("W"));
    }
    if (jet.derivative == kDivergence) return stored_over_determinant(number, dW(A));
    if (jet.derivative == kCurl && context_.dim == 2) {
      return stored_over_determinant(number, select(binary(ExpressionKind::equal, A, integer(0)),
                                                    negate(dW(integer(1))), dW(integer(0))));
    }
    if (jet.derivative == kCurl) {
      // The curl of W e_A has the components ∂W/∂X_{A+2} at A + 1 and −∂W/∂X_{A+1} at A + 2.
      const auto map = [&](const char* B) {
        return stored_piola(number, contravariant, i, var(B));
      };
      return subtract(multiply(map("next_j"), dW(var("last_j"))),
                      multiply(map("last_j"), dW(var("next_j"))));
    }
    std::vector<Expression> terms;
    for (int e = 0; e < context_.tdim; ++e) {
      terms.push_back(multiply(stored_inverse(number, e, jet.derivative - 1),
                               var(fmt::format("D_{}_{}", i, e))));
    }
    return sum_of(std::move(terms));
  }

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  const EntityGeometry& entity_;
  TableSet& tables_;
  std::vector<ScaledTerm> terms_;                // divergences and curls as such
  LineBasis grid_;                               // for its points alone
  std::vector<std::vector<Expression>> points_;  // by side: the current point's indices
  bool gradients_;
  std::string facet_axis_, facet_order_;  // on facets: tables
  std::vector<Geometry> geometry_;        // by side, as entity_.sides but for where it reads
  std::string line_weights_;              // a table, where the geometry reads products
  std::vector<LineBasis> map_bases_;      // by side, there
  LocalArrays workspace_;                 // C and K at all points
  LocalArrays arrays_;
};

}  // namespace

std::size_t local_bytes(const std::vector<Statement>& body) {
  std::size_t bytes = 0;
  for (const Statement& s : body) {
    bytes += local_bytes(s.body);
    if (s.kind != StatementKind::array) continue;
    std::size_t size = sizeof(double);
    for (const int extent : s.dims) size *= static_cast<std::size_t>(extent);
    bytes += size;
  }
  return bytes;
}

TensorStatements tensor_product(const IntegralContext& context, const IntegrandFunction& integrand,
                                const EntityGeometry& entity, TableSet& tables) {
  return TensorProduct(context, integrand, entity, tables).statements();
}

}  // namespace femsynth::synth
