#pragma once

#include <map>
#include <string>

#include "synth/kernel/module.hpp"

/// Which loops the CUDA compiler must not unroll.
namespace femsynth::synth {

/// Operations in a loop nest, unrolled, above which a loop is kept rolled.
inline constexpr double kUnrollLimit = 256;

/// Sizes of code after unrolling, in IR operations, bottom-up; decides loop by loop.
///
/// NVRTC unrolls a nest of constant trip counts completely while it thinks that it pays, and
/// takes time in proportion: P2 elasticity takes ten times as long unrolled as looped. A loop that
/// is not marked `unroll` is left to the compiler only while its trips times its body's size stay
/// within kUnrollLimit; then it counts with that product, else with its body alone.
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
