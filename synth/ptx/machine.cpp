#include "synth/ptx/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "synth/ptx/owner.hpp"

namespace femsynth::synth::ptx {
namespace {

constexpr std::size_t kAlignment = 64;

/// Memory that a thread keeps between launches, so that each need not ask the system anew.
class Arena {
 public:
  std::byte* get(std::size_t bytes) {
    if (bytes > size_) {
      memory_.reset(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kAlignment})));
      size_ = bytes;
    }
    return memory_.get();
  }

 private:
  struct Release {
    void operator()(std::byte* memory) const {
      ::operator delete (memory, std::align_val_t{kAlignment});
    }
  };
  std::unique_ptr<std::byte, Release> memory_;
  std::size_t size_ = 0;
};

std::size_t round_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

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

  void start(LaunchState& launch, BlockState& block, std::uint32_t first_thread, std::byte* file);
  void run();
  void resume() {
    status = WarpStatus::runnable;
    block_ = program_.blocks[barrier_block].next;
    set_owner();
  }

 private:
  std::uint32_t& slot(std::uint32_t number) {
    return *reinterpret_cast<std::uint32_t*>(file_ - 8 * (static_cast<std::size_t>(number) + 1));
  }
  void set_owner() {
    warp.owner = owner_word(0, warp.block->index * launch_->threads_per_block + warp.first_thread,
                            warp.block->epoch);
  }
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

unsigned width_for(std::uint32_t lanes) {
  const int highest = 32 - std::countl_zero(lanes);
  return highest <= 8 ? 0 : highest <= 16 ? 1 : 2;
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

/// The memory of a launch, and its warps block by block.
class Machine {
 public:
  Machine(const DecodedModule& module, const Program& program, const LaunchRequest& request)
      : module_(module), program_(program), request_(request) {}

  RunCounts run();

 private:
  void map_memory();
  void map(const std::string& name, std::byte* data, std::uint64_t size,
           const MemoryObject* object);
  void prepare_files();
  void prepare_shared();
  void run_block(std::uint32_t index);
  void run_with_barriers();
  void check_barrier() const;

  const DecodedModule& module_;
  const Program& program_;
  const LaunchRequest& request_;
  RunCounts counts_;
  LaunchState launch_;
  BlockState block_;
  std::vector<WarpRunner> warps_;
  std::vector<std::byte*> files_;
  std::uint32_t warps_per_block_ = 0;
};

void Machine::map(const std::string& name, std::byte* data, std::uint64_t size,
                  const MemoryObject* object) {
  Region region;
  region.base = region_base(launch_.regions.size());
  region.size = size;
  region.host = data;
  region.name = static_cast<std::uint32_t>(launch_.region_names.size());
  launch_.region_names.push_back(name);
  if (object != nullptr && object->writable) {
    region.granule_shift = object->element == 4 ? 2 : 3;
    launch_.shadows.emplace_back((size >> region.granule_shift) + 1, 0);
    region.shadow = launch_.shadows.back().data();
  }
  launch_.regions.push_back(region);
}

void Machine::map_memory() {
  launch_.regions.emplace_back();
  for (std::size_t i = 0; i < module_.variables.size(); ++i) {
    // Module variables are never written: what would write them is refused as it runs.
    auto* data = const_cast<std::byte*>(module_.images[i].data());  // NOLINT
    map(std::string(module_.variables[i].name), data, module_.images[i].size(), nullptr);
  }
  for (const MemoryObject& object : request_.memory)
    map(object.name, object.data, object.size, &object);
}

void Machine::prepare_files() {
  // A kernel without barriers runs one warp after another in one file.
  const std::uint32_t files = program_.has_barrier ? warps_per_block_ : 1;
  const std::size_t below = round_up(std::size_t{program_.scalar_slots} * 8, kAlignment);
  const std::size_t above = round_up(std::size_t{program_.row_units} * 4 * kLanes, kAlignment);
  const std::size_t local = round_up(program_.local_bytes * kLanes, kAlignment);
  const std::size_t written = round_up(program_.local_bytes / 8 * kLanes, kAlignment);
  const std::size_t each = below + above + local + written;
  static thread_local Arena arena;
  std::byte* memory = arena.get(each * files + kAlignment);
  warps_.reserve(files);
  for (std::uint32_t i = 0; i < files; ++i) {
    std::byte* file = memory + each * i + below;
    std::memset(file - below, 0, below + above);
    for (std::size_t k = 0; k < program_.constants.size(); ++k) {
      std::memcpy(file - 8 * (k + 1), &program_.constants[k], 8);
    }
    files_.push_back(file);
    WarpRunner& runner = warps_.emplace_back(program_, counts_);
    runner.warp.local = file + above;
    runner.warp.local_written = reinterpret_cast<std::uint8_t*>(file + above + local);
    runner.warp.local_bytes = program_.local_bytes;
    runner.warp.regions = launch_.regions.data();
    runner.warp.region_count = launch_.regions.size();
    runner.warp.parameters = request_.parameters.data();
    runner.warp.accesses = program_.accesses.data();
  }
}

void Machine::prepare_shared() {
  block_.shared.assign(program_.shared_bytes, std::byte{0});
  block_.shared_bytes.assign(program_.shared_bytes, SharedByte::gap);
  for (const PlacedVariable& variable : program_.shared) {
    std::fill_n(block_.shared_bytes.begin() + static_cast<std::ptrdiff_t>(variable.offset),
                variable.size, SharedByte::unwritten);
  }
  block_.shared_owner.assign(program_.shared_bytes / 4 + 1, 0);
}

RunCounts Machine::run() {
  counts_.lanes.assign(program_.blocks.size(), 0);
  counts_.warps.assign(program_.blocks.size(), 0);
  launch_.program = &program_;
  launch_.options = request_.options;
  launch_.grid = request_.grid;
  launch_.block = request_.block;
  launch_.budget = request_.options.instruction_budget;
  launch_.threads_per_block = request_.block[0] * request_.block[1] * request_.block[2];
  warps_per_block_ = (launch_.threads_per_block + kLanes - 1) / kLanes;
  const std::uint32_t blocks = request_.grid[0] * request_.grid[1] * request_.grid[2];
  launch_.published.assign(blocks, 0);
  map_memory();
  prepare_files();
  for (std::uint32_t index = 0; index < blocks; ++index) run_block(index);
  for (const WarpRunner& runner : warps_) counts_.sectors += runner.warp.sectors;
  return std::move(counts_);
}

void Machine::run_block(std::uint32_t index) {
  block_.index = index;
  block_.position = {index % launch_.grid[0], index / launch_.grid[0] % launch_.grid[1],
                     index / launch_.grid[0] / launch_.grid[1]};
  block_.epoch = 1;
  block_.fenced = block_.acquired = false;
  prepare_shared();
  if (program_.has_barrier) return run_with_barriers();
  for (std::uint32_t w = 0; w < warps_per_block_; ++w) {
    warps_[0].start(launch_, block_, w * kLanes, files_[0]);
    warps_[0].run();
  }
}

void Machine::run_with_barriers() {
  for (std::uint32_t w = 0; w < warps_per_block_; ++w) {
    warps_[w].start(launch_, block_, w * kLanes, files_[w]);
  }
  for (;;) {
    bool waiting = false;
    for (WarpRunner& runner : warps_) {
      if (runner.status == WarpStatus::runnable) runner.run();
      waiting = waiting || runner.status == WarpStatus::at_barrier;
    }
    if (!waiting) return;
    check_barrier();
    ++block_.epoch;
    for (WarpRunner& runner : warps_) runner.resume();
  }
}

/// All warps of the block must wait at the same barrier.
void Machine::check_barrier() const {
  const WarpRunner* first = nullptr;
  for (const WarpRunner& runner : warps_) {
    if (runner.status == WarpStatus::at_barrier) first = first == nullptr ? &runner : first;
  }
  const std::uint32_t source = program_.blocks[first->barrier_block].source;
  for (const WarpRunner& runner : warps_) {
    if (runner.status != WarpStatus::at_barrier) {
      fault_of_block(
          launch_, block_, source,
          fmt::format("warp {} waits at a barrier that warp {} has ended without",
                      first->warp.first_thread / kLanes, runner.warp.first_thread / kLanes));
    }
    if (runner.barrier_block != first->barrier_block) {
      fault_of_block(
          launch_, block_, source,
          fmt::format("warp {} waits at this barrier, warp {} at the one of PTX line {}",
                      first->warp.first_thread / kLanes, runner.warp.first_thread / kLanes,
                      program_.sources[program_.blocks[runner.barrier_block].source].line));
    }
  }
}

}  // namespace

std::uint64_t address_of_object(const DecodedModule& module, std::size_t index) {
  return region_base(1 + module.variables.size() + index);
}

RunCounts run_launch(const DecodedModule& module, const Program& program,
                     const LaunchRequest& request) {
  return Machine(module, program, request).run();
}

}  // namespace femsynth::synth::ptx
