// Rows of the register file by linear scan.
#include <algorithm>
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "synth/ptx/lower.hpp"

namespace femsynth::synth::ptx {
namespace {

/// A set of small integers.
class BitSet {
 public:
  explicit BitSet(std::size_t size) : words_((size + 63) / 64, 0) {}
  bool has(std::size_t i) const { return ((words_[i / 64] >> (i % 64)) & 1) != 0; }
  void add(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  /// this |= (other without removed); has it grown?
  bool unite(const BitSet& other, const BitSet* removed) {
    bool grown = false;
    for (std::size_t w = 0; w < words_.size(); ++w) {
      const std::uint64_t more =
          other.words_[w] & (removed != nullptr ? ~removed->words_[w] : ~std::uint64_t{0});
      grown = grown || (more & ~words_[w]) != 0;
      words_[w] |= more;
    }
    return grown;
  }
  template <class F>
  void each(F f) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (std::uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) {
        f(w * 64 + static_cast<std::size_t>(__builtin_ctzll(bits)));
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

struct Interval {
  Value reg = 0;
  std::uint32_t start = kNone, end = 0;
};

/// Rows of one function by linear scan over live intervals (Poletto & Sarkar, 1999).
/// Lanes never see each other's cells, so liveness along one lane's path is enough.
class RowAllocator {
 public:
  RowAllocator(LowProgram& program, const LowFunction& function, const std::vector<bool>& in_row)
      : program_(program), function_(function), index_(program.registers.size(), kNone) {
    for (std::uint32_t b = function.first_block; b < function.last_block; ++b) collect(b, in_row);
  }

  /// Fills `row` (positions from `base`, in 32-bit cells) and returns the position after the last.
  std::uint32_t run(std::vector<std::uint32_t>& row, std::uint32_t base) {
    if (members_.empty()) return base;
    liveness();
    intervals();
    std::sort(intervals_.begin(), intervals_.end(), [](const Interval& a, const Interval& b) {
      return std::pair(a.start, a.reg) < std::pair(b.start, b.reg);
    });
    std::array<std::uint32_t, 2> count{0, 0};
    std::array<std::vector<std::uint32_t>, 2> free;
    std::array<std::vector<std::pair<std::uint32_t, std::uint32_t>>, 2> active;  // heap: end, place
    std::vector<std::uint32_t> place(members_.size());
    for (const Interval& interval : intervals_) {
      const std::size_t kind = program_.registers[interval.reg] == RegClass::b64 ? 1 : 0;
      auto& heap = active[kind];
      while (!heap.empty() && heap.front().first <= interval.start) {
        free[kind].push_back(heap.front().second);
        std::pop_heap(heap.begin(), heap.end(), std::greater<>());
        heap.pop_back();
      }
      std::uint32_t at = 0;
      if (free[kind].empty()) {
        at = count[kind]++;
      } else {
        at = free[kind].back();
        free[kind].pop_back();
      }
      place[index_[interval.reg]] = at;
      heap.emplace_back(interval.end, at);
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
    const std::uint32_t narrow = base + 2 * count[1];
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const bool wide = program_.registers[members_[i]] == RegClass::b64;
      row[members_[i]] = wide ? base + 2 * place[i] : narrow + place[i];
    }
    return (narrow + count[0] + 1) / 2 * 2;
  }

 private:
  void collect(std::uint32_t b, const std::vector<bool>& in_row) {
    const auto note = [&](Value value) {
      if (!is_register(value) || !in_row[value] || program_.pinned[value] || index_[value] != kNone)
        return;
      index_[value] = static_cast<std::uint32_t>(members_.size());
      members_.push_back(value);
    };
    for (LowInsn& insn : program_.blocks[b].insns) {
      for_operands(insn, program_.accesses, note);
      for_results(insn, program_.accesses, note);
    }
    note(program_.blocks[b].shape.operand);
  }
  bool tracked(Value value) const { return is_register(value) && index_[value] != kNone; }

  void liveness() {
    const std::size_t blocks = function_.last_block - function_.first_block;
    in_.assign(blocks, BitSet(members_.size()));
    out_.assign(blocks, BitSet(members_.size()));
    std::vector<BitSet> sets(blocks, BitSet(members_.size()));
    for (std::size_t i = 0; i < blocks; ++i) {
      LowBlock& block = program_.blocks[function_.first_block + i];
      for (LowInsn& insn : block.insns) {
        for_operands(insn, program_.accesses, [&](Value value) {
          if (tracked(value) && !sets[i].has(index_[value])) in_[i].add(index_[value]);
        });
        // A guarded block may leave the old value in place.
        for_results(insn, program_.accesses, [&](Value value) {
          if (!tracked(value)) return;
          if (block.shape.guarded && !sets[i].has(index_[value])) in_[i].add(index_[value]);
          sets[i].add(index_[value]);
        });
      }
      const Value index = block.shape.operand;
      if (block.shape.terminator == Terminator::indexed && tracked(index) &&
          !sets[i].has(index_[index])) {
        in_[i].add(index_[index]);
      }
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = blocks; i-- > 0;) {
        const Block& shape = program_.blocks[function_.first_block + i].shape;
        const auto join = [&](std::uint32_t to) {
          out_[i].unite(in_[to - function_.first_block], nullptr);
        };
        successors(shape, join);
        if (in_[i].unite(out_[i], &sets[i])) changed = true;
      }
    }
  }

  template <class F>
  static void successors(const Block& shape, F f) {
    const Terminator end = shape.terminator;
    if (end == Terminator::branch || end == Terminator::conditional) f(shape.target);
    if (end == Terminator::fall || end == Terminator::conditional || end == Terminator::exit_if ||
        end == Terminator::call || end == Terminator::barrier) {
      f(shape.next);
    }
    for (const std::uint32_t target : shape.targets) f(target);
  }

  void intervals() {
    intervals_.resize(members_.size());
    for (std::size_t i = 0; i < members_.size(); ++i) intervals_[i].reg = members_[i];
    std::uint32_t position = 1;
    for (std::size_t i = 0; i < in_.size(); ++i) {
      LowBlock& block = program_.blocks[function_.first_block + i];
      const auto extend = [&](std::size_t member) {
        Interval& interval = intervals_[member];
        interval.start = std::min(interval.start, position);
        interval.end = std::max(interval.end, position);
      };
      in_[i].each(extend);
      for (LowInsn& insn : block.insns) {
        ++position;
        const auto touch = [&](Value value) {
          if (tracked(value)) extend(index_[value]);
        };
        for_operands(insn, program_.accesses, touch);
        for_results(insn, program_.accesses, touch);
      }
      ++position;
      if (tracked(block.shape.operand)) extend(index_[block.shape.operand]);
      out_[i].each(extend);
      ++position;
    }
    // A value that is never read still needs its row while it is written.
    for (Interval& interval : intervals_) interval.end = std::max(interval.end, interval.start + 1);
  }

  LowProgram& program_;
  const LowFunction& function_;
  std::vector<std::uint32_t> index_;  // of a register among members_
  std::vector<Value> members_;
  std::vector<BitSet> in_, out_;
  std::vector<Interval> intervals_;
};

}  // namespace

std::uint32_t allocate_rows(LowProgram& program, const LowFunction& function,
                            const std::vector<bool>& in_row, std::uint32_t base,
                            std::vector<std::uint32_t>& place) {
  return RowAllocator(program, function, in_row).run(place, base);
}

}  // namespace femsynth::synth::ptx
