#include "synth/lower/tensor_product.hpp"

#include <fmt/format.h>

#include <set>

#include "synth/kernel/build.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/tensor_functions.hpp"
#include "synth/lower/tensor_trial.hpp"

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
        tables_(tables),
        terms_(with_divergences_and_curls(context, integrand.terms)),
        points_(context, entity, tables),
        functions_(context, points_, tables, arrays_),
        map_(context, terms_, points_, workspace_) {}

  TensorStatements statements() {
    Statements first;
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) {
        append(first,
               functions_.evaluate(point_function(context_, use, copy), reads_of(use), copy.side));
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

  /// Geometry, coefficients and C[k] at the current point.
  Statements integrand_at_point() const {
    Statements out = points_.geometry();
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) {
        append(out, functions_.jets_at_point(point_function(context_, use, copy), reads_of(use),
                                             copy.side));
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
    return over_points(points_.grid(), std::move(body));
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
        append(out, functions_.evaluate(u, reads_of(context_, terms_, 1), s.number));
        append(body, functions_.jets_at_point(u, reads_of(context_, terms_, 1), s.number));
      }
    }
    append(body,
           store_fluxes(context_, vector_fluxes(), points_.read(), points_.points(), arrays_));
    append(out, over_points(points_.grid(), std::move(body)));
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
          value = multiply(std::move(value), function_jet(u, term.trial, context_.domain));
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

  /// Of a matrix, C and the map are kept for all points; then each trial function is sent through.
  Statements store_integrand() {
    map_.declare("C_at", {integrand_.coefficients}, "C at all points");
    Statements body = integrand_at_point();
    for (int k = 0; k < integrand_.coefficients; ++k) {
      body.push_back(assign(at("C_at", with(points_.point(0), {k})), at("C", {integer(k)})));
    }
    for (const Side& s : context_.sides) append(body, map_.store(s));
    return over_points(points_.grid(), std::move(body));
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
      trial = make_line_basis(context_, part.sub.basic, trial_side, tables_);
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
    if (part.piola()) append(body, map_.trial_component(at(component, {var(node)})));
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
            multiply(scaled(term.literal, at("C_at", with(points_.point(0), {term.k}))),
                     var(trial_jet(part, jet)));
        for (const TestComponent& test : tests(term, term.imaginary)) {
          fluxes[test][test_jet(term, test)].push_back(value);
        }
      }
    }
    if (fluxes.empty()) return {};
    Statements body = points_.other_indices();
    append(body, map_.trial_jets(trial, part, strip.strip.side, read));
    append(body, store_fluxes(context_, fluxes, map_.read(), points_.points(), arrays_));
    Statements out = over_points(points_.grid(), std::move(body));
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

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  TableSet& tables_;
  std::vector<ScaledTerm> terms_;  // divergences and curls as such
  LocalArrays workspace_;          // C and the map at all points
  LocalArrays arrays_;
  TensorPoints points_;
  TensorFunctions functions_;
  StoredMap map_;
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
