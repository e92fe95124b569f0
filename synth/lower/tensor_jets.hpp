#pragma once

#include <cstdint>
#include <vector>

#include "synth/lower/geometry.hpp"
#include "synth/lower/integrand_function.hpp"

/// Which jets of the arguments sum factorisation reads. The Piola maps send the divergence (the
/// curl) on the reference cell to that in space: div v = (div V) / det J, curl v = J (curl V) /
/// det J. So these two need fewer sums than gradients, and no derivative of the maps.
namespace femsynth::synth {

/// What `Jet::derivative` may be here beside its other values, of H(div) and H(curl) functions of
/// full dimension. `Jet::component` is then the function's first one; of the curl in space plus m,
/// the curl's own component.
constexpr std::int32_t kDivergence = -1;
constexpr std::int32_t kCurl = -2;

/// The terms with divergences and curls in place of derivatives that add up to such.
std::vector<ScaledTerm> with_divergences_and_curls(const IntegralContext& context,
                                                   std::vector<ScaledTerm> terms);

/// What terms read of a part of an argument.
struct JetReads {
  bool value = false;
  bool gradient = false;  ///< single derivatives
  bool divergence = false;
  bool curl = false;
  bool any() const { return value || gradient || divergence || curl; }
  /// Those that are derivatives proper, and the value.
  JetOrders orders() const;
  JetReads& operator|=(const JetReads& other);
};
JetReads reads_of(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
                  std::size_t argument, std::size_t part);
/// By part, what terms read of an argument, and what is read of a coefficient.
std::vector<JetReads> reads_of(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
                               std::size_t argument);
std::vector<JetReads> reads_of(const CoefficientUse& use);

/// Adds what sum factorisation reads of the geometry for the arguments.
void add_argument_needs(const IntegralContext& context, const std::vector<ScaledTerm>& terms,
                        GeometryNeeds& needs);

/// Why the jets of Piola-mapped functions cannot be summed up axis by axis, or "".
std::string why_no_piola_jets(const IntegralContext& context, const std::vector<ScaledTerm>& terms);

}  // namespace femsynth::synth
