// Memory operations lane by lane, with every check; the fast paths of lanes_memory.hpp end here
// whenever something is out of the ordinary.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "synth/ptx/memory.hpp"
#include "synth/ptx/owner.hpp"

namespace femsynth::synth::ptx {
namespace {

template <class T>
T read_as(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}
template <class T>
void write_as(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

std::byte* slot_of(std::byte* file, std::uint32_t number) {
  return file - 8 * (static_cast<std::size_t>(number) + 1);
}
std::byte* cell_of(std::byte* file, std::uint32_t position, const Warp& warp, unsigned lane,
                   std::size_t bytes) {
  return file + static_cast<std::size_t>(position) * 4 * warp.width + lane * bytes;
}

/// Calls f(lane) for each active lane.
template <class F>
void for_lanes(std::uint32_t mask, F f) {
  for (; mask != 0; mask &= mask - 1) f(static_cast<unsigned>(std::countr_zero(mask)));
}

std::uint64_t address_of(std::byte* file, const Insn& insn, const Warp& warp, unsigned lane) {
  const std::byte* at =
      (insn.shape & kScalarA) != 0 ? slot_of(file, insn.a) : cell_of(file, insn.a, warp, lane, 8);
  return read_as<std::uint64_t>(at) + static_cast<std::uint64_t>(insn.imm);
}

const char* verb(Touch touch) {
  return touch == Touch::read ? "read" : touch == Touch::write ? "write" : "atomic access";
}

/// One lane's access: finds the memory and makes the checks.
class Locator {
 public:
  Locator(const Insn& insn, Warp& warp, Touch touch)
      : insn_(insn),
        warp_(warp),
        access_(warp.accesses[insn.access]),
        touch_(touch),
        element_(bytes_of(access_.type)),
        bytes_(element_ * access_.lanes) {}

  unsigned element() const { return element_; }

  /// Where element `index` of the lane's access lies.
  std::byte* at(unsigned lane, std::uint64_t address, unsigned index) {
    std::uint64_t number = address >> kRegionBits;
    Space space = access_.space;
    if (space == Space::generic) {
      space = number == kSharedRegion  ? Space::shared
              : number == kLocalRegion ? Space::local
                                       : Space::global;
      if (space == Space::shared) address -= kSharedWindow;
      if (space == Space::local) address -= kLocalWindow;
    }
    if (index == 0 && (address & (bytes_ - 1)) != 0) {
      stop(lane, space, address, fmt::format("misaligned {} of {} bytes", verb(touch_), bytes_));
    }
    if (space == Space::shared) return shared(lane, address, index);
    if (space == Space::local) return local(lane, address, index);
    return global(lane, address, index);
  }

  /// 32-byte sectors of global memory among the accesses so far.
  void count_sectors() {
    std::sort(sectors_.begin(), sectors_.begin() + sector_count_);
    const auto end = std::unique(sectors_.begin(), sectors_.begin() + sector_count_);
    warp_.sectors += static_cast<std::uint64_t>(end - sectors_.begin());
  }

 private:
  [[noreturn]] void stop(unsigned lane, Space space, std::uint64_t address,
                         const std::string& what) {
    if (space == Space::shared) address += kSharedWindow;
    if (space == Space::local) address += kLocalWindow;
    fault(warp_, insn_.source, lane, what + ": " + describe_address(warp_, address));
  }
  [[noreturn]] void out_of_bounds(unsigned lane, Space space, std::uint64_t address) {
    stop(lane, space, address, fmt::format("out of bounds {} of {} bytes", verb(touch_), bytes_));
  }

  std::byte* global(unsigned lane, std::uint64_t address, unsigned index) {
    const std::uint64_t number = address >> kRegionBits;
    if (number == 0 || number >= warp_.region_count) out_of_bounds(lane, Space::global, address);
    const Region& region = warp_.regions[number];
    const std::uint64_t offset = address - region.base;
    if (region.size < bytes_ || offset > region.size - bytes_) {
      out_of_bounds(lane, Space::global, address);
    }
    if (index == 0 && access_.space != Space::constant) sectors_[sector_count_++] = address >> 5;
    const std::uint64_t at = offset + static_cast<std::uint64_t>(index) * element_;
    if (region.shadow == nullptr) {
      if (touch_ != Touch::read) {
        stop(lane, Space::global, address, "write to memory that is no output");
      }
      return region.host + at;
    }
    std::uint64_t& word = region.shadow[at >> region.granule_shift];
    if (word == 0 && touch_ == Touch::read && warp_.launch->options.outputs_uninitialised) {
      stop(lane, Space::global, address, "read of an output that was never written");
    }
    const std::uint64_t before = word;
    if (!note_global(word, touch_, warp_.first_thread + lane, warp_)) {
      const std::uint32_t other = owner_thread(before);
      stop(lane, Space::global, address,
           fmt::format("race: {} of what thread {} of block {} also accesses in this launch",
                       verb(touch_), other % warp_.launch->threads_per_block,
                       other / warp_.launch->threads_per_block));
    }
    // A wide element over narrow granules concerns them all.
    for (std::uint64_t next = (at >> region.granule_shift) + 1;
         next << region.granule_shift < at + element_; ++next) {
      if (!note_global(region.shadow[next], touch_, warp_.first_thread + lane, warp_)) {
        stop(lane, Space::global, address, "race between threads of this launch");
      }
    }
    return region.host + at;
  }

  std::byte* shared(unsigned lane, std::uint64_t address, unsigned index) {
    BlockState& block = *warp_.block;
    const std::uint64_t size = block.shared.size();
    if (size < bytes_ || address > size - bytes_) out_of_bounds(lane, Space::shared, address);
    const std::uint64_t at = address + static_cast<std::uint64_t>(index) * element_;
    for (unsigned k = 0; k < element_; ++k) {
      SharedByte& state = block.shared_bytes[at + k];
      if (state == SharedByte::gap) out_of_bounds(lane, Space::shared, address);
      if (touch_ != Touch::write && state == SharedByte::unwritten) {
        stop(lane, Space::shared, address, "read of shared memory that was never written");
      }
      if (touch_ != Touch::read) state = SharedByte::written;
    }
    for (std::uint64_t granule = at / 4; granule * 4 < at + element_; ++granule) {
      std::uint64_t& word = block.shared_owner[granule];
      const std::uint64_t before = word;
      if (!note_shared(word, touch_, warp_.first_thread + lane, warp_)) {
        stop(
            lane, Space::shared, address,
            fmt::format("race: {} of shared memory that thread {} also accesses, without a barrier",
                        verb(touch_), (before >> 3) & 0x7FF));
      }
    }
    return block.shared.data() + at;
  }

  std::byte* local(unsigned lane, std::uint64_t address, unsigned index) {
    if (warp_.local_bytes < bytes_ || address > warp_.local_bytes - bytes_) {
      out_of_bounds(lane, Space::local, address);
    }
    const std::uint64_t at = address + static_cast<std::uint64_t>(index) * element_;
    std::uint8_t& written = warp_.local_written[(at >> 3) * warp_.width + lane];
    const auto bits = static_cast<std::uint8_t>(((1U << element_) - 1) << (at & 7));
    if (touch_ == Touch::read && (written & bits) != bits) {
      stop(lane, Space::local, address, "read of local memory that was never written");
    }
    if (touch_ != Touch::read) {
      written = static_cast<std::uint8_t>(written | bits);
      warp_.wrote_local = true;
    }
    return warp_.local + (at >> 3) * 8 * warp_.width + lane * 8 + (at & 7);
  }

  const Insn& insn_;
  Warp& warp_;
  const Access& access_;
  Touch touch_;
  unsigned element_, bytes_;
  std::array<std::uint64_t, kLanes> sectors_{};
  std::ptrdiff_t sector_count_ = 0;
};

std::uint32_t element_field(const Insn& insn, unsigned index) {
  return index == 0 ? insn.dst : index == 1 ? insn.b : index == 2 ? insn.c : insn.d;
}

/// Narrow values fill the 32-bit cell, extended by their sign.
void put(std::byte* cell, const std::byte* from, MemoryType type) {
  switch (type) {
    case MemoryType::u8:
      return write_as(cell, static_cast<std::uint32_t>(read_as<std::uint8_t>(from)));
    case MemoryType::s8:
      return write_as(cell, static_cast<std::int32_t>(read_as<std::int8_t>(from)));
    case MemoryType::u16:
      return write_as(cell, static_cast<std::uint32_t>(read_as<std::uint16_t>(from)));
    case MemoryType::s16:
      return write_as(cell, static_cast<std::int32_t>(read_as<std::int16_t>(from)));
    case MemoryType::b32:
    case MemoryType::f32:
    case MemoryType::s32:
      return write_as(cell, read_as<std::uint32_t>(from));
    case MemoryType::b64:
    case MemoryType::f64:
    case MemoryType::s64:
      return write_as(cell, read_as<std::uint64_t>(from));
  }
}

std::size_t cell_bytes(MemoryType type) { return bytes_of(type) == 8 ? 8 : 4; }

template <class T>
T combine_integer(AtomicOp op, T old, T b, T c) {
  using U = std::make_unsigned_t<T>;
  switch (op) {
    case AtomicOp::add:
      return static_cast<T>(static_cast<U>(old) + static_cast<U>(b));
    case AtomicOp::min:
      return std::min(old, b);
    case AtomicOp::max:
      return std::max(old, b);
    case AtomicOp::exch:
      return b;
    case AtomicOp::cas:
      return old == b ? c : old;
    case AtomicOp::land:
      return static_cast<T>(old & b);
    case AtomicOp::lor:
      return static_cast<T>(old | b);
    case AtomicOp::lxor:
      return static_cast<T>(old ^ b);
    case AtomicOp::inc:
      return old >= b ? T{0} : static_cast<T>(old + 1);
    case AtomicOp::dec:
      return old == 0 || old > b ? b : static_cast<T>(old - 1);
  }
  return old;
}

template <class T>
void combine(std::byte* at, AtomicOp op, const std::byte* b, const std::byte* c) {
  const T old = read_as<T>(at);
  const T second = read_as<T>(b);
  if constexpr (std::is_floating_point_v<T>) {
    write_as(at, static_cast<T>(old + second));
  } else {
    write_as(at, combine_integer<T>(op, old, second, c != nullptr ? read_as<T>(c) : T{0}));
  }
}

void combine_typed(MemoryType type, std::byte* at, AtomicOp op, const std::byte* b,
                   const std::byte* c) {
  switch (type) {
    case MemoryType::f32:
      return combine<float>(at, op, b, c);
    case MemoryType::f64:
      return combine<double>(at, op, b, c);
    case MemoryType::s32:
      return combine<std::int32_t>(at, op, b, c);
    case MemoryType::s64:
      return combine<std::int64_t>(at, op, b, c);
    case MemoryType::b64:
      return combine<std::uint64_t>(at, op, b, c);
    default:
      return combine<std::uint32_t>(at, op, b, c);
  }
}

}  // namespace

void load_checked(std::byte* file, const Insn& insn, Warp& warp) {
  const Access& access = warp.accesses[insn.access];
  Locator locator(insn, warp, Touch::read);
  const std::size_t cell = cell_bytes(access.type);
  for_lanes(warp.active, [&](unsigned lane) {
    const std::uint64_t address = address_of(file, insn, warp, lane);
    for (unsigned k = 0; k < access.lanes; ++k) {
      const std::byte* from = locator.at(lane, address, k);
      const std::uint32_t field = element_field(insn, k);
      put((insn.shape & kScalarResult) != 0 ? slot_of(file, field)
                                            : cell_of(file, field, warp, lane, cell),
          from, access.type);
    }
  });
  locator.count_sectors();
}

void store_checked(std::byte* file, const Insn& insn, Warp& warp) {
  const Access& access = warp.accesses[insn.access];
  Locator locator(insn, warp, Touch::write);
  const std::size_t cell = cell_bytes(access.type);
  for_lanes(warp.active, [&](unsigned lane) {
    const std::uint64_t address = address_of(file, insn, warp, lane);
    for (unsigned k = 0; k < access.lanes; ++k) {
      std::byte* to = locator.at(lane, address, k);
      std::memcpy(to, cell_of(file, element_field(insn, k), warp, lane, cell), locator.element());
    }
  });
  locator.count_sectors();
}

void atomic_checked(std::byte* file, const Insn& insn, Warp& warp) {
  const Access& access = warp.accesses[insn.access];
  Locator locator(insn, warp, Touch::atomic);
  const std::size_t cell = cell_bytes(access.type);
  for_lanes(warp.active, [&](unsigned lane) {
    std::byte* at = locator.at(lane, address_of(file, insn, warp, lane), 0);
    std::array<std::byte, 8> old{};
    std::memcpy(old.data(), at, cell);
    const std::byte* b = cell_of(file, insn.b, warp, lane, cell);
    const std::byte* c = insn.c == kNone ? nullptr : cell_of(file, insn.c, warp, lane, cell);
    combine_typed(access.type, at, access.atomic, b, c);
    if (access.returns) std::memcpy(cell_of(file, insn.dst, warp, lane, cell), old.data(), cell);
  });
  locator.count_sectors();
  if (access.space != Space::shared) atomic_done(access, warp);
}

// A fence and then an atomic publish; an atomic that reads acquires what others published.
void atomic_done(const Access& access, Warp& warp) {
  BlockState& block = *warp.block;
  if (block.fenced) warp.launch->published[block.index] = block.epoch + 1;
  if (access.returns) block.acquired = true;
}

bool note_atomic(std::uint64_t& word, Warp& warp, unsigned lane) {
  return note_global(word, Touch::atomic, warp.first_thread + lane, warp);
}

void shuffle_lanes(std::byte* file, const Insn& insn, Warp& warp) {
  const Access& access = warp.accesses[insn.access];
  std::array<std::uint32_t, kLanes> value{};
  std::uint32_t in_range = 0;
  for_lanes(warp.active, [&](unsigned lane) {
    const auto b = read_as<std::uint32_t>(cell_of(file, insn.b, warp, lane, 4)) & 31;
    const auto c = read_as<std::uint32_t>(cell_of(file, insn.c, warp, lane, 4));
    const std::uint32_t clamp = c & 31;
    const std::uint32_t segment = (c >> 8) & 31;
    const std::uint32_t most = (lane & segment) | (clamp & ~segment);
    const std::uint32_t least = lane & segment;
    std::int64_t from = lane;
    bool valid = false;
    switch (access.shuffle) {
      case ShuffleOp::up:
        from = static_cast<std::int64_t>(lane) - b;
        valid = from >= most;
        break;
      case ShuffleOp::down:
        from = lane + b;
        valid = from <= most;
        break;
      case ShuffleOp::bfly:
        from = lane ^ b;
        valid = from <= most;
        break;
      case ShuffleOp::idx:
        from = least | (b & ~segment);
        valid = from <= most;
        break;
    }
    if (!valid) from = lane;
    const auto source = static_cast<unsigned>(from);
    if (((warp.active >> source) & 1) == 0) {
      fault(warp, insn.source, lane,
            fmt::format("shuffle from lane {}, which does not take part", source));
    }
    value[lane] = read_as<std::uint32_t>(cell_of(file, insn.a, warp, source, 4));
    if (valid) in_range |= 1U << lane;
  });
  for_lanes(warp.active,
            [&](unsigned lane) { write_as(cell_of(file, insn.dst, warp, lane, 4), value[lane]); });
  std::byte* predicate = slot_of(file, insn.d);
  const auto before = read_as<std::uint32_t>(predicate);
  write_as(predicate, (before & ~warp.active) | in_range);
}

void vote_lanes(std::byte* file, const Insn& insn, Warp& warp) {
  const Access& access = warp.accesses[insn.access];
  const auto votes = read_as<std::uint32_t>(slot_of(file, insn.a)) & warp.active;
  for_lanes(insn.imm != 0 ? warp.active : 0, [&](unsigned lane) {
    const auto members = read_as<std::uint32_t>(cell_of(file, insn.b, warp, lane, 4));
    if ((members & warp.alive) != warp.active) {
      fault(warp, insn.source, lane,
            fmt::format("vote among lanes {:#010x} that only lanes {:#010x} have reached",
                        members & warp.alive, warp.active));
    }
  });
  bool truth = false;
  if (access.vote == VoteOp::all) truth = votes == warp.active;
  if (access.vote == VoteOp::any) truth = votes != 0;
  if (access.vote == VoteOp::uni) truth = votes == 0 || votes == warp.active;
  if (insn.d != 0) {
    std::byte* predicate = slot_of(file, insn.dst);
    const auto before = read_as<std::uint32_t>(predicate);
    write_as(predicate, (before & ~warp.active) | (truth ? warp.active : 0));
    return;
  }
  for_lanes(warp.active,
            [&](unsigned lane) { write_as(cell_of(file, insn.dst, warp, lane, 4), votes); });
}

void warp_barrier(std::byte*, const Insn&, Warp& warp) { ++warp.sync_epoch; }

void memory_fence(std::byte*, const Insn& insn, Warp& warp) {
  if (insn.imm != 0) warp.block->fenced = true;
}

}  // namespace femsynth::synth::ptx
