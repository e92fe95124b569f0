#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "synth/ptx/machine.hpp"

namespace femsynth::synth::ptx {

/// What a warp still has to do: lanes that wait at a block.
struct Pending {
  std::uint32_t block = 0;
  std::uint32_t reconvergence = kNone;
  std::uint32_t mask = 0;
  bool frame = false;             ///< waits for a call to return
  std::uint32_t call_block = 0;   ///< frame: the block that calls
  std::uint32_t outer_frame = 0;  ///< frame: lanes of the caller's frame
};

enum class WarpStatus : std::uint8_t { runnable, at_barrier, ended };

/// Runs one warp. Lanes that diverge wait on a stack until the immediate post-dominator of the
/// branch (Fung et al., "Dynamic warp formation and scheduling", 2007).
class WarpRunner {
 public:
  WarpRunner(const Program& program, RunCounts& counts) : program_(program), counts_(counts) {}

  Warp warp{};
  WarpStatus status = WarpStatus::ended;
  std::uint32_t barrier_block = 0;  ///< the block whose barrier the warp waits at
  std::uint32_t launched = 0;       ///< lanes that the warp began with

  /// Sets a warp up for its first instruction; `file` is the origin of its register file.
  void start(LaunchState& launch, BlockState& block, std::uint32_t first_thread, std::byte* file);
  /// Runs until a barrier or the end of all lanes; see `status`.
  void run();
  /// Goes on after a barrier.
  void resume();

 private:
  std::uint32_t& slot(std::uint32_t number) {
    return *reinterpret_cast<std::uint32_t*>(file_ - 8 * (static_cast<std::size_t>(number) + 1));
  }
  void set_owner();
  bool next_pending();
  void set_active(std::uint32_t active);
  void execute(const Block& block);
  void execute_partial(const Block& block);
  void branch(const Block& block);
  void indexed(const Block& block);
  void end_lanes(std::uint32_t lanes);
  void call(const Block& block);
  void ret();
  void spend(const Block& block);
  void narrow();

  const Program& program_;
  RunCounts& counts_;
  LaunchState* launch_ = nullptr;
  std::byte* file_ = nullptr;
  unsigned width_ = 2;  // index of the width
  std::uint32_t block_ = 0, reconvergence_ = kNone, mask_ = 0, frame_ = 0;
  std::vector<Pending> stack_;
};

}  // namespace femsynth::synth::ptx
