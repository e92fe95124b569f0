#include "synth/lower/tensor_jets.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace femsynth::synth {
namespace {

/// A derivative in a sum, and its sign there.
struct Summand {
  std::int32_t component = 0;   ///< of the copy
  std::int32_t derivative = 0;  ///< as Jet::derivative
  double sign = 1;
};

/// A sum of derivatives that Piola maps keep.
struct KnownSum {
  std::int32_t component = 0;
  std::int32_t derivative = 0;  ///< kDivergence, kCurl
  std::vector<Summand> summands;
};

std::vector<KnownSum> known_sums(fem::PullBack pull_back, int d) {
  std::vector<KnownSum> sums;
  if (pull_back == fem::PullBack::contravariant_piola) {
    sums.push_back({0, kDivergence, {}});
    for (int k = 0; k < d; ++k) sums[0].summands.push_back({k, 1 + k, 1});
  }
  if (pull_back == fem::PullBack::covariant_piola) {
    for (int m = 0; m < (d == 3 ? 3 : 1); ++m) {
      const int a = d == 3 ? (m + 1) % 3 : 0;
      const int b = d == 3 ? (m + 2) % 3 : 1;
      sums.push_back({m, kCurl, {{b, 1 + a, 1}, {a, 1 + b, -1}}});
    }
  }
  return sums;
}

Jet& jet_of(ScaledTerm& term, std::size_t argument) {
  return argument == 0 ? term.test : term.trial;
}
const Jet& jet_of(const ScaledTerm& term, std::size_t argument) {
  return argument == 0 ? term.test : term.trial;
}

/// Do the terms differ in that argument's jet and the sign alone, which stands `sign` to one?
bool is_partner(const ScaledTerm& a, const ScaledTerm& b, std::size_t argument, double sign) {
  return jet_of(a, 1 - argument) == jet_of(b, 1 - argument) && a.k == b.k &&
         a.imaginary == b.imaginary && a.component == b.component &&
         jet_of(a, argument).side == jet_of(b, argument).side && a.literal == sign * b.literal;
}

/// Puts sums of one argument's derivatives in place of their summands, where all are there.
void collect(std::vector<ScaledTerm>& terms, std::size_t argument, std::int32_t first,
             const KnownSum& sum) {
  for (std::size_t k = 0; k < terms.size(); ++k) {
    const Jet jet = jet_of(terms[k], argument);
    const Summand& leading = sum.summands.front();
    if (jet.component != first + leading.component || jet.derivative != leading.derivative) {
      continue;
    }
    std::vector<std::size_t> others;
    for (const Summand& s : sum.summands) {
      const auto at = std::find_if(terms.begin(), terms.end(), [&](const ScaledTerm& other) {
        const Jet& j = jet_of(other, argument);
        return j.component == first + s.component && j.derivative == s.derivative &&
               is_partner(other, terms[k], argument, s.sign);
      });
      if (at != terms.end()) others.push_back(static_cast<std::size_t>(at - terms.begin()));
    }
    if (others.size() < sum.summands.size()) continue;
    jet_of(terms[k], argument) = {first + sum.component, sum.derivative, jet.side};
    others.erase(others.begin());
    std::sort(others.rbegin(), others.rend());
    for (const std::size_t other : others) {
      terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(other));
      if (other < k) --k;
    }
  }
}

bool alone(const FunctionSpace& space, const SubSpace& part) {
  const auto n = static_cast<int>(part.sub.source.size());
  for (int c = 0; c < n; ++c) {
    if (space.sources(part.sub.first_component + c).size() != 1) return false;
  }
  return n == part.components();
}

bool is_full(const IntegralContext& context) { return context.dim == context.tdim; }

}  // namespace

std::vector<ScaledTerm> with_divergences_and_curls(const IntegralContext& context,
                                                   std::vector<ScaledTerm> terms) {
  // Facets have axes in an order of their own.
  if (!is_full(context) || context.points.on_facets()) return terms;
  for (std::size_t argument = 0; argument < context.arguments.size(); ++argument) {
    const FunctionSpace& space = context.arguments[argument];
    for (const SubSpace& part : space.parts) {
      // Components that several parts add up to have jets of all of them.
      if (!part.piola() || !alone(space, part)) continue;
      for (int copy = 0; copy < part.sub.block_size; ++copy) {
        const int first = part.sub.first_component + copy * part.sub.value_size;
        for (const KnownSum& sum : known_sums(part.pull_back, context.dim)) {
          collect(terms, argument, first, sum);
        }
      }
    }
  }
  return terms;
}

JetReads& JetReads::operator|=(const JetReads& other) {
  value = value || other.value;
  gradient = gradient || other.gradient;
  divergence = divergence || other.divergence;
  curl = curl || other.curl;
  return *this;
}

JetOrders JetReads::orders() const {
  JetOrders orders;
  orders.set(0, value);
  orders.set(1, gradient);
  return orders;
}

JetReads reads_of(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
                  std::size_t argument, std::size_t part) {
  JetReads reads;
  for (const ScaledTerm& term : terms) {
    const Jet& jet = jet_of(term, argument);
    for (const auto& source : context.arguments[argument].sources(jet.component)) {
      if (source.part != part) continue;
      reads |= {jet.derivative == 0, jet.derivative > 0, jet.derivative == kDivergence,
                jet.derivative == kCurl};
    }
  }
  return reads;
}

std::vector<JetReads> reads_of(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
                               std::size_t argument) {
  std::vector<JetReads> reads;
  for (std::size_t k = 0; k < context.arguments[argument].parts.size(); ++k) {
    reads.push_back(reads_of(context, terms, argument, k));
  }
  return reads;
}

std::vector<JetReads> reads_of(const CoefficientUse& use) {
  std::vector<JetReads> reads;
  for (const SubSpace& part : use.space.parts) {
    reads.push_back({part.orders.has(0), part.orders.has(1)});
  }
  return reads;
}

void add_argument_needs(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
                        GeometryNeeds& needs) {
  for (std::size_t argument = 0; argument < context.arguments.size(); ++argument) {
    const FunctionSpace& space = context.arguments[argument];
    for (std::size_t k = 0; k < space.parts.size(); ++k) {
      SubSpace part = space.parts[k];
      if (part.piola()) {
        const JetReads reads = reads_of(context, terms, argument, k);
        part.orders = reads.orders();
        needs.contravariant = needs.contravariant || (reads.curl && context.dim == 3);
      }
      needs.add(part, context.affine);
    }
  }
}

std::string why_no_piola_jets(const IntegralContext& context,
                              const std::vector<ScaledTerm>& terms) {
  if (!context.points.on_facets()) return "";
  for (std::size_t argument = 0; argument < (context.has_matrix() ? 2U : 1U); ++argument) {
    if (argument >= context.arguments.size()) break;
    const FunctionSpace& space = context.arguments[argument];
    for (std::size_t k = 0; k < space.parts.size(); ++k) {
      if (space.parts[k].piola() && reads_of(context, terms, argument, k).gradient) {
        return "a derivative of a Piola-mapped argument is read on facets";
      }
    }
  }
  return "";
}

}  // namespace femsynth::synth
