#include "solvers/reference/tape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "fem/form/algebra.hpp"
#include "meshes/support/error.hpp"

namespace femsynth::solvers {

using fem::Op;
using Id = std::int32_t;

std::vector<int> directions(int slot, int d) {
  std::vector<int> result;
  int count = 1;  // of derivatives of order result.size()
  while (slot >= count) {
    slot -= count;
    count *= d;
    result.push_back(0);
  }
  for (std::size_t m = result.size(); m-- > 0; slot /= d) result[m] = slot % d;
  return result;
}

int Leaf::slot(int d) const {
  int first = 0;   // of this order
  int within = 0;  // this order
  int count = 1;
  for (int m = 0; m < order(); ++m) {
    first += count;
    count *= d;
    within = within * d + along[static_cast<std::size_t>(m)];
  }
  return first + within;
}

Id Tape::intern(const Entry& entry) {
  const auto [at, fresh] = interned_.try_emplace(entry, static_cast<Id>(entries_.size()));
  if (fresh) {
    if (entries_.size() >= max_entries) {
      throw InputError(fmt::format(
          "the form has more than {} scalar operations when written out for deal.II", max_entries));
    }
    entries_.push_back(entry);
  }
  return at->second;
}

bool Tape::is_zero(Id id) const {
  const Entry& entry = (*this)[id];
  return entry.op == Op::real && entry.value == 0.0;
}

Id Tape::real(double value) {
  if (std::isnan(value)) throw InputError("deal.II: the form contains a literal that is no number");
  Entry entry;
  entry.value = value == 0.0 ? 0.0 : value;  // one zero
  return intern(entry);
}

Id Tape::leaf(const Leaf& leaf) {
  Entry entry;
  entry.op = leaf.op;
  entry.leaf = leaf;
  return intern(entry);
}

Id Tape::add(Id a, Id b) {
  if (is_zero(a)) return b;
  if (is_zero(b)) return a;
  if (a > b) std::swap(a, b);
  return intern({Op::sum, 0, {}, {a, b, -1}});
}

Id Tape::negate(Id a) { return multiply(real(-1.0), a); }

Id Tape::subtract(Id a, Id b) { return add(a, negate(b)); }

Id Tape::multiply(Id a, Id b) {
  if (is_zero(a) || is_zero(b)) return real(0.0);
  for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
    if ((*this)[one].op == Op::real && (*this)[one].value == 1.0) return other;
  }
  if ((*this)[a].op == Op::real && (*this)[b].op == Op::real && std::abs((*this)[a].value) == 1.0 &&
      std::abs((*this)[b].value) == 1.0) {
    return real((*this)[a].value * (*this)[b].value);
  }
  if (a > b) std::swap(a, b);
  return intern({Op::product, 0, {}, {a, b, -1}});
}

Id Tape::divide(Id a, Id b) {
  if (is_zero(a)) return a;
  if ((*this)[b].op == Op::real && (*this)[b].value == 1.0) return a;
  return intern({Op::division, 0, {}, {a, b, -1}});
}

Id Tape::apply(Op op, Id a, Id b, Id c) {
  if (op == Op::conditional && b == c) return b;
  return intern({op, 0, {}, {a, b, c}});
}

std::vector<Id> Tape::reachable(std::span<const Id> roots) const {
  Id last = -1;
  for (const Id root : roots) last = std::max(last, root);
  std::vector<bool> seen(static_cast<std::size_t>(last + 1), false);
  for (const Id root : roots) seen[static_cast<std::size_t>(root)] = true;
  std::vector<Id> ids;
  for (Id id = last; id >= 0; --id) {
    if (!seen[static_cast<std::size_t>(id)]) continue;
    ids.push_back(id);
    for (const Id operand : (*this)[id].operands) {
      if (operand >= 0) seen[static_cast<std::size_t>(operand)] = true;
    }
  }
  std::reverse(ids.begin(), ids.end());
  return ids;
}

std::vector<Leaf> Tape::leaves(Id root, Op op, std::int32_t number) const {
  std::vector<Leaf> found;
  for (const Id id : reachable(std::span(&root, 1))) {
    const Entry& entry = (*this)[id];
    if (entry.op == op && entry.leaf.number == number) found.push_back(entry.leaf);
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool is_leaf(Op op) {
  return op == Op::coefficient || op == Op::argument || op == Op::constant ||
         op == Op::spatial_coordinate || op == Op::facet_normal || op == Op::geometric_quantity;
}

Id Tape::variable(const Leaf& leaf, Id operand) {
  return intern({Op::variable, 0, leaf, {operand, -1, -1}});
}

Id Tape::bessel(Op op, int order, Id a) {
  Entry entry{op, 0, {}, {a, -1, -1}};
  entry.leaf.number = order;
  return intern(entry);
}

std::vector<Id> Tape::differentiate(std::span<const Id> roots, int k) {
  const Seed seed = [this, k](const Leaf& leaf) { return along_axis(leaf, k); };
  return differentiate(roots, seed, spatial_[static_cast<std::size_t>(k)]);
}

std::vector<Id> Tape::differentiate(std::span<const Id> roots, const Seed& seed) {
  Derivatives known;
  return differentiate(roots, seed, known);
}

std::vector<Id> Tape::differentiate(std::span<const Id> roots, const Seed& seed,
                                    Derivatives& known) {
  // Operands precede their users, so that each derivative finds those of its operands made.
  for (const Id id : reachable(roots)) {
    if (known.contains(id)) continue;
    const Entry entry = (*this)[id];  // a copy: the tape grows
    const bool named = is_leaf(entry.op) || entry.op == Op::variable;
    Id derivative = named ? seed(entry.leaf) : -1;
    if (derivative < 0) derivative = derivative_of(id, known);
    known[id] = derivative;
  }
  std::vector<Id> result;
  for (const Id root : roots) result.push_back(known.at(root));
  return result;
}

namespace {

/// Does a quantity vary in cells that are not affine? Measures do not.
bool varies_in_cell(fem::GeometricQuantity quantity) {
  using Quantity = fem::GeometricQuantity;
  return quantity == Quantity::jacobian || quantity == Quantity::jacobian_determinant ||
         quantity == Quantity::jacobian_inverse || quantity == Quantity::facet_jacobian ||
         quantity == Quantity::facet_jacobian_determinant ||
         quantity == Quantity::facet_jacobian_inverse || quantity == Quantity::cell_normal;
}

}  // namespace

/// ∂/∂x_k of a leaf.
Id Tape::along_axis(const Leaf& of, int k) {
  if (of.op == Op::spatial_coordinate) return real(of.component == k ? 1.0 : 0.0);
  bool varies = of.op == Op::coefficient || of.op == Op::argument;
  if (of.op == Op::facet_normal) varies = !affine_;
  if (of.op == Op::geometric_quantity) {
    const auto quantity = static_cast<fem::GeometricQuantity>(of.number);
    varies = quantity == fem::GeometricQuantity::cell_coordinate ||
             (!affine_ && varies_in_cell(quantity));
  }
  if (!varies) return of.op == Op::variable ? -1 : real(0.0);
  Leaf result = of;
  const int order = of.order();
  if (order == kMaxDerivatives) {
    throw MissingComponent(fmt::format(
        "deal.II is asked for derivatives of functions of order {} at most", kMaxDerivatives));
  }
  result.along[static_cast<std::size_t>(order)] = static_cast<std::int8_t>(k);
  if (commuting_) std::sort(result.along.begin(), result.along.begin() + order + 1);
  return leaf(result);
}

std::vector<Id> Tape::restrict_to(std::span<const Id> roots, int side) {
  auto& known = restricted_[static_cast<std::size_t>(side)];
  for (const Id id : reachable(roots)) {
    if (!known.contains(id)) known[id] = restricted(id, side);
  }
  std::vector<Id> result;
  for (const Id root : roots) result.push_back(known.at(root));
  return result;
}

Id Tape::restricted(Id id, int side) {
  Entry entry = (*this)[id];
  const auto& known = restricted_[static_cast<std::size_t>(side)];
  for (Id& operand : entry.operands) {
    if (operand >= 0) operand = known.at(operand);
  }
  const bool sided = entry.op != Op::constant && (is_leaf(entry.op) || entry.op == Op::variable);
  if (sided && entry.leaf.side < 0) entry.leaf.side = static_cast<std::int8_t>(side);
  // Sums and products keep their operands in ascending order.
  const bool commutes = entry.op == Op::sum || entry.op == Op::product;
  if (commutes && entry.operands[0] > entry.operands[1]) {
    std::swap(entry.operands[0], entry.operands[1]);
  }
  return intern(entry);
}

Id Tape::derivative_of(Id id, const Derivatives& known) {
  const Entry entry = (*this)[id];  // a copy: the tape grows
  const auto d = [&](int i) {
    const Id operand = entry.operands[static_cast<std::size_t>(i)];
    return operand < 0 || fem::is_condition((*this)[operand].op) ? real(0.0) : known.at(operand);
  };
  const auto [a, b, c] = entry.operands;
  if (is_leaf(entry.op)) return real(0.0);
  switch (entry.op) {
    case Op::real:
      return real(0.0);
    case Op::variable:
      return d(0);
    case Op::sum:
      return add(d(0), d(1));
    case Op::product:
      return add(multiply(d(0), b), multiply(a, d(1)));
    case Op::division:  // (a/b)' = (a' − (a/b) b')/b
      return divide(subtract(d(0), multiply(id, d(1))), b);
    case Op::power: {
      // b a^(b−1) a' + a^b ln(a) b'
      Id exponent = add(b, real(-1.0));
      if ((*this)[b].op == Op::real) exponent = real((*this)[b].value - 1.0);
      const Id reduced = is_zero(exponent) ? real(1.0) : apply(Op::power, a, exponent);
      Id result = multiply(multiply(b, reduced), d(0));
      if (const Id db = d(1); !is_zero(db)) {
        result = add(result, multiply(multiply(id, apply(Op::ln, a)), db));
      }
      return result;
    }
    case Op::atan2: {  // (b a' − a b')/(a² + b²)
      const Id numerator = subtract(multiply(b, d(0)), multiply(a, d(1)));
      return divide(numerator, add(multiply(a, a), multiply(b, b)));
    }
    case Op::min_value:
      return apply(Op::conditional, apply(Op::lt, a, b), d(0), d(1));
    case Op::max_value:
      return apply(Op::conditional, apply(Op::gt, a, b), d(0), d(1));
    case Op::conditional:
      return apply(Op::conditional, a, d(1), d(2));
    default:
      if (fem::is_condition(entry.op)) return real(0.0);
      return chain_rule(id, d(0));
  }
}

/// f'(a) · da for entry `id` = f(a).
Id Tape::chain_rule(Id id, Id da) {
  if (is_zero(da)) return da;
  const Op op = (*this)[id].op;
  const Id a = (*this)[id].operands[0];
  const Id one = real(1.0);
  switch (op) {
    case Op::abs:
      return multiply(apply(Op::sign, a), da);
    case Op::sign:
      return real(0.0);
    case Op::sqrt:
      return divide(da, multiply(real(2.0), id));
    case Op::exp:
      return multiply(id, da);
    case Op::ln:
      return divide(da, a);
    case Op::sin:
      return multiply(apply(Op::cos, a), da);
    case Op::cos:
      return negate(multiply(apply(Op::sin, a), da));
    case Op::tan:
      return multiply(add(one, multiply(id, id)), da);
    case Op::asin:
      return divide(da, apply(Op::sqrt, subtract(one, multiply(a, a))));
    case Op::acos:
      return negate(divide(da, apply(Op::sqrt, subtract(one, multiply(a, a)))));
    case Op::atan:
      return divide(da, add(one, multiply(a, a)));
    case Op::sinh:
      return multiply(apply(Op::cosh, a), da);
    case Op::cosh:
      return multiply(apply(Op::sinh, a), da);
    case Op::tanh:
      return multiply(subtract(one, multiply(id, id)), da);
    case Op::erf: {
      const Id gauss = apply(Op::exp, negate(multiply(a, a)));
      return multiply(multiply(real(2.0 * std::numbers::inv_sqrtpi), gauss), da);
    }
    case Op::bessel_j:
    case Op::bessel_y:
    case Op::bessel_i:
    case Op::bessel_k:
      return multiply(bessel_slope(id), da);
    default:
      throw InternalError(fmt::format("the oracle cannot differentiate '{}'", fem::name_of(op)));
  }
}

/// Of J and Y: f_0' = −f_1, f_ν' = (f_{ν−1} − f_{ν+1})/2; of I with plus signs throughout; of K:
/// K_0' = −K_1, K_ν' = −(K_{ν−1} + K_{ν+1})/2 (Abramowitz and Stegun, 9.1.27, 9.6.26).
Id Tape::bessel_slope(Id id) {
  const Entry entry = (*this)[id];
  const Op op = entry.op;
  const int order = entry.leaf.number;
  const Id a = entry.operands[0];
  if (order == 0) {
    const Id next = bessel(op, 1, a);
    return op == Op::bessel_i ? next : negate(next);
  }
  const Id lower = bessel(op, order - 1, a);
  const Id higher = bessel(op, order + 1, a);
  const bool alternates = op == Op::bessel_j || op == Op::bessel_y;
  const Id both = alternates ? subtract(lower, higher) : add(lower, higher);
  return multiply(real(op == Op::bessel_k ? -0.5 : 0.5), both);
}

Id Tape::factor_of(Id root, const Leaf& wanted) {
  // The derivative in direction of the leaf, which linearity makes its factor.
  std::map<Id, Id> factors;  // of the entries that depend on the leaf
  for (const Id id : reachable(std::span(&root, 1))) {
    const Entry entry = (*this)[id];
    if (entry.op == Op::argument && entry.leaf == wanted) {
      factors[id] = real(1.0);
      continue;
    }
    const auto factor = [&](int i) {
      const auto at = factors.find(entry.operands[static_cast<std::size_t>(i)]);
      return at == factors.end() ? real(0.0) : at->second;
    };
    const auto [a, b, c] = entry.operands;
    Id result = -1;
    if (entry.op == Op::sum) {
      result = add(factor(0), factor(1));
    } else if (entry.op == Op::product) {
      result = add(multiply(factor(0), b), multiply(a, factor(1)));
    } else if (entry.op == Op::division) {
      result = divide(factor(0), b);
    } else if (entry.op == Op::variable) {
      result = factor(0);
    } else if (entry.op == Op::conditional) {
      result = apply(Op::conditional, a, factor(1), factor(2));
    }
    if (result >= 0 && !is_zero(result)) factors[id] = result;
  }
  const auto at = factors.find(root);
  return at == factors.end() ? real(0.0) : at->second;
}

void Tape::check_multilinear(Id root, int rank) const {
  // Bit k of a mask: linear in argument k. Every other dependence is refused.
  std::map<Id, unsigned> masks;
  for (const Id id : reachable(std::span(&root, 1))) {
    const Entry& entry = (*this)[id];
    const auto mask = [&](int i) {
      const Id operand = entry.operands[static_cast<std::size_t>(i)];
      return operand < 0 ? 0u : masks.at(operand);
    };
    const auto refuse = [&] {
      throw InputError(fmt::format("deal.II: the form is not linear in its arguments, at '{}'",
                                   fem::name_of(entry.op)));
    };
    unsigned result = 0;
    switch (entry.op) {
      case Op::argument:
        if (entry.leaf.number >= rank) refuse();
        result = 1u << entry.leaf.number;
        break;
      case Op::sum:
        if (mask(0) != mask(1)) refuse();
        result = mask(0);
        break;
      case Op::product:
        if (mask(0) & mask(1)) refuse();
        result = mask(0) | mask(1);
        break;
      case Op::variable:
        result = mask(0);
        break;
      case Op::division:
        if (mask(1) != 0) refuse();
        result = mask(0);
        break;
      case Op::conditional: {
        const bool fits =
            mask(1) == mask(2) || is_zero(entry.operands[1]) || is_zero(entry.operands[2]);
        if (mask(0) != 0 || !fits) refuse();
        result = mask(1) | mask(2);
        break;
      }
      default:
        if (mask(0) | mask(1) | mask(2)) refuse();
    }
    masks[id] = result;
  }
  if (!is_zero(root) && masks.at(root) != (1u << rank) - 1u) {
    throw InputError("deal.II: an integrand does not contain every argument of its form");
  }
}

}  // namespace femsynth::solvers
