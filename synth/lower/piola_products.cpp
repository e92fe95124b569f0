#include "synth/lower/piola_products.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <optional>

#include "fem/elements/piola_factors.hpp"
#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// The factors or their derivatives at points, [point][j]: 0 where terms cancel.
std::vector<double> factor_values(const fem::PiolaFactors& factors, std::size_t derivative,
                                  const std::vector<double>& points) {
  const fem::Tabulation line = fem::tabulate(factors.interval, 1, points);
  std::vector<double> values;
  for (std::size_t q = 0; q < line.points; ++q) {
    for (const std::vector<double>& f : factors.factors) {
      double value = 0;
      double size = 0;
      for (std::size_t l = 0; l < f.size(); ++l) {
        const double term = f[l] * line.at(derivative, q, l);
        value += term;
        size += std::abs(term);
      }
      constexpr double rounding = 16 * std::numeric_limits<double>::epsilon();
      values.push_back(std::abs(value) <= rounding * size ? 0 : value);
    }
  }
  return values;
}

/// The factors' terms, one after another.
void add_terms(const fem::PiolaFactors& factors, TableSet& tables, PiolaBasis& basis) {
  std::vector<double> first{0}, degree, coefficient;
  for (const std::vector<double>& f : factors.factors) {
    for (std::size_t l = 0; l < f.size(); ++l) {
      if (f[l] == 0) continue;
      degree.push_back(static_cast<double>(l));
      coefficient.push_back(f[l]);
    }
    first.push_back(static_cast<double>(degree.size()));
  }
  const std::string end = "_" + basis.factors.label;
  const auto extent = [](const std::vector<double>& values) {
    return std::vector<int>{static_cast<int>(values.size())};
  };
  basis.first = tables.add_plain("first" + end, "where a factor's terms begin", extent(first),
                                 first, ValueType::integer);
  basis.degree = tables.add_plain("degree" + end, "a term's Legendre polynomial", extent(degree),
                                  degree, ValueType::integer);
  basis.coefficient =
      tables.add_plain("coefficient" + end, "what multiplies it", extent(coefficient), coefficient);
}

std::string array_of(const PiolaBasis& basis) { return "legendre_" + basis.factors.label; }

int products(const PiolaBasis& basis) {
  int count = 1;
  for (int k = 0; k < basis.legendre.axes; ++k) count *= basis.legendre.nodes;
  return count;
}

/// The number of function i's factor along an axis, in a facet's order on facets.
Expression factor_number(const PiolaBasis& basis, int axis) {
  std::vector<Expression> place{var("i"), integer(axis)};
  if (basis.factors.on_facet()) place.insert(place.begin(), var(basis.factors.facet));
  return at(basis.factors.index, std::move(place));
}

/// What function i's factor across a facet is there, or its derivative.
Expression factor_across(const PiolaBasis& basis, bool derivative) {
  const LineBasis& factors = basis.factors;
  return line_value(factors, factors.axes - 1, derivative, {},
                    factor_number(basis, factors.axes - 1));
}

void declare_coefficients(const PiolaBasis& basis, LocalArrays& arrays) {
  arrays.declare(array_of(basis), {basis.factors.axes, products(basis)},
                 "by component and product of Legendre polynomials");
}

/// Loops over the terms of function i, a product of sums: `body` is given the term's factor, times
/// `scale` if there is one, and the number of its Legendre product.
std::vector<Statement> over_terms(
    const PiolaBasis& basis, const std::optional<Expression>& scale,
    const std::function<Statement(Expression factor, Expression node)>& body) {
  const int axes = basis.legendre.axes;
  const auto term = [](int k) { return var(fmt::format("s{}", k)); };
  const auto factor = [&](int k) {
    Expression own = at(basis.coefficient, {term(k)});
    if (k == 0) return scale ? multiply(*scale, std::move(own)) : own;
    return multiply(var(fmt::format("c{}", k - 1)), std::move(own));
  };
  const auto node = [&](int k) {
    Expression own = at(basis.degree, {term(k)});
    if (k == 0) return own;
    return add(multiply(var(fmt::format("l{}", k - 1)), integer(basis.legendre.nodes)),
               std::move(own));
  };
  std::vector<Statement> out;
  for (int k = axes; k-- > 0;) {
    std::vector<Statement> inner;
    if (k + 1 == axes) {
      inner.push_back(body(factor(k), node(k)));
    } else {
      inner.push_back(let(ValueType::real, fmt::format("c{}", k), factor(k)));
      inner.push_back(let(ValueType::integer, fmt::format("l{}", k), node(k)));
      inner.insert(inner.end(), out.begin(), out.end());
    }
    const Expression j = factor_number(basis, k);
    out = {loop(term(k).name, at(basis.first, {j}), at(basis.first, {add(j, integer(1))}),
                std::move(inner))};
  }
  return out;
}

/// The coefficient in function i's own component.
Expression own_coefficient(const PiolaBasis& basis, Expression node) {
  return at(array_of(basis), {at(basis.component, {var("i")}), std::move(node)});
}

/// Legendre polynomials along the axes with points, as if there were no others.
LineBasis make_legendre(const IntegralContext& context, const fem::PiolaFactors& factors,
                        const Side& side, TableSet& tables) {
  fem::Element element = factors.interval;
  element.cell = context.domain.cell;
  const std::string label = tables.label(element);
  LineBasis basis = tabulate_lines(context,
                                   {label, "ψ_i", static_cast<int>(factors.factors.front().size()),
                                    [&](std::size_t derivative, const std::vector<double>& points) {
                                      const fem::Tabulation line =
                                          fem::tabulate(factors.interval, 1, points);
                                      std::vector<double> values;
                                      for (std::size_t q = 0; q < line.points; ++q) {
                                        for (std::size_t l = 0; l < line.nodes; ++l)
                                          values.push_back(line.at(derivative, q, l));
                                      }
                                      return values;
                                    }},
                                   side, tables);
  if (basis.on_facet()) basis.label += "_facet";
  basis.axes = basis.point_axes();
  basis.facet.clear();
  const std::vector<int> extents(static_cast<std::size_t>(basis.axes), basis.nodes);
  std::vector<double> numbers;
  for (int k = 0; k < fem::size_of(extents); ++k) numbers.push_back(k);
  basis.place =
      tables.add_plain(fmt::format("place_{}_{}", basis.label, context.suffix),
                       "number of the node (i_0, i_1, …)", extents, numbers, ValueType::integer);
  return basis;
}

}  // namespace

PiolaBasis make_piola_basis(const IntegralContext& context, const fem::Element& basic,
                            const Side& side, TableSet& tables) {
  const fem::PiolaFactors& factors = *fem::piola_factors(basic);
  PiolaBasis basis;
  basis.legendre = make_legendre(context, factors, side, tables);
  basis.factors =
      tabulate_lines(context,
                     {tables.label(basic), "f_i", static_cast<int>(factors.factors.size()),
                      [&](std::size_t derivative, const std::vector<double>& points) {
                        return factor_values(factors, derivative, points);
                      }},
                     side, tables);
  basis.factors.index =
      index_table(context, basis.factors, factors.index, "the factors of each function", tables);
  basis.functions = static_cast<int>(factors.component.size());
  const std::string& label = basis.factors.label;
  basis.component = tables.add_plain(
      "component_" + label, "the component of a function that is not zero", {basis.functions},
      {factors.component.begin(), factors.component.end()}, ValueType::integer);
  add_terms(factors, tables, basis);
  return basis;
}

Expression legendre_coefficient(const PiolaBasis& basis, int component, Expression node) {
  return at(array_of(basis), {integer(component), std::move(node)});
}

std::vector<Statement> to_legendre(const PiolaBasis& basis,
                                   const std::function<Expression(Expression)>& dof, bool across,
                                   LocalArrays& arrays) {
  declare_coefficients(basis, arrays);
  std::vector<Statement> zero;
  for (int A = 0; A < basis.factors.axes; ++A) {
    zero.push_back(assign(legendre_coefficient(basis, A, var("l")), real(0)));
  }
  std::vector<Statement> out{loop("l", integer(0), integer(products(basis)), std::move(zero))};
  Expression scale = dof(var("i"));
  if (basis.factors.on_facet()) scale = multiply(std::move(scale), factor_across(basis, across));
  out.push_back(loop("i", integer(0), integer(basis.functions),
                     over_terms(basis, std::move(scale), [&](Expression factor, Expression node) {
                       return accumulate(own_coefficient(basis, std::move(node)),
                                         std::move(factor));
                     })));
  return out;
}

std::vector<Statement> from_legendre(
    const PiolaBasis& basis,
    const std::function<Statement(Expression i, Expression value)>& add_to_row,
    LocalArrays& arrays) {
  declare_coefficients(basis, arrays);
  const std::string sum = "sum_" + basis.factors.label;
  arrays.declare(sum, {1});
  std::vector<Statement> body{assign(at(sum, {integer(0)}), real(0))};
  for (Statement& s : over_terms(basis, {}, [&](Expression factor, Expression node) {
         return accumulate(at(sum, {integer(0)}),
                           multiply(std::move(factor), own_coefficient(basis, std::move(node))));
       })) {
    body.push_back(std::move(s));
  }
  Expression value = at(sum, {integer(0)});
  if (basis.factors.on_facet()) value = multiply(std::move(value), factor_across(basis, false));
  body.push_back(add_to_row(var("i"), std::move(value)));
  return {loop("i", integer(0), integer(basis.functions), std::move(body))};
}

}  // namespace femsynth::synth
