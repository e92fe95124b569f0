// What is known about the flow of control and of values: constants, post-dominators, and which
// registers are the same in all lanes.
#include <algorithm>
#include <vector>

#include "synth/ptx/lower.hpp"

namespace femsynth::synth::ptx {
namespace {

/// Calls f(block) for each successor within the function.
template <class F>
void for_successors(const LowBlock& block, F f) {
  const Block& shape = block.shape;
  switch (shape.terminator) {
    case Terminator::fall:
    case Terminator::exit_if:
    case Terminator::call:
    case Terminator::barrier:
      f(shape.next);
      break;
    case Terminator::branch:
      f(shape.target);
      break;
    case Terminator::conditional:
      f(shape.target);
      f(shape.next);
      break;
    case Terminator::indexed:
      for (const std::uint32_t target : shape.targets) f(target);
      break;
    case Terminator::exit:
    case Terminator::ret:
    case Terminator::trap:
      break;
  }
}

bool ends(Terminator terminator) {
  return terminator == Terminator::exit || terminator == Terminator::ret ||
         terminator == Terminator::trap;
}

/// Post-dominators of one function by the iteration of Cooper, Harvey and Kennedy ("A simple,
/// fast dominance algorithm", 2001) on the reversed graph. Node 0 is a common exit; block b is
/// node b - first + 1.
class PostDominators {
 public:
  PostDominators(LowProgram& program, const LowFunction& function)
      : program_(program), first_(function.first_block), size_(function.last_block - first_ + 1) {}

  void run() {
    order();
    iterate();
    for (std::uint32_t node = 1; node < size_; ++node) {
      const std::uint32_t parent = dominator_[node];
      program_.blocks[first_ + node - 1].shape.reconvergence =
          parent == kNone || parent == 0 ? kNone : first_ + parent - 1;
    }
  }

 private:
  /// Reverse post-order of the reversed graph, from the exit.
  void order() {
    predecessors_.assign(size_, {});
    for (std::uint32_t node = 1; node < size_; ++node) {
      const LowBlock& block = program_.blocks[first_ + node - 1];
      if (ends(block.shape.terminator)) predecessors_[0].push_back(node);
      for_successors(block,
                     [&](std::uint32_t to) { predecessors_[to - first_ + 1].push_back(node); });
    }
    number_.assign(size_, kNone);
    std::vector<bool> seen(size_, false);
    std::vector<std::pair<std::uint32_t, std::size_t>> stack{{0, 0}};
    seen[0] = true;
    while (!stack.empty()) {
      auto& [node, at] = stack.back();
      if (at < predecessors_[node].size()) {
        const std::uint32_t to = predecessors_[node][at++];
        if (!seen[to]) {
          seen[to] = true;
          stack.emplace_back(to, 0);
        }
      } else {
        order_.push_back(node);
        stack.pop_back();
      }
    }
    std::reverse(order_.begin(), order_.end());
    for (std::uint32_t i = 0; i < order_.size(); ++i) number_[order_[i]] = i;
  }

  void iterate() {
    dominator_.assign(size_, kNone);
    dominator_[0] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (const std::uint32_t node : order_) {
        if (node == 0) continue;
        const LowBlock& block = program_.blocks[first_ + node - 1];
        std::uint32_t best = kNone;
        const auto visit = [&](std::uint32_t to) {
          if (number_[to] == kNone || dominator_[to] == kNone) return;
          best = best == kNone ? to : common(best, to);
        };
        if (ends(block.shape.terminator)) visit(0);
        for_successors(block, [&](std::uint32_t to) { visit(to - first_ + 1); });
        if (best != dominator_[node]) {
          dominator_[node] = best;
          changed = true;
        }
      }
    }
  }

  std::uint32_t common(std::uint32_t a, std::uint32_t b) const {
    while (a != b) {
      while (number_[a] > number_[b]) a = dominator_[a];
      while (number_[b] > number_[a]) b = dominator_[b];
    }
    return a;
  }

  LowProgram& program_;
  std::uint32_t first_, size_;
  std::vector<std::vector<std::uint32_t>> predecessors_;
  std::vector<std::uint32_t> order_, number_, dominator_;
};

/// Which registers live in one block only, where they are written before they are read.
std::vector<bool> find_block_local(LowProgram& program) {
  constexpr std::uint32_t elsewhere = kNone - 1;
  std::vector<std::uint32_t> home(program.registers.size(), kNone);
  std::vector<bool> local(program.registers.size(), true);
  for (std::uint32_t b = 0; b < program.blocks.size(); ++b) {
    LowBlock& block = program.blocks[b];
    const auto use = [&](Value value) {
      if (is_register(value) && home[value] != b) local[value] = false;
    };
    if (block.shape.guarded) use(block.shape.predicate);
    for (LowInsn& insn : block.insns) {
      for_operands(insn, program.accesses, use);
      for_results(insn, program.accesses, [&](Value value) {
        if (home[value] != kNone && home[value] != b) home[value] = elsewhere;
        if (home[value] == elsewhere) local[value] = false;
        if (home[value] == kNone) home[value] = b;
      });
    }
    const Terminator end = block.shape.terminator;
    if (end == Terminator::conditional || end == Terminator::exit_if) use(block.shape.predicate);
    if (end == Terminator::indexed) use(block.shape.operand);
    for (const auto& [from, to] : block.arguments) local[from] = local[to] = false;
    for (const auto& [from, to] : block.results) local[from] = local[to] = false;
  }
  return local;
}

/// The analysis of find_varying: grows the set of varying registers and of divergent blocks
/// until nothing changes.
class Divergence {
 public:
  explicit Divergence(LowProgram& program)
      : program_(program),
        varying_(program.registers.size(), false),
        divergent_(program.blocks.size(), false),
        spread_(program.blocks.size(), false),
        local_(find_block_local(program)) {}

  std::vector<bool> run() {
    for (std::size_t i = 0; i < varying_.size(); ++i) varying_[i] = program_.pinned[i];
    do {
      changed_ = false;
      for (std::uint32_t b = 0; b < program_.blocks.size(); ++b) visit(b);
    } while (changed_);
    return varying_;
  }

 private:
  bool is_varying(Value value) const { return is_register(value) && varying_[value]; }

  void visit(std::uint32_t b) {
    LowBlock& block = program_.blocks[b];
    const Block& shape = block.shape;
    const bool partial = divergent_[b] || (shape.guarded && is_varying(shape.predicate));
    for (LowInsn& insn : block.insns) {
      const bool differs = result_varies(insn);
      for_results(insn, program_.accesses, [&](Value value) {
        if (!varying_[value] && (differs || (partial && !local_[value]))) {
          varying_[value] = true;
          changed_ = true;
        }
      });
    }
    const bool splits =
        (shape.terminator == Terminator::conditional && is_varying(shape.predicate)) ||
        (shape.terminator == Terminator::indexed && is_varying(shape.operand));
    if (splits && !spread_[b]) {
      spread_[b] = true;
      spread(b);
    }
  }

  bool result_varies(LowInsn& insn) {
    switch (insn.op) {
      case Op::special_lanes:
      case Op::load_local32:
      case Op::load_local64:
      case Op::atomic:
      case Op::atomic_add_f32:
      case Op::atomic_add_f64:
      case Op::shuffle:
      case Op::vote:
        return true;
      default:
        break;
    }
    if (is_load(insn.op)) {
      const Space space = program_.accesses[insn.access].space;
      if (space == Space::generic || space == Space::local) return true;
    }
    bool any = false;
    for_operands(insn, program_.accesses, [&](Value value) { any = any || is_varying(value); });
    return any;
  }

  /// Marks the blocks that only some of the lanes may be in after block b splits them.
  void spread(std::uint32_t b) {
    const std::uint32_t stop = program_.blocks[b].shape.reconvergence;
    std::vector<std::uint32_t> stack;
    std::vector<bool> seen(program_.blocks.size(), false);
    const auto push = [&](std::uint32_t to) {
      if (to == stop || seen[to]) return;
      seen[to] = true;
      stack.push_back(to);
    };
    for_successors(program_.blocks[b], push);
    while (!stack.empty()) {
      const std::uint32_t at = stack.back();
      stack.pop_back();
      if (!divergent_[at]) {
        divergent_[at] = true;
        changed_ = true;
      }
      for_successors(program_.blocks[at], push);
    }
  }

  LowProgram& program_;
  std::vector<bool> varying_, divergent_, spread_, local_;
  bool changed_ = false;
};

}  // namespace

void propagate_constants(LowProgram& program) {
  std::vector<std::uint32_t> sets(program.registers.size(), 0);
  for (LowBlock& block : program.blocks) {
    for (LowInsn& insn : block.insns) {
      for_results(insn, program.accesses, [&](Value value) { ++sets[value]; });
    }
    for (const auto& [from, to] : block.arguments) sets[to] += 2;
    for (const auto& [from, to] : block.results) sets[to] += 2;
  }
  std::vector<Value> known(program.registers.size(), kNone);
  const auto replace = [&](Value& value) {
    if (is_register(value) && known[value] != kNone) value = known[value];
  };
  // Twice, for uses that stand before the setting in the text (loops).
  for (int round = 0; round < 2; ++round) {
    for (LowBlock& block : program.blocks) {
      std::erase_if(block.insns, [&](LowInsn& insn) {
        for_operands(insn, program.accesses, replace);
        const bool move = insn.op == Op::mov32 || insn.op == Op::mov64;
        if (!move || block.shape.guarded || !is_constant(insn.a) || sets[insn.dst] != 1 ||
            program.pinned[insn.dst]) {
          return false;
        }
        known[insn.dst] = insn.a;
        return true;
      });
      if (block.shape.terminator == Terminator::indexed) replace(block.shape.operand);
    }
  }
}

void find_reconvergence(LowProgram& program) {
  for (const LowFunction& function : program.functions) PostDominators(program, function).run();
}

std::vector<bool> find_varying(LowProgram& program) { return Divergence(program).run(); }

}  // namespace femsynth::synth::ptx
