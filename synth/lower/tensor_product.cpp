#include "synth/lower/tensor_product.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "synth/kernel/build.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/element_function.hpp"
#include "synth/lower/tensor_fluxes.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

Expression scaled(double literal, Expression value) {
  if (literal == 1) return value;
  if (literal == -1) return negate(std::move(value));
  return multiply(real(literal), std::move(value));
}

class TensorProduct {
 public:
  TensorProduct(const IntegralContext& context, const IntegrandFunction& integrand,
                const EntityGeometry& entity, TableSet& tables)
      : context_(context),
        integrand_(integrand),
        entity_(entity),
        tables_(tables),
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

  bool reads_gradients() const {
    const auto reads = [](const FunctionSpace& space) {
      return std::any_of(space.parts.begin(), space.parts.end(),
                         [](const SubSpace& part) { return part.orders.first; });
    };
    return std::any_of(context_.arguments.begin(), context_.arguments.end(), reads) ||
           std::any_of(context_.coefficients.begin(), context_.coefficients.end(),
                       [&](const CoefficientUse& use) { return reads(use.space); });
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
      result.push_back({source.part, term.test.side, source.component, imaginary});
    }
    return result;
  }

  /// Reference values and gradients of a function at all points.
  Statements evaluate(const PointFunction& function, int number) {
    Statements out;
    for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
      const SubSpace& part = function.space->parts[p];
      if (!part.orders.any()) continue;
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

  /// Physical jets of a function at the current point, from its arrays at all points.
  Statements jets_at_point(const PointFunction& function, int number) const {
    Statements out;
    const std::vector<Expression>& q = point(number);
    for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
      const SubSpace& part = function.space->parts[p];
      const std::string name = function.part_name(p);
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
      for (const ScaledTerm& term : integrand_.terms) {
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
    append(body,
           store_fluxes(
               context_, vector_fluxes(),
               [&](int number, int e, int k) { return inverse(number, e, k); }, points_, arrays_));
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
    for (const ScaledTerm& term : integrand_.terms) {
      const int parts = context_.rank == 2 ? context_.parts() : 1;
      for (int part = 0; part < parts; ++part) {
        Expression value = coefficient(term);
        if (context_.rank == 2) {
          const PointFunction u = input_function(context_, term.trial.side, part == 1);
          value = multiply(std::move(value), jet_component(u, term.trial, context_.dim));
          if (term.imaginary && part == 1) value = negate(std::move(value));
        }
        for (const TestComponent& test : tests(term, term.imaginary != (part == 1))) {
          fluxes[test][term.test.derivative].push_back(value);
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

  Expression stored_inverse(int number, int e, int k) const {
    return at("K_at" + side(number).ending, with(points_[0], {e, k}));
  }

  void declare_at_points(const std::string& name, std::initializer_list<int> more,
                         const char* comment) {
    std::vector<int> dims(points_[0].size(), grid_.points);
    dims.insert(dims.end(), more);
    workspace_.declare(name, dims, comment);
  }

  /// Of a matrix, C and K are kept for all points; then each trial function is sent through.
  Statements store_integrand() {
    declare_at_points("C_at", {integrand_.coefficients}, "C at all points");
    Statements body = integrand_at_point();
    for (int k = 0; k < integrand_.coefficients; ++k) {
      body.push_back(assign(at("C_at", with(points_[0], {k})), at("C", {integer(k)})));
    }
    for (const Side& s : context_.sides) {
      if (!gradients_) break;
      declare_at_points("K_at" + s.ending, {context_.tdim, context_.dim}, "K at all points");
      for (int e = 0; e < context_.tdim; ++e) {
        for (int k = 0; k < context_.dim; ++k) {
          body.push_back(assign(stored_inverse(s.number, e, k), inverse(s.number, e, k)));
        }
      }
    }
    return over_points(grid_, std::move(body));
  }

  /// The columns of one part of the trial function on one side.
  Statements columns(const StripLayout& strip) {
    const LineBasis trial =
        line_basis(context_.arguments[1].parts[strip.strip.part], strip.strip.side);
    const bool alone = strips_of(context_, 1).size() == 1;
    const char* node = !context_.by_columns ? "j" : alone ? "column" : "trial_node";
    Statements body;
    for (int axis = 0; axis < trial.axes; ++axis) {
      std::vector<Expression> place{var(node), integer(axis)};
      if (trial.on_facet()) place.insert(place.begin(), var(trial.facet));
      body.push_back(
          let(ValueType::integer, fmt::format("j{}", axis), at(trial.index, std::move(place))));
    }
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

  /// One column: trial function j of a strip in one block.
  Statements column(const StripLayout& strip, int block, const LineBasis& trial) {
    Fluxes fluxes;
    bool value_read = false;
    bool gradient_read = false;
    for (const ScaledTerm& term : integrand_.terms) {
      if (term.trial.side != strip.strip.side) continue;
      for (const FunctionSpace::Source& source :
           context_.arguments[1].sources(term.trial.component)) {
        if (source.part != strip.strip.part || source.component != block) continue;
        (term.trial.derivative == 0 ? value_read : gradient_read) = true;
        const std::string jet =
            term.trial.derivative == 0 ? "w" : fmt::format("w_{}", term.trial.derivative - 1);
        const Expression value =
            multiply(scaled(term.literal, at("C_at", with(points_[0], {term.k}))), var(jet));
        for (const TestComponent& test : tests(term, term.imaginary)) {
          fluxes[test][term.test.derivative].push_back(value);
        }
      }
    }
    if (fluxes.empty()) return {};
    Statements body = other_indices();
    append(body, trial_jets(trial, strip.strip.side, value_read, gradient_read));
    append(body, store_fluxes(
                     context_, fluxes,
                     [&](int number, int e, int k) { return stored_inverse(number, e, k); },
                     points_, arrays_));
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
  Statements trial_jets(const LineBasis& trial, int number, bool value, bool gradient) const {
    Statements out;
    const auto product = [&](int differentiated) {
      return basis_product(trial, number, "j", differentiated);
    };
    if (value) out.push_back(let(ValueType::real, "w", product(-1)));
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

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  const EntityGeometry& entity_;
  TableSet& tables_;
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
