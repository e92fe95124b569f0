#include "synth/ptx/warp_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "synth/ptx/owner.hpp"

namespace femsynth::synth::ptx {
namespace {

unsigned width_for(std::uint32_t lanes) {
  const int highest = 32 - std::countl_zero(lanes);
  return highest <= 8 ? 0 : highest <= 16 ? 1 : 2;
}

}  // namespace

void WarpRunner::resume() {
  status = WarpStatus::runnable;
  block_ = program_.blocks[barrier_block].next;
  set_owner();
}

void WarpRunner::set_owner() {
  const std::uint32_t first = warp.block->index * launch_->threads_per_block + warp.first_thread;
  warp.owner = owner_word(0, first, warp.block->epoch);
}

void WarpRunner::start(LaunchState& launch, BlockState& block, std::uint32_t first_thread,
                       std::byte* file) {
  launch_ = &launch;
  file_ = file;
  const std::uint32_t lanes = std::min(kLanes, launch.threads_per_block - first_thread);
  launched = lanes == kLanes ? ~0U : (1U << lanes) - 1;
  width_ = width_for(launched);
  warp.width = 8U << width_;
  warp.alive = launched;
  warp.active = 0;
  warp.wrote_local = false;
  warp.sync_epoch = 0;
  warp.first_thread = first_thread;
  warp.launch = &launch;
  warp.block = &block;
  set_owner();
  auto& by_lane = warp.lane_registers;
  const auto set = [&](LaneRegister which, unsigned lane, std::uint32_t value) {
    by_lane[static_cast<std::size_t>(which)][lane] = value;
  };
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const std::uint32_t thread = first_thread + lane;
    set(LaneRegister::tid_x, lane, thread % launch.block[0]);
    set(LaneRegister::tid_y, lane, thread / launch.block[0] % launch.block[1]);
    set(LaneRegister::tid_z, lane, thread / launch.block[0] / launch.block[1]);
    set(LaneRegister::laneid, lane, lane);
    const std::uint32_t bit = 1U << lane;
    set(LaneRegister::lanemask_eq, lane, bit);
    set(LaneRegister::lanemask_lt, lane, bit - 1);
    set(LaneRegister::lanemask_le, lane, bit | (bit - 1));
    set(LaneRegister::lanemask_gt, lane, ~(bit | (bit - 1)));
    set(LaneRegister::lanemask_ge, lane, ~(bit - 1));
  }
  const std::array<std::uint32_t, static_cast<std::size_t>(WarpRegister::count)> values{
      launch.block[0],
      launch.block[1],
      launch.block[2],
      block.position[0],
      block.position[1],
      block.position[2],
      launch.grid[0],
      launch.grid[1],
      launch.grid[2],
      first_thread / kLanes,
      (launch.threads_per_block + kLanes - 1) / kLanes};
  std::copy(values.begin(), values.end(), warp.warp_registers);
  std::memset(warp.local_written, 0, warp.local_bytes / 8 * warp.width);
  stack_.clear();
  block_ = 0;
  reconvergence_ = kNone;
  mask_ = frame_ = launched;
  status = WarpStatus::runnable;
}

void WarpRunner::set_active(std::uint32_t active) {
  warp.partial = active != (frame_ & warp.alive);
  if (active == warp.active) return;
  warp.active = active;
  for (unsigned i = 0; i < kLanes; ++i) {
    warp.active64[i] = -static_cast<std::int64_t>((active >> i) & 1);
  }
  for (unsigned i = 0; i < kLanes; ++i) {
    warp.active8[i] = static_cast<std::uint8_t>(0U - ((active >> i) & 1));
  }
}

void WarpRunner::execute(const Block& block) {
  const Insn* insns = program_.insns.data();
  const Handler* code = program_.code[width_].data();
  for (std::uint32_t i = block.first; i < block.last; ++i) code[i](file_, insns[i], warp);
}

/// Results go to a scratch row first and from there to the active lanes.
void WarpRunner::execute_partial(const Block& block) {
  const Handler* code = program_.code[width_].data();
  const HandlerTable& table = *program_.table;
  for (std::uint32_t i = block.first; i < block.last; ++i) {
    const Insn& insn = program_.insns[i];
    if (insn.merge == Merge::none) {
      code[i](file_, insn, warp);
      continue;
    }
    Insn aside = insn;
    if (insn.merge == Merge::mask) {
      aside.dst = program_.scratch_mask;
      code[i](file_, aside, warp);
      std::uint32_t& mask = slot(insn.dst);
      mask = (mask & ~warp.active) | (slot(program_.scratch_mask) & warp.active);
    } else if (insn.merge == Merge::row32) {
      aside.dst = program_.scratch32;
      code[i](file_, aside, warp);
      table.merge32[width_](file_, insn.dst, aside.dst, warp);
    } else {
      aside.dst = program_.scratch64;
      code[i](file_, aside, warp);
      table.merge64[width_](file_, insn.dst, aside.dst, warp);
    }
  }
}

/// Takes up what waits on the stack; false when nothing is left.
bool WarpRunner::next_pending() {
  while (mask_ == 0 || block_ == reconvergence_) {
    if (stack_.empty()) return false;
    const Pending& pending = stack_.back();
    if (pending.frame) frame_ = pending.outer_frame & warp.alive;
    block_ = pending.block;
    reconvergence_ = pending.reconvergence;
    mask_ = pending.mask & warp.alive;
    stack_.pop_back();
  }
  return true;
}

void WarpRunner::spend(const Block& block) {
  const std::uint64_t lanes = static_cast<std::uint64_t>(std::popcount(mask_)) * block.issued;
  if (launch_->budget < lanes) {
    fault(warp, block.first < block.last ? program_.insns[block.first].source : block.source,
          static_cast<unsigned>(std::countr_zero(mask_)),
          fmt::format("the launch exceeds its budget of {} instructions",
                      launch_->options.instruction_budget));
  }
  launch_->budget -= lanes;
}

void WarpRunner::run() {
  while (next_pending()) {
    const Block& block = program_.blocks[block_];
    std::uint32_t active = mask_;
    if (block.guarded) active &= block.negated ? ~slot(block.predicate) : slot(block.predicate);
    counts_.lanes[block_] += static_cast<std::uint64_t>(std::popcount(active));
    counts_.warps[block_]++;
    spend(block);
    if (active != 0) {
      set_active(active);
      warp.partial ? execute_partial(block) : execute(block);
    }
    switch (block.terminator) {
      case Terminator::fall:
        block_ = block.next;
        break;
      case Terminator::branch:
        block_ = block.target;
        break;
      case Terminator::conditional:
        branch(block);
        break;
      case Terminator::indexed:
        indexed(block);
        break;
      case Terminator::exit:
        end_lanes(mask_);
        break;
      case Terminator::exit_if: {
        const std::uint32_t truth = slot(block.predicate);
        end_lanes(mask_ & (block.negated ? ~truth : truth));
        block_ = block.next;
        break;
      }
      case Terminator::call:
        call(block);
        break;
      case Terminator::ret:
        ret();
        break;
      case Terminator::barrier:
        barrier_block = block_;
        if (mask_ != launched) {
          fault_of_block(
              *launch_, *warp.block, block.source,
              fmt::format("barrier reached by lanes {:#010x} of warp {} only, of {:#010x}", mask_,
                          warp.first_thread / kLanes, launched));
        }
        status = WarpStatus::at_barrier;
        return;
      case Terminator::trap:
        fault(warp, block.source, static_cast<unsigned>(std::countr_zero(mask_)), "trap");
    }
  }
  status = WarpStatus::ended;
}

void WarpRunner::branch(const Block& block) {
  const std::uint32_t truth = slot(block.predicate);
  const std::uint32_t taken = mask_ & (block.negated ? ~truth : truth);
  const std::uint32_t other = mask_ & ~taken;
  if (other == 0) {
    block_ = block.target;
  } else if (taken == 0) {
    block_ = block.next;
  } else {
    const std::uint32_t join = block.reconvergence;
    // Lanes that come to the same join from an inner split are already waited for there.
    if (join != kNone && join != reconvergence_) stack_.push_back({join, reconvergence_, mask_});
    stack_.push_back({block.next, join, other});
    block_ = block.target;
    reconvergence_ = join;
    mask_ = taken;
  }
}

void WarpRunner::indexed(const Block& block) {
  const std::uint32_t join = block.reconvergence;
  std::uint32_t left = mask_;
  const std::uint32_t outer = reconvergence_;
  if (join != kNone && join != outer) stack_.push_back({join, outer, mask_});
  // Lanes are grouped by target; the groups wait on the stack.
  while (left != 0) {
    const auto index_of = [&](unsigned lane) {
      if (block.operand_scalar) return slot(block.operand);
      std::uint32_t value = 0;
      std::memcpy(&value, file_ + std::size_t{block.operand} * 4 * warp.width + lane * 4, 4);
      return value;
    };
    const auto leader = static_cast<unsigned>(std::countr_zero(left));
    const std::uint32_t index = index_of(leader);
    if (index >= block.targets.size()) {
      fault(warp, block.source, leader,
            fmt::format("branch index {} of {}", index, block.targets.size()));
    }
    std::uint32_t group = 0;
    for (std::uint32_t rest = left; rest != 0; rest &= rest - 1) {
      const auto lane = static_cast<unsigned>(std::countr_zero(rest));
      if (index_of(lane) == index) group |= 1U << lane;
    }
    stack_.push_back({block.targets[index], join, group});
    left &= ~group;
  }
  mask_ = 0;
}

void WarpRunner::end_lanes(std::uint32_t lanes) {
  warp.alive &= ~lanes;
  frame_ &= ~lanes;
  mask_ &= ~lanes;
  if (width_ > 0 && warp.alive != 0 && !warp.wrote_local && width_for(warp.alive) < width_)
    narrow();
}

/// Lays the rows out for fewer lanes when the upper ones have ended.
void WarpRunner::narrow() {
  const unsigned to = width_for(warp.alive);
  const std::size_t before = warp.width;
  const std::size_t after = std::size_t{8} << to;
  for (std::size_t unit = 0; unit < program_.row_units; ++unit) {
    const bool wide = program_.wide_unit[unit];
    std::memmove(file_ + unit * 4 * after, file_ + unit * 4 * before, (wide ? 8 : 4) * after);
    unit += wide ? 1 : 0;
  }
  width_ = to;
  warp.width = static_cast<std::uint32_t>(after);
  std::memset(warp.local_written, 0, warp.local_bytes / 8 * warp.width);
}

void WarpRunner::call(const Block& block) {
  set_active(mask_);
  const HandlerTable& table = *program_.table;
  for (const RowCopy& copy : block.arguments)
    table.merge64[width_](file_, copy.to, copy.from, warp);
  Pending frame{block.next, reconvergence_, mask_};
  frame.frame = true;
  frame.call_block = block_;
  frame.outer_frame = frame_;
  stack_.push_back(frame);
  frame_ = mask_;
  block_ = block.target;
  reconvergence_ = kNone;
}

void WarpRunner::ret() {
  std::size_t at = stack_.size();
  while (!stack_[at - 1].frame) stack_[--at].mask &= ~mask_;
  const Block& caller = program_.blocks[stack_[at - 1].call_block];
  set_active(mask_);
  const HandlerTable& table = *program_.table;
  for (const RowCopy& copy : caller.results) table.merge64[width_](file_, copy.to, copy.from, warp);
  frame_ &= ~mask_;
  mask_ = 0;
}

}  // namespace femsynth::synth::ptx
