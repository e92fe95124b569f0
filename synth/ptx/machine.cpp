#include "synth/ptx/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include "synth/ptx/warp_runner.hpp"

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
