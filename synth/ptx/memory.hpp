#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "synth/ptx/program.hpp"
#include "synth/ptx/warp.hpp"

/// State of a launch and of a block, and the checks of memory accesses.
namespace femsynth::synth::ptx {

/// Something that the kernel did wrong. what() names kernel, PTX line and text, thread, address.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A piece of global memory that a launch may use.
struct MemoryObject {
  std::string name;
  std::byte* data = nullptr;
  std::uint64_t size = 0;  ///< bytes
  bool writable = false;
  std::uint32_t element = 8;  ///< bytes of an element; races are told apart at this size
};

struct LaunchOptions {
  /// Lane instructions after which a launch is stopped.
  std::uint64_t instruction_budget = 100'000'000'000;
  /// Writable memory counts as not written until the kernel writes it.
  bool outputs_uninitialised = false;
};

/// How an access takes part in races.
enum class Touch : std::uint8_t { read, write, atomic };

struct LaunchState {
  const Program* program = nullptr;
  LaunchOptions options;
  std::array<std::uint32_t, 3> grid{1, 1, 1}, block{1, 1, 1};
  std::uint32_t threads_per_block = 1;
  std::vector<Region> regions;  ///< [0] unused
  std::vector<std::string> region_names;
  std::vector<std::vector<std::uint64_t>> shadows;
  /// By block: its accesses of epochs below this were published by a fence and an atomic.
  std::vector<std::uint32_t> published;
  std::uint64_t budget = 0;
};

/// State of a byte of shared memory.
enum class SharedByte : std::uint8_t { gap, unwritten, written };

struct BlockState {
  std::uint32_t index = 0;  ///< linear
  std::array<std::uint32_t, 3> position{};
  std::uint32_t epoch = 1;  ///< barriers so far, plus one
  bool fenced = false;      ///< a device-wide fence was executed
  bool acquired = false;    ///< an atomic has read what other blocks published
  std::vector<std::byte> shared;
  std::vector<SharedByte> shared_bytes;
  std::vector<std::uint64_t> shared_owner;  ///< a word for each 4 bytes
};

/// Throws a Fault at an operation of lane `lane`.
[[noreturn]] void fault(const Warp& warp, std::uint32_t source, unsigned lane,
                        const std::string& message);
/// Throws a Fault that concerns a whole block.
[[noreturn]] void fault_of_block(const LaunchState& launch, const BlockState& block,
                                 std::uint32_t source, const std::string& message);

/// "buffer 'x', offset 96 of 96 bytes", or what else is known about an address.
std::string describe_address(const Warp& warp, std::uint64_t address);

/// Notes an access to a granule of global memory. False: a race.
bool note_global(std::uint64_t& word, Touch touch, std::uint32_t thread, const Warp& warp);
/// The same for shared memory.
bool note_shared(std::uint64_t& word, Touch touch, std::uint32_t thread, const Warp& warp);

}  // namespace femsynth::synth::ptx
