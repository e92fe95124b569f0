#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "synth/ptx/program.hpp"

/// Lowering: from PTX instructions to the emulator's operations on virtual registers.
namespace femsynth::synth::ptx {

/// A virtual register, or a constant (bit 31 set, then an index into LowProgram::constants).
using Value = std::uint32_t;
inline constexpr Value kConstantBit = 0x80000000U;
inline bool is_register(Value value) { return value != kNone && (value & kConstantBit) == 0; }
inline bool is_constant(Value value) { return value != kNone && (value & kConstantBit) != 0; }

/// An operation on virtual registers; which fields are results follows from `op` and `access`.
struct LowInsn {
  Op op = Op::mov32;
  Value dst = kNone, a = kNone, b = kNone, c = kNone, d = kNone;
  std::int64_t imm = 0;
  std::uint32_t source = 0;
  std::uint32_t access = 0;
};

struct LowBlock {
  std::vector<LowInsn> insns;
  Block shape;  ///< terminator and targets; predicate and operand are Values here
  std::vector<std::pair<Value, Value>> arguments, results;  ///< of a call: from, to
  std::uint32_t callee = kNone;                             ///< function index
  std::uint32_t function = 0;
};

struct LowFunction {
  std::string_view name;
  bool entry = false;
  std::uint32_t first_block = 0, last_block = 0;  ///< [first, last)
  std::vector<std::vector<Value>> params;         ///< rows of each .param variable
};

struct LowProgram {
  std::vector<LowBlock> blocks;
  std::vector<BlockCounts> counts;
  std::vector<LowFunction> functions;  ///< functions[0] is the kernel
  std::vector<RegClass> registers;
  std::vector<bool> pinned;  ///< rows with a place of their own (parameters)
  std::vector<std::uint64_t> constants;
  std::vector<Access> accesses;
  std::vector<Source> sources;
  std::vector<Parameter> parameters;
  std::uint32_t parameter_bytes = 0;
  std::vector<PlacedVariable> shared, local;
  std::uint64_t shared_bytes = 0, local_bytes = 0;
  bool has_barrier = false;
};

/// Calls f(Value&) for each result of the operation.
template <class F>
void for_results(LowInsn& insn, const std::vector<Access>& accesses, F f);
/// Calls f(Value&) for each operand that it reads.
template <class F>
void for_operands(LowInsn& insn, const std::vector<Access>& accesses, F f);

/// Is it a load with up to four results in dst, b, c, d?
inline bool is_load(Op op) {
  return op == Op::load || op == Op::load_global32 || op == Op::load_global64 ||
         op == Op::load_local32 || op == Op::load_local64;
}
/// Is it a store with up to four values in dst, b, c, d?
inline bool is_store(Op op) {
  return op == Op::store || op == Op::store_global32 || op == Op::store_global64 ||
         op == Op::store_local32 || op == Op::store_local64;
}

template <class F>
void for_results(LowInsn& insn, const std::vector<Access>& accesses, F f) {
  if (is_store(insn.op)) return;
  if (insn.dst != kNone) f(insn.dst);
  if (is_load(insn.op)) {
    const int lanes = accesses[insn.access].lanes;
    if (lanes > 1 && insn.b != kNone) f(insn.b);
    if (lanes > 2 && insn.c != kNone) f(insn.c);
    if (lanes > 3 && insn.d != kNone) f(insn.d);
  }
  if (insn.op == Op::shuffle && insn.d != kNone) f(insn.d);
}

template <class F>
void for_operands(LowInsn& insn, const std::vector<Access>& accesses, F f) {
  if (insn.a != kNone) f(insn.a);
  if (is_load(insn.op)) return;
  const int lanes = is_store(insn.op) ? accesses[insn.access].lanes : 4;
  if (is_store(insn.op)) f(insn.dst);
  if (lanes > 1 && insn.b != kNone) f(insn.b);
  if (lanes > 2 && insn.c != kNone) f(insn.c);
  if (lanes > 3 && insn.d != kNone && insn.op != Op::shuffle) f(insn.d);
}

/// Lowers a kernel and all functions that it calls.
LowProgram lower(const Module& module, const Function& kernel, std::string_view text);

/// Replaces registers that are set once, to a constant, by the constant.
void propagate_constants(LowProgram& program);

/// Immediate post-dominators, into Block::reconvergence.
void find_reconvergence(LowProgram& program);

/// For each register: may it differ between the lanes that read it?
std::vector<bool> find_varying(LowProgram& program);

/// Rows of one function's registers (those with in_row) by linear scan: fills `place` with
/// positions from `base` on, in cells of 32 bits a lane; returns the position after the last.
std::uint32_t allocate_rows(LowProgram& program, const LowFunction& function,
                            const std::vector<bool>& in_row, std::uint32_t base,
                            std::vector<std::uint32_t>& place);

/// Assigns slots and rows and chooses the shapes of the operations.
Program assign_registers(LowProgram low, const std::vector<bool>& varying, std::string name);

}  // namespace femsynth::synth::ptx
