#include "synth/lower/tensor_fluxes.hpp"

#include <fmt/format.h>

#include <set>

#include "synth/kernel/build.hpp"
#include "synth/lower/geometry.hpp"
#include "synth/lower/tensor_jets.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

using Flux = Fluxes::mapped_type;

std::string flux_name(const IntegralContext& context, const TestComponent& test) {
  return fmt::format("flux_{}{}{}", test.part, test.imaginary ? "_im" : "",
                     context.sides[static_cast<std::size_t>(test.side)].ending);
}

const SubSpace& part_of(const IntegralContext& context, const TestComponent& test) {
  return context.arguments[0].parts[test.part];
}

/// The arrays of reference component A.
std::vector<PointArray> flux_arrays(const IntegralContext& context, const TestComponent& test,
                                    const Flux& flux, int A) {
  const SubSpace& part = part_of(context, test);
  const int t = context.tdim;
  bool value = false;
  std::set<int> along;
  for (const auto& [jet, terms] : flux) {
    // A derivative in space is one of the Piola map, too.
    value = value || jet.derivative == 0 || (part.piola() && jet.derivative > 0);
    for (int e = 0; e < t; ++e) {
      const bool divergence = jet.derivative == kDivergence && e == A;
      const bool curl = jet.derivative == kCurl && e != A;
      if (jet.derivative > 0 || divergence || curl) along.insert(e);
    }
  }
  const std::string name = flux_name(context, test);
  const int block = part.piola() ? test.copy * t + A : test.copy;
  std::vector<PointArray> arrays = point_arrays(name, block, value, false, t);
  for (const int e : along) arrays.push_back({at_points(name, block, e), e});
  return arrays;
}

/// Stores the fluxes of one copy at a point.
class FluxBuilder {
 public:
  FluxBuilder(const IntegralContext& context, const TestComponent& test, const Flux& flux,
              const PointGeometry& geometry)
      : context_(context),
        test_(test),
        flux_(flux),
        geometry_(geometry),
        part_(part_of(context, test)),
        name_(flux_name(context, test)) {}

  Statements build(const std::vector<Expression>& point, LocalArrays& arrays);

 private:
  using Derivative = std::pair<int, int>;  ///< component, axis

  void name_sums();
  void pull_gradient_back();
  Expression value(int A) const;
  Expression derivative(int A, int e) const;
  Expression named(const std::string& suffix, Expression value);
  Expression pulled_back(const std::map<int, Expression>& physical, int e) const;

  const IntegralContext& context_;
  const TestComponent& test_;
  const Flux& flux_;
  const PointGeometry& geometry_;
  const SubSpace& part_;
  std::string name_;
  Statements out_;
  std::map<int, Expression> values_;                   // by component
  std::map<int, std::map<int, Expression>> physical_;  // by component and axis in space
  std::map<Derivative, Expression> along_;             // the same along reference axes
  std::map<int, Expression> curl_;                     // by component of the reference curl
  std::optional<Expression> divergence_;
};

Expression FluxBuilder::named(const std::string& suffix, Expression value) {
  Expression name = var(fmt::format("F_{}_{}_{}", name_, test_.copy, suffix));
  out_.push_back(let(ValueType::real, name.name, std::move(value)));
  return name;
}

/// Σ_k K_ek F_k.
Expression FluxBuilder::pulled_back(const std::map<int, Expression>& physical, int e) const {
  std::vector<Expression> terms;
  for (const auto& [k, F] : physical) {
    terms.push_back(multiply(geometry_.inverse(test_.side, e, k), F));
  }
  return sum_of(std::move(terms));
}

/// What multiplies jets in space.
void FluxBuilder::name_sums() {
  for (const auto& [jet, terms] : flux_) {
    const int i = jet.component;
    if (jet.derivative == 0) {
      values_.emplace(
          i, part_.piola() ? named(fmt::format("value_{}", i), sum_of(terms)) : sum_of(terms));
    } else if (jet.derivative == kDivergence) {
      divergence_ = named("div", geometry_.over_determinant(test_.side, sum_of(terms)));
    } else if (jet.derivative == kCurl) {
      curl_.emplace(i, named(fmt::format("curl_{}", i), sum_of(terms)));
    } else {
      const int k = jet.derivative - 1;
      const std::string suffix = part_.piola() ? fmt::format("{}_{}", i, k) : fmt::format("{}", k);
      physical_[i].emplace(k, named(suffix, sum_of(terms)));
    }
  }
}

/// What multiplies derivatives along the reference axes, and curls on the reference cell.
void FluxBuilder::pull_gradient_back() {
  for (const auto& [i, physical] : physical_) {
    for (int e = 0; e < context_.tdim; ++e) {
      Expression sum = pulled_back(physical, e);
      along_.emplace(Derivative{i, e}, part_.piola()
                                           ? named(fmt::format("{}_along_{}", i, e), std::move(sum))
                                           : std::move(sum));
    }
  }
  if (curl_.empty()) return;
  std::map<int, Expression> reference;
  for (int B = 0; B < (context_.dim == 3 ? 3 : 1); ++B) {
    std::vector<Expression> terms;
    for (const auto& [m, F] : curl_) {
      terms.push_back(
          context_.dim == 3
              ? multiply(geometry_.piola(test_.side, fem::PullBack::contravariant_piola, m, B), F)
              : geometry_.over_determinant(test_.side, F));
    }
    reference.emplace(B, named(fmt::format("reference_curl_{}", B), sum_of(std::move(terms))));
  }
  curl_ = std::move(reference);
}

/// Of a Piola map with the entries T_iA, Σ_i T_iA F_i + Σ_ie ∂T_iA/∂X_e F_ie.
Expression FluxBuilder::value(int A) const {
  if (!part_.piola()) return values_.at(0);
  std::vector<Expression> terms;
  for (const auto& [i, F] : values_) {
    terms.push_back(multiply(geometry_.piola(test_.side, part_.pull_back, i, A), F));
  }
  for (const auto& [place, F] : along_) {
    terms.push_back(multiply(
        geometry_.piola_derivative(test_.side, part_.pull_back, place.first, A, place.second), F));
  }
  return sum_of(std::move(terms));
}

/// What multiplies the derivative of reference component A along an axis.
Expression FluxBuilder::derivative(int A, int e) const {
  if (!part_.piola()) return along_.at({0, e});
  std::vector<Expression> terms;
  if (divergence_ && e == A) terms.push_back(*divergence_);
  if (!curl_.empty() && e != A) {
    // Component B of the curl is ∂V_{B+2}/∂X_{B+1} − ∂V_{B+1}/∂X_{B+2}; in the plane there is one.
    const int B = context_.tdim == 3 ? 3 - A - e : 0;
    const bool positive = context_.tdim == 3 ? A == (B + 2) % 3 : A == 1;
    terms.push_back(positive ? curl_.at(B) : negate(curl_.at(B)));
  }
  for (const auto& [place, F] : along_) {
    if (place.second != e) continue;
    terms.push_back(multiply(geometry_.piola(test_.side, part_.pull_back, place.first, A), F));
  }
  return sum_of(std::move(terms));
}

Statements FluxBuilder::build(const std::vector<Expression>& point, LocalArrays& arrays) {
  name_sums();
  pull_gradient_back();
  const std::vector<int> extents(point.size(), point_grid(context_, context_.sides[0]).points);
  const std::string phi = part_.piola() ? "Φ_i" : "φ_i";
  for (int A = 0; A < (part_.piola() ? context_.tdim : 1); ++A) {
    for (const PointArray& a : flux_arrays(context_, test_, flux_, A)) {
      const bool is_value = a.derivative < 0;
      arrays.declare(a.name, extents,
                     fmt::format("what multiplies {}", is_value ? phi : "∂" + phi + "/∂X_e"));
      Statement store =
          assign(at(a.name, point), is_value ? value(A) : derivative(A, a.derivative));
      // The value of a scalar function reads no named sums.
      const bool first = is_value && !part_.piola();
      out_.insert(first ? out_.begin() : out_.end(), std::move(store));
    }
  }
  return std::move(out_);
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
                                    const PointGeometry& geometry,
                                    const std::vector<std::vector<Expression>>& points,
                                    LocalArrays& arrays) {
  Statements out;
  for (const auto& [test, flux] : fluxes) {
    append(out, FluxBuilder(context, test, flux, geometry)
                    .build(points[static_cast<std::size_t>(test.side)], arrays));
  }
  return out;
}

std::vector<Statement> integrate_fluxes(const IntegralContext& context, const Fluxes& fluxes,
                                        TableSet& tables, const AddToRow& add_to_row,
                                        LocalArrays& arrays) {
  Statements out;
  const FunctionSpace& space = context.arguments[0];
  for (const auto& entry : fluxes) {
    const TestComponent& test = entry.first;
    const auto& flux = entry.second;
    const SubSpace& part = space.parts[test.part];
    const fem::SubElement& sub = part.sub;
    const Side& side = context.sides[static_cast<std::size_t>(test.side)];
    const int first = test.side * space.dofs + sub.dof_offset + test.copy;
    const auto add_node = [&](Expression node, Expression value) {
      return add_to_row(add(integer(first), multiply(integer(sub.block_size), std::move(node))),
                        test, std::move(value));
    };
    if (!part.piola()) {
      append(out, integrate_over_points(make_line_basis(context, sub.basic, side, tables),
                                        flux_arrays(context, test, flux, 0), add_node, arrays));
      continue;
    }
    const PiolaBasis basis = make_piola_basis(context, sub.basic, side, tables);
    for (int A = 0; A < context.tdim; ++A) {
      append(out, integrate_over_points(
                      basis.legendre, flux_arrays(context, test, flux, A),
                      [&](Expression node, Expression value) {
                        return assign(legendre_coefficient(basis, A, std::move(node)),
                                      std::move(value));
                      },
                      arrays));
    }
    append(out, from_legendre(basis, add_node, arrays));
  }
  return out;
}

}  // namespace femsynth::synth
