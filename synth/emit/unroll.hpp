#pragma once

#include <map>
#include <string>

#include "synth/kernel/module.hpp"

/// Which loops the CUDA compiler must not unroll.
namespace femsynth::synth {

/// Operations in a loop nest, unrolled, above which a loop is kept rolled. NVRTC 13.0 takes about
/// 6 ms per 100 of them for sm_90, above some 45 ms for the smallest kernel.
inline constexpr double kUnrollLimit = 256;

/// Sizes of code after unrolling, in IR operations, bottom-up; decides loop by loop.
///
/// NVRTC unrolls a nest of constant trip counts while it thinks that it pays, and takes time in
/// proportion. Left alone, a P2 Poisson kernel on tetrahedra takes 199 ms, elasticity 437 ms; with
/// all loops rolled 47 and 54 ms, and with only the loops over columns unrolled 71 and 170 ms.
/// A loop that is not marked `unroll` is left to the compiler while its trips times its body's
/// size stay within kUnrollLimit; then it counts with that product, else with its body alone.
/// Loops without a constant trip count, which the compiler would unroll in part, are kept rolled.
class UnrollPolicy {
 public:
  explicit UnrollPolicy(const Module& module);

  /// True if the loop must carry `#pragma unroll 1`.
  bool keep_rolled(const Statement& loop) const;

  /// Size of a statement list after unrolling; a call counts with its callee's size, since
  /// device functions are inlined.
  double size(const std::vector<Statement>& body) const;

 private:
  double size(const Statement& s) const;

  std::map<std::string, double> function_size_;
};

}  // namespace femsynth::synth
