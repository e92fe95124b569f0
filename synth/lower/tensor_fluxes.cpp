#include "synth/lower/tensor_fluxes.hpp"

#include <fmt/format.h>

#include "synth/kernel/build.hpp"
#include "synth/lower/geometry.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

std::string flux_name(const IntegralContext& context, const TestComponent& test) {
  return fmt::format("flux_{}{}{}", test.part, test.imaginary ? "_im" : "",
                     context.sides[static_cast<std::size_t>(test.side)].ending);
}

std::vector<PointArray> flux_arrays(const IntegralContext& context, const TestComponent& test,
                                    const Fluxes::mapped_type& flux) {
  return point_arrays(flux_name(context, test), test.block, flux.contains(0),
                      flux.rbegin()->first > 0, context.tdim);
}

}  // namespace

std::string at_points(const std::string& name, int block, int derivative) {
  return derivative < 0 ? fmt::format("{}_at_{}", name, block)
                        : fmt::format("d{}_{}_at_{}", derivative, name, block);
}

std::vector<PointArray> point_arrays(const std::string& name, int block, bool value, bool gradient,
                                     int tdim) {
  std::vector<PointArray> arrays;
  if (value) arrays.push_back({at_points(name, block, -1), -1});
  for (int e = 0; e < tdim && gradient; ++e) arrays.push_back({at_points(name, block, e), e});
  return arrays;
}

std::vector<Statement> store_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                    const Inverse& inverse,
                                    const std::vector<std::vector<Expression>>& points,
                                    LocalArrays& arrays) {
  Statements out;
  for (const auto& [test, flux] : fluxes) {
    const std::vector<Expression>& q = points[static_cast<std::size_t>(test.side)];
    const std::vector<int> extents(q.size(), point_grid(context, context.sides[0]).points);
    const std::string name = flux_name(context, test);
    // What multiplies ∂φ_i/∂x_k, by k.
    std::map<int, Expression> physical;
    for (const auto& [derivative, terms] : flux) {
      if (derivative == 0) {
        out.push_back(assign(at(at_points(name, test.block, -1), q), sum_of(terms)));
        continue;
      }
      const int k = derivative - 1;
      Expression F = var(fmt::format("F_{}_{}_{}", name, test.block, k));
      out.push_back(let(ValueType::real, F.name, sum_of(terms)));
      physical.emplace(k, std::move(F));
    }
    for (const PointArray& a : flux_arrays(context, test, flux)) {
      arrays.declare(a.name, extents,
                     a.derivative < 0 ? "what multiplies φ_i" : "what multiplies ∂φ_i/∂X_e");
      if (a.derivative < 0) continue;
      std::vector<Expression> terms;
      for (const auto& [k, F] : physical) {
        terms.push_back(multiply(inverse(test.side, a.derivative, k), F));
      }
      out.push_back(assign(at(a.name, q), sum_of(std::move(terms))));
    }
  }
  return out;
}

std::vector<Statement> integrate_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                        TableSet& tables, const AddToRow& add_to_row,
                                        LocalArrays& arrays) {
  Statements out;
  const FunctionSpace& space = context.arguments[0];
  for (const auto& [test, flux] : fluxes) {
    const fem::SubElement& sub = space.parts[test.part].sub;
    const int first = test.side * space.dofs + sub.dof_offset + test.block;
    const LineBasis basis = make_line_basis(
        context, sub.basic, context.sides[static_cast<std::size_t>(test.side)], tables);
    append(out, integrate_over_points(
                    basis, flux_arrays(context, test, flux),
                    [&](Expression node, Expression value) {
                      return add_to_row(
                          add(integer(first), multiply(integer(sub.block_size), std::move(node))),
                          test, std::move(value));
                    },
                    arrays));
  }
  return out;
}

}  // namespace femsynth::synth
