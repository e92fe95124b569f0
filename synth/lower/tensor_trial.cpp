#include "synth/lower/tensor_trial.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

constexpr fem::PullBack contravariant = fem::PullBack::contravariant_piola;
constexpr fem::PullBack covariant = fem::PullBack::covariant_piola;

}  // namespace

Expression StoredMap::entry(const char* name, int number, std::vector<Expression> indices) const {
  indices.insert(indices.begin(), points_.point(0).begin(), points_.point(0).end());
  return at(name + context_.sides[static_cast<std::size_t>(number)].ending, std::move(indices));
}
Expression StoredMap::inverse(int number, int e, int k) const {
  return entry("K_at", number, {integer(e), integer(k)});
}
Expression StoredMap::piola(int number, fem::PullBack pull_back, int i, Expression A) const {
  if (pull_back == contravariant) return entry("P_at", number, {integer(i), std::move(A)});
  return entry(cell_inverse(), number, {std::move(A), integer(i)});
}
Expression StoredMap::piola_derivative(int number, fem::PullBack pull_back, int i, Expression A,
                                       int e) const {
  return entry(pull_back == contravariant ? "dP_at" : "dK_at", number,
               {integer(i), std::move(A), integer(e)});
}
Expression StoredMap::over_determinant(int number, Expression value) const {
  return multiply(entry("inverse_det_at", number, {}), std::move(value));
}
const char* StoredMap::cell_inverse() const {
  return context_.points.on_facets() ? "K_cell_at" : "K_at";
}

PointGeometry StoredMap::read() const {
  return {
      [this](int number, int e, int k) { return inverse(number, e, k); },
      [this](int number, fem::PullBack pull_back, int i, int A) {
        return piola(number, pull_back, i, integer(A));
      },
      [this](int number, fem::PullBack pull_back, int i, int A, int e) {
        return piola_derivative(number, pull_back, i, integer(A), e);
      },
      [this](int number, Expression value) { return over_determinant(number, std::move(value)); }};
}

void StoredMap::declare(const std::string& name, const std::vector<int>& more,
                        const char* comment) {
  std::vector<int> dims(points_.point(0).size(), points_.grid().points);
  dims.insert(dims.end(), more.begin(), more.end());
  workspace_.declare(name, dims, comment);
}

JetReads StoredMap::argument_reads(fem::PullBack pull_back) const {
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

Statements StoredMap::store(const Side& s) {
  const JetReads contra = argument_reads(contravariant);
  const JetReads co = argument_reads(covariant);
  const PointGeometry from = points_.read();
  const int t = context_.tdim, d = context_.dim, side = s.number;
  Statements out;
  const auto keep = [&](const char* name, const std::vector<int>& extents, const char* comment,
                        const std::function<Expression(const std::vector<int>&)>& value) {
    declare(name + s.ending, extents, comment);
    int count = 1;
    for (const int extent : extents) count *= extent;
    for (int n = 0; n < count; ++n) {
      std::vector<int> place(extents.size());
      int rest = n;
      for (std::size_t k = place.size(); k-- > 0; rest /= extents[k]) place[k] = rest % extents[k];
      std::vector<Expression> indices;
      for (const int k : place) indices.push_back(integer(k));
      out.push_back(assign(entry(name, side, std::move(indices)), value(place)));
    }
  };
  const bool whole_gradient = contra.gradient || co.gradient;
  const bool maps_values = co.value || co.gradient;
  const bool on_facets = context_.points.on_facets();
  if (points_.gradients() || whole_gradient || (maps_values && !on_facets)) {
    keep("K_at", {t, d}, "K at all points",
         [&](const auto& n) { return points_.inverse(side, n[0], n[1]); });
  }
  if (maps_values && on_facets) {
    keep("K_cell_at", {t, d}, "K at all points, by the cell's axes",
         [&](const auto& n) { return from.piola(side, covariant, n[1], n[0]); });
  }
  if (contra.value || contra.gradient || (co.curl && d == 3)) {
    keep("P_at", {d, t}, "J / det J at all points",
         [&](const auto& n) { return from.piola(side, contravariant, n[0], n[1]); });
  }
  if (contra.divergence || (co.curl && d == 2)) {
    keep("inverse_det_at", {}, "1 / det J at all points",
         [&](const auto&) { return from.over_determinant(side, real(1)); });
  }
  if (contra.gradient) {
    keep("dP_at", {d, t, t}, "∂(J / det J)_iA/∂X_e at all points", [&](const auto& n) {
      return from.piola_derivative(side, contravariant, n[0], n[1], n[2]);
    });
  }
  if (co.gradient) {
    keep("dK_at", {d, t, t}, "∂K_Ai/∂X_e at all points",
         [&](const auto& n) { return from.piola_derivative(side, covariant, n[0], n[1], n[2]); });
  }
  return out;
}

Statements StoredMap::trial_component(Expression component) const {
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

std::string trial_jet(const SubSpace& part, const CopyJet& jet) {
  std::string name = "w";
  if (jet.derivative == kDivergence) return "div_w";
  if (jet.derivative == kCurl) name = "curl_w";
  if (part.piola()) name += fmt::format("_{}", jet.component);
  if (jet.derivative > 0) name += fmt::format("_{}", jet.derivative - 1);
  return name;
}

Statements StoredMap::trial_jets(const LineBasis& trial, const SubSpace& part, int number,
                                 const std::set<CopyJet>& read) const {
  return part.piola() ? piola_jets(trial, part, number, read) : scalar_jets(trial, number, read);
}

Statements StoredMap::scalar_jets(const LineBasis& trial, int number,
                                  const std::set<CopyJet>& read) const {
  Statements out;
  const auto product = [&](int differentiated) {
    return points_.basis_product(trial, number, "j", differentiated);
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
      terms.push_back(multiply(inverse(number, e, k), var(fmt::format("W_{}", e))));
    }
    out.push_back(let(ValueType::real, fmt::format("w_{}", k), sum_of(std::move(terms))));
  }
  return out;
}

Statements StoredMap::piola_jets(const LineBasis& trial, const SubSpace& part, int number,
                                 const std::set<CopyJet>& read) const {
  const auto reads = [&](auto wanted) { return std::any_of(read.begin(), read.end(), wanted); };
  const bool gradient = reads([](const CopyJet& jet) { return jet.derivative > 0; });
  Statements out;
  if (gradient || reads([](const CopyJet& jet) { return jet.derivative == 0; })) {
    out.push_back(let(ValueType::real, "W", points_.basis_product(trial, number, "j", -1),
                      "the component on the reference cell"));
  }
  if (reads([](const CopyJet& jet) { return jet.derivative != 0; })) {
    out.push_back(array("dW", {trial.axes}, "its derivatives"));
    for (int e = 0; e < trial.axes; ++e) {
      out.push_back(assign(at("dW", {integer(e)}), points_.basis_product(trial, number, "j", e)));
    }
  }
  std::set<int> differentiated;
  for (const CopyJet& jet : read) {
    if (jet.derivative > 0 && differentiated.insert(jet.component).second) {
      append(out, along_axes(part, number, jet.component));
    }
    out.push_back(let(ValueType::real, trial_jet(part, jet), piola_jet(part, number, jet)));
  }
  return out;
}

Statements StoredMap::along_axes(const SubSpace& part, int number, int i) const {
  Statements out;
  const Expression A = var("component_j");
  for (int e = 0; e < context_.tdim; ++e) {
    out.push_back(let(ValueType::real, fmt::format("D_{}_{}", i, e),
                      add(multiply(piola(number, part.pull_back, i, A), at("dW", {integer(e)})),
                          multiply(piola_derivative(number, part.pull_back, i, A, e), var("W")))));
  }
  return out;
}

Expression StoredMap::piola_jet(const SubSpace& part, int number, const CopyJet& jet) const {
  const Expression A = var("component_j");
  const auto dW = [](Expression e) { return at("dW", {std::move(e)}); };
  const int i = jet.component;
  if (jet.derivative == 0) {
    return multiply(piola(number, part.pull_back, i, A), var("W"));
  }
  if (jet.derivative == kDivergence) return over_determinant(number, dW(A));
  if (jet.derivative == kCurl && context_.dim == 2) {
    return over_determinant(number, select(binary(ExpressionKind::equal, A, integer(0)),
                                           negate(dW(integer(1))), dW(integer(0))));
  }
  if (jet.derivative == kCurl) {
    // The curl of W e_A has the components ∂W/∂X_{A+2} at A + 1 and −∂W/∂X_{A+1} at A + 2.
    const auto map = [&](const char* B) { return piola(number, contravariant, i, var(B)); };
    return subtract(multiply(map("next_j"), dW(var("last_j"))),
                    multiply(map("last_j"), dW(var("next_j"))));
  }
  std::vector<Expression> terms;
  for (int e = 0; e < context_.tdim; ++e) {
    terms.push_back(
        multiply(inverse(number, e, jet.derivative - 1), var(fmt::format("D_{}_{}", i, e))));
  }
  return sum_of(std::move(terms));
}

}  // namespace femsynth::synth
