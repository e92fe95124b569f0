// Assignment of registers to scalar slots and rows, and the choice of each operation's handler.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "meshes/support/error.hpp"
#include "synth/ptx/lower.hpp"

namespace femsynth::synth::ptx {
namespace {

enum class Form : std::uint8_t { lanes, compare, mask, special };

struct OpShape {
  Form form;
  int operands;
};
OpShape shape_of(Op op) {
  static constexpr std::array<OpShape, kOpCount> table{{
#define UNARY(...) {Form::lanes, 1},
#define BINARY(...) {Form::lanes, 2},
#define TERNARY(...) {Form::lanes, 3},
#define QUATERNARY(...) {Form::lanes, 4},
#define COMPARE(...) {Form::compare, 2},
#define MASK(...) {Form::mask, 2},
#define SPECIAL(...) {Form::special, 0},
#include "synth/ptx/ops.def"
  }};
  return table[static_cast<std::size_t>(op)];
}

/// Turns the operations of a LowProgram into those of a Program.
class Emitter {
 public:
  Emitter(LowProgram& low, const std::vector<bool>& varying, Program& out)
      : low_(low), varying_(varying), out_(out), place_(low.registers.size(), 0) {}

  void run() {
    out_.constants = low_.constants;
    slots_ = static_cast<std::uint32_t>(low_.constants.size());
    std::vector<bool> in_row(low_.registers.size());
    for (Value v = 0; v < low_.registers.size(); ++v) {
      in_row[v] = varying_[v] && low_.registers[v] != RegClass::pred;
      if (!in_row[v]) place_[v] = slots_++;
    }
    std::uint32_t top = 0;
    out_.scratch64 = std::exchange(top, top + 2);
    for (std::uint32_t& row : wide_) row = std::exchange(top, top + 2);
    for (Value v = 0; v < low_.registers.size(); ++v) {
      if (low_.pinned[v]) place_[v] = std::exchange(top, top + 2);
    }
    out_.scratch32 = std::exchange(top, top + 1);
    for (std::uint32_t& row : narrow_) row = std::exchange(top, top + 1);
    top = (top + 1) / 2 * 2;
    for (const LowFunction& function : low_.functions) {
      top = allocate_rows(low_, function, in_row, top, place_);
    }
    out_.row_units = top;
    mark_wide_rows(in_row);
    out_.scratch_mask = slots_++;
    for (LowBlock& block : low_.blocks) emit_block(block);
    out_.scalar_slots = slots_;
  }

 private:
  bool is_slot(Value value) const {
    return is_constant(value) || !varying_[value] || low_.registers[value] == RegClass::pred;
  }
  bool is_uniform(Value value) const { return is_constant(value) || !varying_[value]; }
  std::uint32_t place(Value value) const {
    if (value == kNone) return kNone;
    return is_constant(value) ? value & ~kConstantBit : place_[value];
  }
  Merge merge_of(Value dst) const {
    if (low_.registers[dst] == RegClass::pred) return varying_[dst] ? Merge::mask : Merge::none;
    if (!varying_[dst]) return Merge::none;
    return low_.registers[dst] == RegClass::b64 ? Merge::row64 : Merge::row32;
  }

  void mark_wide_rows(const std::vector<bool>& in_row) {
    out_.wide_unit.assign(out_.row_units, false);
    out_.wide_unit[out_.scratch64] = true;
    for (const std::uint32_t row : wide_) out_.wide_unit[row] = true;
    for (Value v = 0; v < low_.registers.size(); ++v) {
      if (in_row[v] && low_.registers[v] == RegClass::b64) out_.wide_unit[place_[v]] = true;
    }
  }

  void emit_block(LowBlock& low) {
    Block block = low.shape;
    block.first = static_cast<std::uint32_t>(out_.insns.size());
    for (const LowInsn& insn : low.insns) emit(insn);
    block.last = static_cast<std::uint32_t>(out_.insns.size());
    const Terminator end = block.terminator;
    if (block.guarded || end == Terminator::conditional || end == Terminator::exit_if) {
      block.predicate = place(block.predicate);
    }
    if (end == Terminator::indexed) {
      block.operand_scalar = is_slot(low.shape.operand);
      block.operand = place(low.shape.operand);
    }
    if (end == Terminator::call) block.target = low_.functions[low.callee].first_block;
    for (const auto& [from, to] : low.arguments)
      block.arguments.push_back({place(from), place(to)});
    for (const auto& [from, to] : low.results) block.results.push_back({place(from), place(to)});
    out_.blocks.push_back(std::move(block));
  }

  Insn start(const LowInsn& low) const {
    Insn insn;
    insn.op = low.op;
    insn.imm = low.imm;
    insn.source = low.source;
    insn.access = low.access;
    insn.dst = place(low.dst);
    insn.a = place(low.a);
    insn.b = place(low.b);
    insn.c = place(low.c);
    insn.d = place(low.d);
    return insn;
  }

  /// A move of slot `from` into the row of `dst`.
  void broadcast(std::uint32_t row, std::uint32_t from, bool wide, Merge merge,
                 std::uint32_t source) {
    Insn insn;
    insn.op = wide ? Op::mov64 : Op::mov32;
    insn.dst = row;
    insn.a = from;
    insn.shape = kScalarA;
    insn.merge = merge;
    insn.source = source;
    out_.insns.push_back(insn);
  }
  /// The row of a value; a scalar is first spread over one of the spare rows.
  std::uint32_t row_of(Value value, bool wide, std::size_t spare, std::uint32_t source) {
    if (!is_slot(value)) return place(value);
    const std::uint32_t row = wide ? wide_[spare] : narrow_[spare];
    broadcast(row, place(value), wide, Merge::none, source);
    return row;
  }

  void emit(const LowInsn& low) {
    const OpShape form = shape_of(low.op);
    if (form.form == Form::lanes) return emit_lanes(low, form.operands);
    if (form.form == Form::compare || form.form == Form::mask)
      return emit_predicate(low, form.form);
    if (is_load(low.op)) return emit_load(low);
    if (is_store(low.op)) return emit_store(low);
    switch (low.op) {
      case Op::select32:
      case Op::select64:
        return emit_lanes(low, 2);
      case Op::special_warp:
      case Op::load_param32:
      case Op::load_param64:
        return emit_scalar_source(low);
      case Op::special_lanes: {
        Insn insn = start(low);
        insn.merge = merge_of(low.dst);
        out_.insns.push_back(insn);
        return;
      }
      case Op::atomic:
      case Op::atomic_add_f32:
      case Op::atomic_add_f64:
        return emit_atomic(low);
      case Op::shuffle: {
        Insn insn = start(low);
        insn.a = row_of(low.a, false, 0, low.source);
        insn.b = row_of(low.b, false, 1, low.source);
        insn.c = row_of(low.c, false, 2, low.source);
        out_.insns.push_back(insn);
        return;
      }
      case Op::vote: {
        Insn insn = start(low);
        insn.b = row_of(low.b, false, 0, low.source);
        insn.d = low_.registers[low.dst] == RegClass::pred ? 1 : 0;
        out_.insns.push_back(insn);
        return;
      }
      default:
        out_.insns.push_back(start(low));
    }
  }

  /// Arithmetic and selections: rows and slots as handlers exist for them.
  void emit_lanes(const LowInsn& low, int operands) {
    Insn insn = start(low);
    const std::array<Value, 4> values{low.a, low.b, low.c, low.d};
    int scalars = 0;
    Shape shape = 0;
    for (int i = 0; i < operands; ++i) {
      if (!is_slot(values[static_cast<std::size_t>(i)])) continue;
      ++scalars;
      shape = static_cast<Shape>(shape | (1U << i));
    }
    const bool selects = low.op == Op::select32 || low.op == Op::select64;
    const bool scalar_inputs = scalars == operands && (!selects || is_uniform(low.c));
    if (scalar_inputs) {
      insn.shape = static_cast<Shape>((operands == 4 ? 7 : shape) | kScalarOnly | kScalarResult);
      if (!varying_[low.dst]) {
        out_.insns.push_back(insn);
        return;
      }
      insn.dst = slots_++;
      out_.insns.push_back(insn);
      broadcast(place(low.dst), insn.dst, low_.registers[low.dst] == RegClass::b64,
                merge_of(low.dst), low.source);
      return;
    }
    if (operands == 4 && shape != 0) {
      const bool wide =
          low_.registers[low.dst] == RegClass::b64;  // bfi: a and b are wide, c and d not
      insn.a = row_of(low.a, wide, 0, low.source);
      insn.b = row_of(low.b, wide, 1, low.source);
      insn.c = row_of(low.c, false, 2, low.source);
      insn.d = row_of(low.d, false, 3, low.source);
      shape = 0;
    }
    insn.shape = shape;
    insn.merge = merge_of(low.dst);
    out_.insns.push_back(insn);
  }

  void emit_predicate(const LowInsn& low, Form form) {
    Insn insn = start(low);
    insn.merge = merge_of(low.dst);
    if (form == Form::mask) {
      insn.shape = 3 | kScalarOnly;
    } else {
      insn.shape = static_cast<Shape>((is_slot(low.a) ? 1 : 0) | (is_slot(low.b) ? 2 : 0));
      if (insn.shape == 3) insn.shape |= kScalarOnly;
    }
    out_.insns.push_back(insn);
  }

  void emit_scalar_source(const LowInsn& low) {
    Insn insn = start(low);
    insn.shape = kScalarOnly;
    const bool spread = varying_[low.dst];
    if (spread) insn.dst = slots_++;
    out_.insns.push_back(insn);
    if (spread) {
      broadcast(place(low.dst), insn.dst, low_.registers[low.dst] == RegClass::b64,
                merge_of(low.dst), low.source);
    }
  }

  void emit_load(const LowInsn& low) {
    Insn insn = start(low);
    const Space space = low_.accesses[low.access].space;
    const bool scalar_address = is_slot(low.a);
    insn.shape = scalar_address ? kScalarA : 0;
    const bool per_lane = space == Space::generic || space == Space::local;
    if (!scalar_address || per_lane) {
      if (scalar_address && space == Space::generic) insn.op = Op::load;
      out_.insns.push_back(insn);
      return;
    }
    // One address, one value: the results are slots, spread where rows are wanted.
    insn.shape |= kScalarResult;
    std::vector<std::pair<Value, std::uint32_t>> spread;
    const int lanes = low_.accesses[low.access].lanes;
    const std::array<Value, 4> results{low.dst, low.b, low.c, low.d};
    const std::array<std::uint32_t*, 4> fields{&insn.dst, &insn.b, &insn.c, &insn.d};
    for (std::size_t i = 0; i < static_cast<std::size_t>(lanes); ++i) {
      if (!varying_[results[i]]) continue;
      *fields[i] = slots_++;
      spread.emplace_back(results[i], *fields[i]);
    }
    out_.insns.push_back(insn);
    for (const auto& [reg, slot] : spread) {
      broadcast(place(reg), slot, low_.registers[reg] == RegClass::b64, merge_of(reg), low.source);
    }
  }

  void emit_store(const LowInsn& low) {
    Insn insn = start(low);
    const Access& access = low_.accesses[low.access];
    const bool wide = access.type == MemoryType::b64 || access.type == MemoryType::f64 ||
                      access.type == MemoryType::s64;
    insn.shape = is_slot(low.a) ? kScalarA : 0;
    insn.dst = row_of(low.dst, wide, 0, low.source);
    if (access.lanes > 1) insn.b = row_of(low.b, wide, 1, low.source);
    if (access.lanes > 2) insn.c = row_of(low.c, wide, 2, low.source);
    if (access.lanes > 3) insn.d = row_of(low.d, wide, 3, low.source);
    out_.insns.push_back(insn);
  }

  void emit_atomic(const LowInsn& low) {
    Insn insn = start(low);
    const MemoryType type = low_.accesses[low.access].type;
    const bool wide = type == MemoryType::b64 || type == MemoryType::f64 || type == MemoryType::s64;
    insn.shape = is_slot(low.a) ? kScalarA : 0;
    insn.b = row_of(low.b, wide, 0, low.source);
    if (low.c != kNone) insn.c = row_of(low.c, wide, 1, low.source);
    out_.insns.push_back(insn);
  }

  LowProgram& low_;
  const std::vector<bool>& varying_;
  Program& out_;
  std::vector<std::uint32_t> place_;
  std::array<std::uint32_t, 4> wide_{}, narrow_{};  // spare rows
  std::uint32_t slots_ = 0;
};

}  // namespace

Program assign_registers(LowProgram low, const std::vector<bool>& varying, std::string name) {
  Program out;
  out.name = std::move(name);
  Emitter(low, varying, out).run();
  out.counts = std::move(low.counts);
  out.accesses = std::move(low.accesses);
  out.sources = std::move(low.sources);
  out.parameters = std::move(low.parameters);
  out.parameter_bytes = low.parameter_bytes;
  out.shared = std::move(low.shared);
  out.local = std::move(low.local);
  out.shared_bytes = low.shared_bytes;
  out.local_bytes = low.local_bytes;
  out.has_barrier = low.has_barrier;
  return out;
}

}  // namespace femsynth::synth::ptx
