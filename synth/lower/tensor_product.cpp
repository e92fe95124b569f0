#include "synth/lower/tensor_product.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "fem/elements/quadrature.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/element_function.hpp"
#include "synth/lower/sum_factorisation.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// Degree whose line rule has that many points.
int degree_of(std::size_t points) { return static_cast<int>(2 * points) - 1; }

std::size_t points_an_axis(const IntegralContext& context) {
  const double all = static_cast<double>(context.points.count);
  return static_cast<std::size_t>(std::lround(std::pow(all, 1.0 / context.tdim)));
}

/// Are the points a product of a line rule's, the last axis running fastest?
bool is_product_rule(const IntegralContext& context) {
  const std::size_t m = points_an_axis(context);
  const auto t = static_cast<std::size_t>(context.tdim);
  const fem::QuadratureRule line = fem::cell_quadrature(meshes::CellType::interval, degree_of(m));
  if (line.size() != m) return false;
  for (std::size_t q = 0; q < context.points.count; ++q) {
    std::size_t rest = q;
    for (std::size_t k = t; k-- > 0; rest /= m) {
      if (std::abs(context.points.points[0][q * t + k] - line.points[rest % m]) > 1e-13) {
        return false;
      }
    }
  }
  return true;
}

/// A component of a part of the test function.
struct TestComponent {
  std::size_t part = 0;
  int block = 0;
  auto operator<=>(const TestComponent&) const = default;
};

/// What multiplies the physical jets of one test component: by derivative.
using Fluxes = std::map<std::int32_t, std::vector<Expression>>;

class TensorProduct {
 public:
  TensorProduct(const IntegralContext& context, const IntegrandFunction& integrand,
                const Geometry& geometry, const GeometricQuantities& quantities, TableSet& tables)
      : context_(context),
        integrand_(integrand),
        geometry_(geometry),
        quantities_(quantities),
        tables_(tables),
        grid_(line_basis(context.geometry_element())) {}

  Statements statements() {
    Statements out;
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) {
        append(out, evaluate(point_function(context_, use, copy)));
      }
    }
    if (context_.has_matrix()) {
      append(out, matrix());
      return out;
    }
    const bool applies = context_.rank == 2;
    const PointFunction u =
        applies ? input_function(context_, 0, false) : PointFunction{"", nullptr};
    if (applies) append(out, evaluate(u));
    Statements point = integrand_at_point();
    if (applies) append(point, jets_at_point(u));
    if (context_.rank == 0) {
      std::vector<Expression> terms;
      for (const ScaledTerm& term : integrand_.terms) terms.push_back(coefficient(term));
      point.push_back(accumulate(at("M", {integer(0)}), sum_of(std::move(terms))));
      append(out, over_points(grid_, std::move(point)));
      return out;
    }
    std::map<TestComponent, Fluxes> fluxes;
    for (const ScaledTerm& term : integrand_.terms) {
      Expression value = coefficient(term);
      if (applies) {
        value = multiply(std::move(value), jet_component(u, term.trial, context_.dim));
      }
      for (const TestComponent& test : tests(term)) {
        fluxes[test][term.test.derivative].push_back(value);
      }
    }
    const auto inverse = [&](int e, int k) { return geometry_.K(e, k); };
    for (const auto& [test, flux] : fluxes) declare(test, flux, out);
    for (const auto& [test, flux] : fluxes) append(point, store(test, flux, inverse));
    append(out, over_points(grid_, std::move(point)));
    for (const auto& [test, flux] : fluxes) {
      append(out, integrate(test, flux, [&](Expression dof, Expression value) {
               return accumulate(at("b", {std::move(dof)}), std::move(value));
             }));
    }
    return out;
  }

 private:
  LineBasis line_basis(const fem::Element& basic) {
    return make_line_basis(tables_, basic, *fem::tensor_factors(basic),
                           degree_of(points_an_axis(context_)), context_.suffix);
  }

  static Expression coefficient(const ScaledTerm& term) {
    Expression c = at("C", {integer(term.k)});
    if (term.literal == 1) return c;
    if (term.literal == -1) return negate(std::move(c));
    return multiply(real(term.literal), std::move(c));
  }

  std::vector<TestComponent> tests(const ScaledTerm& term) const {
    std::vector<TestComponent> result;
    for (const FunctionSpace::Source& source : context_.arguments[0].sources(term.test.component)) {
      result.push_back({source.part, source.component});
    }
    return result;
  }

  static std::string at_points(const std::string& name, int block, int derivative) {
    return derivative < 0 ? fmt::format("{}_at_{}", name, block)
                          : fmt::format("d{}_{}_at_{}", derivative, name, block);
  }

  std::vector<PointArray> reference_arrays(const std::string& name, int block, bool value,
                                           bool gradient) const {
    std::vector<PointArray> arrays;
    if (value) arrays.push_back({at_points(name, block, -1), -1});
    for (int e = 0; e < context_.tdim && gradient; ++e) {
      arrays.push_back({at_points(name, block, e), e});
    }
    return arrays;
  }

  /// Reference values and gradients of a function at all points.
  Statements evaluate(const PointFunction& function) {
    Statements out;
    for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
      const SubSpace& part = function.space->parts[p];
      if (!part.orders.any()) continue;
      const LineBasis basis = line_basis(part.sub.basic);
      const std::string name = function.part_name(p);
      for (int block = 0; block < part.sub.block_size; ++block) {
        const auto dof = [&](Expression node) {
          return at(
              local_array(function.name),
              {add(integer(part.sub.dof_offset),
                   add(multiply(integer(part.sub.block_size), std::move(node)), integer(block)))});
        };
        append(out, evaluate_at_points(
                        basis, fmt::format("s_{}_{}", name, block),
                        reference_arrays(name, block, part.orders.value, part.orders.first), dof));
      }
    }
    return out;
  }

  /// Physical jets of a function at the current point, from its arrays at all points.
  Statements jets_at_point(const PointFunction& function) const {
    Statements out;
    const std::vector<Expression> q = point_indices(grid_);
    for (std::size_t p = 0; p < function.space->parts.size(); ++p) {
      const SubSpace& part = function.space->parts[p];
      if (!part.orders.any()) continue;
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
        std::vector<Expression> reference;
        for (int e = 0; e < context_.tdim && part.orders.first; ++e) {
          reference.push_back(at(at_points(name, block, e), q));
        }
        for (int k = 0; k < context_.dim && part.orders.first; ++k) {
          out.push_back(assign(at(jet_array(name, 1), {integer(block), integer(k)}),
                               geometry_.first(k, reference)));
        }
      }
    }
    return out;
  }

  /// Geometry, coefficients and C[k] at the current point.
  Statements integrand_at_point() const {
    Statements out = geometry_.at_point();
    append(out, quantities_.at_point());
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) {
        append(out, jets_at_point(point_function(context_, use, copy)));
      }
    }
    out.push_back(array("C", {integrand_.coefficients}));
    out.push_back(invoke(integrand_.function.name, integrand_.arguments));
    return out;
  }

  static bool has_gradient(const Fluxes& flux) { return flux.rbegin()->first > 0; }
  static bool has_value(const Fluxes& flux) { return flux.contains(0); }

  static std::string flux_name(const TestComponent& test) {
    return fmt::format("flux_{}", test.part);
  }

  void declare(const TestComponent& test, const Fluxes& flux, Statements& out) const {
    const std::vector<int> extents(static_cast<std::size_t>(context_.tdim), grid_.points);
    for (const PointArray& a :
         reference_arrays(flux_name(test), test.block, has_value(flux), has_gradient(flux))) {
      out.push_back(array(
          a.name, extents,
          a.derivative < 0 ? "what multiplies φ_i at the points" : "what multiplies ∂φ_i/∂X_e"));
    }
  }

  /// Stores the fluxes of the current point, pulled back: Σ_k K_ek F_k.
  Statements store(const TestComponent& test, const Fluxes& flux,
                   const std::function<Expression(int, int)>& inverse) const {
    Statements out;
    const std::vector<Expression> q = point_indices(grid_);
    std::vector<Expression> physical(static_cast<std::size_t>(context_.dim));
    std::vector<bool> present(physical.size(), false);
    for (const auto& [derivative, terms] : flux) {
      if (derivative == 0) {
        out.push_back(assign(at(at_points(flux_name(test), test.block, -1), q), sum_of(terms)));
        continue;
      }
      const auto k = static_cast<std::size_t>(derivative - 1);
      const std::string name = fmt::format("F_{}_{}_{}", test.part, test.block, k);
      out.push_back(let(ValueType::real, name, sum_of(terms)));
      physical[k] = var(name);
      present[k] = true;
    }
    for (int e = 0; e < context_.tdim && has_gradient(flux); ++e) {
      std::vector<Expression> terms;
      for (int k = 0; k < context_.dim; ++k) {
        const auto at = static_cast<std::size_t>(k);
        if (present[at]) terms.push_back(multiply(inverse(e, k), physical[at]));
      }
      out.push_back(
          assign(at(at_points(flux_name(test), test.block, e), q), sum_of(std::move(terms))));
    }
    return out;
  }

  Statements integrate(const TestComponent& test, const Fluxes& flux,
                       const std::function<Statement(Expression, Expression)>& add_to) {
    const fem::SubElement& sub = context_.arguments[0].parts[test.part].sub;
    const LineBasis basis = line_basis(sub.basic);
    return integrate_over_points(
        basis, fmt::format("r_{}_{}", test.part, test.block),
        reference_arrays(flux_name(test), test.block, has_value(flux), has_gradient(flux)),
        [&](Expression node, Expression value) {
          return add_to(
              add(integer(sub.dof_offset),
                  add(multiply(integer(sub.block_size), std::move(node)), integer(test.block))),
              std::move(value));
        });
  }

  /// A matrix: C and K are kept for all points, then each trial function is sent through.
  Statements matrix() {
    Statements out;
    std::vector<int> extents(static_cast<std::size_t>(context_.tdim), grid_.points);
    std::vector<Expression> q = point_indices(grid_);
    const auto with = [](auto list, auto more) {
      list.insert(list.end(), more.begin(), more.end());
      return list;
    };
    bool gradients = false;
    for (const ScaledTerm& term : integrand_.terms) {
      gradients = gradients || term.test.derivative > 0 || term.trial.derivative > 0;
    }
    out.push_back(
        array("C_at", with(extents, std::vector<int>{integrand_.coefficients}), "C at all points"));
    if (gradients) {
      out.push_back(array("K_at", with(extents, std::vector<int>{context_.tdim, context_.dim}),
                          "K at all points"));
    }
    Statements point = integrand_at_point();
    for (int k = 0; k < integrand_.coefficients; ++k) {
      point.push_back(
          assign(at("C_at", with(q, std::vector<Expression>{integer(k)})), at("C", {integer(k)})));
    }
    for (int e = 0; e < context_.tdim && gradients; ++e) {
      for (int k = 0; k < context_.dim; ++k) {
        point.push_back(assign(at("K_at", with(q, std::vector<Expression>{integer(e), integer(k)})),
                               geometry_.K(e, k)));
      }
    }
    append(out, over_points(grid_, std::move(point)));
    for (std::size_t p = 0; p < context_.arguments[1].parts.size(); ++p) append(out, columns(p));
    return out;
  }

  /// The columns of one part of the trial function.
  Statements columns(std::size_t part) {
    const fem::SubElement& sub = context_.arguments[1].parts[part].sub;
    const LineBasis trial = line_basis(sub.basic);
    Statements body;
    for (int k = 0; k < trial.axes; ++k) {
      body.push_back(let(ValueType::integer, fmt::format("j{}", k),
                         at(trial.index, {var(context_.by_columns ? "column" : "j"), integer(k)})));
    }
    for (int block = 0; block < sub.block_size; ++block) {
      Statements one = column(part, block, trial);
      if (!one.empty()) body.push_back(scope(block, std::move(one)));
    }
    if (body.size() == static_cast<std::size_t>(trial.axes)) return {};
    if (context_.by_columns) return body;
    return {loop("j", integer(0), integer(sub.nodes), std::move(body))};
  }

  /// A loop of one turn: names inside are not those of the next block.
  static Statement scope(int block, Statements body) {
    return loop(fmt::format("once_{}", block), integer(0), integer(1), std::move(body));
  }

  Statements column(std::size_t part, int block, const LineBasis& trial) {
    std::map<TestComponent, Fluxes> fluxes;
    bool value_read = false;
    bool gradient_read = false;
    for (const ScaledTerm& term : integrand_.terms) {
      for (const FunctionSpace::Source& source :
           context_.arguments[1].sources(term.trial.component)) {
        if (source.part != part || source.component != block) continue;
        (term.trial.derivative == 0 ? value_read : gradient_read) = true;
        Expression value =
            multiply(stored(term), var(term.trial.derivative == 0
                                           ? std::string("w")
                                           : fmt::format("w_{}", term.trial.derivative - 1)));
        for (const TestComponent& test : tests(term)) {
          fluxes[test][term.test.derivative].push_back(value);
        }
      }
    }
    if (fluxes.empty()) return {};
    Statements out;
    for (const auto& [test, flux] : fluxes) declare(test, flux, out);
    Statements point = trial_jets(trial, value_read, gradient_read);
    const auto inverse = [&](int e, int k) { return inverse_at(e, k); };
    for (const auto& [test, flux] : fluxes) append(point, store(test, flux, inverse));
    append(out, over_points(grid_, std::move(point)));
    const fem::SubElement& sub = context_.arguments[1].parts[part].sub;
    const Expression dof =
        context_.by_columns ? integer(block)
                            : add(integer(sub.dof_offset),
                                  add(multiply(integer(sub.block_size), var("j")), integer(block)));
    for (const auto& [test, flux] : fluxes) {
      append(out, integrate(test, flux, [&](Expression row, Expression value) {
               return accumulate(at("A", {std::move(row), dof}), std::move(value));
             }));
    }
    return out;
  }

  Expression stored(const ScaledTerm& term) const {
    std::vector<Expression> place = point_indices(grid_);
    place.push_back(integer(term.k));
    Expression c = at("C_at", std::move(place));
    if (term.literal == 1) return c;
    if (term.literal == -1) return negate(std::move(c));
    return multiply(real(term.literal), std::move(c));
  }

  Expression inverse_at(int e, int k) const {
    std::vector<Expression> place = point_indices(grid_);
    place.push_back(integer(e));
    place.push_back(integer(k));
    return at("K_at", std::move(place));
  }

  /// w = φ_j and w_k = ∂φ_j/∂x_k at the current point.
  Statements trial_jets(const LineBasis& trial, bool value, bool gradient) const {
    Statements out;
    const std::vector<Expression> q = point_indices(grid_);
    const auto factor = [&](int axis, bool derivative) {
      return at(derivative ? trial.gradients : trial.values,
                {q[static_cast<std::size_t>(axis)], var(fmt::format("j{}", axis))});
    };
    const auto product = [&](int differentiated) {
      Expression result = factor(0, differentiated == 0);
      for (int axis = 1; axis < trial.axes; ++axis) {
        result = multiply(std::move(result), factor(axis, differentiated == axis));
      }
      return result;
    };
    if (value) out.push_back(let(ValueType::real, "w", product(-1)));
    if (!gradient) return out;
    for (int e = 0; e < trial.axes; ++e) {
      out.push_back(let(ValueType::real, fmt::format("W_{}", e), product(e)));
    }
    for (int k = 0; k < context_.dim; ++k) {
      std::vector<Expression> terms;
      for (int e = 0; e < trial.axes; ++e) {
        terms.push_back(multiply(inverse_at(e, k), var(fmt::format("W_{}", e))));
      }
      out.push_back(let(ValueType::real, fmt::format("w_{}", k), sum_of(std::move(terms))));
    }
    return out;
  }

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  const Geometry& geometry_;
  const GeometricQuantities& quantities_;
  TableSet& tables_;
  LineBasis grid_;  // for its points alone
};

std::string why_no_part(const SubSpace& part) {
  if (!part.orders.any()) return "";
  if (part.piola()) return "a function is Piola-mapped";
  if (part.orders.second) return "a second derivative is read";
  if (!fem::tensor_factors(part.sub.basic)) return "a basis is no product of one-dimensional ones";
  return "";
}

}  // namespace

std::string why_no_sum_factorisation(const IntegralContext& context) {
  const meshes::CellType cell = context.domain.cell;
  if (cell != meshes::CellType::quadrilateral && cell != meshes::CellType::hexahedron) {
    return "the cell is no tensor product";
  }
  if (context.points.kind != fem::IntegralKind::cell || context.expression) {
    return "only integrals over cells are sum factorised";
  }
  if (context.complex) return "the form is complex";
  if (context.by_columns && context.arguments[1].parts.size() > 1) {
    return "a mixed matrix is made by columns";
  }
  for (const FunctionSpace& space : context.arguments) {
    for (const SubSpace& part : space.parts) {
      if (const std::string why = why_no_part(part); !why.empty()) return why;
    }
  }
  for (const CoefficientUse& use : context.coefficients) {
    for (const SubSpace& part : use.space.parts) {
      if (const std::string why = why_no_part(part); !why.empty()) return why;
    }
  }
  return is_product_rule(context) ? "" : "the quadrature rule is no product";
}

Statements tensor_product(const IntegralContext& context, const IntegrandFunction& integrand,
                          const Geometry& geometry, const GeometricQuantities& quantities,
                          TableSet& tables) {
  return TensorProduct(context, integrand, geometry, quantities, tables).statements();
}

}  // namespace femsynth::synth
