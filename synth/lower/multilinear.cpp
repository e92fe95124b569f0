#include "synth/lower/multilinear.hpp"

#include <algorithm>
#include <map>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

std::pair<Jet, Jet> key(const Term& t) { return {t.test, t.trial}; }
Jet join(const Jet& a, const Jet& b) { return a.component >= 0 ? a : b; }

Multilinear sorted(Multilinear terms) {
  std::stable_sort(terms.begin(), terms.end(),
                   [](const Term& a, const Term& b) { return key(a) < key(b); });
  return terms;
}

/// Adds up neighbours with the same jets.
Multilinear merged(const Multilinear& terms, ScalarGraph& s) {
  Multilinear result;
  for (const Term& term : terms) {
    if (!result.empty() && key(result.back()) == key(term)) {
      result.back().coefficient = s.add(result.back().coefficient, term.coefficient);
      if (s.is_literal(result.back().coefficient, 0)) result.pop_back();
    } else {
      result.push_back(term);
    }
  }
  return result;
}

}  // namespace

Multilinear MultilinearAlgebra::scalar(ScalarId value) const {
  if (s_.is_literal(value, 0)) return {};
  return {{Jet{}, Jet{}, value}};
}

Multilinear MultilinearAlgebra::add(const Multilinear& a, const Multilinear& b) {
  Multilinear result;
  result.reserve(a.size() + b.size());
  auto x = a.begin();
  auto y = b.begin();
  while (x != a.end() || y != b.end()) {
    if (y == b.end() || (x != a.end() && key(*x) < key(*y))) {
      result.push_back(*x++);
    } else if (x == a.end() || key(*y) < key(*x)) {
      result.push_back(*y++);
    } else {
      const ScalarId sum = s_.add(x->coefficient, y->coefficient);
      if (!s_.is_literal(sum, 0)) result.push_back({x->test, x->trial, sum});
      ++x;
      ++y;
    }
  }
  return result;
}

Multilinear MultilinearAlgebra::multiply(const Multilinear& a, const Multilinear& b) {
  Multilinear result;
  for (const Term& x : a) {
    for (const Term& y : b) {
      const ScalarId product = s_.multiply(x.coefficient, y.coefficient);
      if (s_.is_literal(product, 0)) continue;
      result.push_back({join(x.test, y.test), join(x.trial, y.trial), product});
    }
  }
  result = sorted(std::move(result));
  return a.size() > 1 && b.size() > 1 ? merged(result, s_) : result;
}

Multilinear MultilinearAlgebra::divide(const Multilinear& a, ScalarId divisor) {
  Multilinear result;
  for (const Term& term : a) {
    const ScalarId c = s_.divide(term.coefficient, divisor);
    if (!s_.is_literal(c, 0)) result.push_back({term.test, term.trial, c});
  }
  return result;
}

Multilinear MultilinearAlgebra::select(ScalarId condition, const Multilinear& a,
                                       const Multilinear& b) {
  std::map<std::pair<Jet, Jet>, std::pair<ScalarId, ScalarId>> both;
  const ScalarId none = s_.literal(0);
  for (const Term& t : a) both.try_emplace(key(t), none, none).first->second.first = t.coefficient;
  for (const Term& t : b) both.try_emplace(key(t), none, none).first->second.second = t.coefficient;
  Multilinear result;
  for (const auto& [jets, values] : both) {
    const ScalarId chosen = s_.choice(ScalarOp::select, {condition, values.first, values.second});
    if (!s_.is_literal(chosen, 0)) result.push_back({jets.first, jets.second, chosen});
  }
  return result;
}

ScalarId MultilinearAlgebra::value(const Multilinear& a) {
  if (a.empty()) return s_.literal(0);
  if (a.size() > 1 || a[0].test.component >= 0 || a[0].trial.component >= 0) {
    throw InternalError("factorise: an argument where none can be");
  }
  return a[0].coefficient;
}

}  // namespace femsynth::synth
