// Loads, stores, parameters, atomics and what warps exchange.
#include <array>

#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {

Space Lowering::take_space() {
  static constexpr std::array<Space, 5> spaces{Space::global, Space::constant, Space::shared,
                                               Space::local, Space::param};
  const int index = modifiers_.take_one({"global", "const", "shared", "local", "param"});
  if (index < 0) return Space::generic;
  if (index == 2 && modifiers_.take_one({"cluster"}) >= 0) unknown();
  return spaces[static_cast<std::size_t>(index)];
}

/// Order, scope and cache hints, none of which changes what a race-free kernel computes.
void Lowering::take_memory_order() {
  modifiers_.take_one({"weak", "volatile", "relaxed", "acquire", "release", "acq_rel"});
  modifiers_.take_one({"cta", "cluster", "gpu", "sys", "gl"});
  modifiers_.take_one({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  modifiers_.take("nc");
  modifiers_.take_all_starting("L1::");
  modifiers_.take_all_starting("L2::");
}

Lowering::Address Lowering::address(const Operand& operand, Space space) {
  if (operand.kind != OperandKind::address) refuse("expected an address");
  if (operand.parts.empty()) return {constant(static_cast<std::uint64_t>(operand.value)), 0};
  const Operand& base = operand.parts[0];
  if (base.kind == OperandKind::symbol) {
    Space of = Space::global;
    std::uint64_t at = symbol_address(base.text, &of) + static_cast<std::uint64_t>(operand.value);
    if (space == Space::generic && of == Space::shared) at += kSharedWindow;
    if (space == Space::generic && of == Space::local) at += kLocalWindow;
    if (space != Space::generic && space != of) {
      refuse("'" + std::string(base.text) + "' does not lie in ." + name_of(space));
    }
    return {constant(at), 0};
  }
  const Value value = register_of(base);
  if (class_of(value) == RegClass::b64) return {value, operand.value};
  if (class_of(value) == RegClass::pred || (space != Space::shared && space != Space::local)) {
    refuse("an address needs a 64-bit register");
  }
  return {make(Op::zext32, RegClass::b64, value), operand.value};
}

MemoryType Lowering::memory_type(Type type) const {
  const bool is_signed = type.is_signed();
  if (type.bits == 8) return is_signed ? MemoryType::s8 : MemoryType::u8;
  if (type.bits == 16) return is_signed ? MemoryType::s16 : MemoryType::u16;
  if (type.is_float()) return type.bits == 64 ? MemoryType::f64 : MemoryType::f32;
  if (type.bits == 64) return is_signed ? MemoryType::s64 : MemoryType::b64;
  return is_signed ? MemoryType::s32 : MemoryType::b32;
}

void Lowering::tally_load(Space space, std::uint32_t bytes) {
  switch (space) {
    case Space::shared:
      tally(CountClass::load_shared);
      return tally_bytes(ByteClass::shared_read, bytes);
    case Space::local:
      tally(CountClass::load_local);
      return tally_bytes(ByteClass::local_read, bytes);
    case Space::constant:
    case Space::param:
      tally(CountClass::load_constant);
      return tally_bytes(ByteClass::constant_read, bytes);
    case Space::generic:
    case Space::global:
      break;
  }
  tally(CountClass::load_global);
  tally_bytes(ByteClass::global_read, bytes);
}

void Lowering::tally_store(Space space, std::uint32_t bytes) {
  if (space == Space::shared) {
    tally(CountClass::store_shared);
    tally_bytes(ByteClass::shared_write, bytes);
  } else if (space == Space::local) {
    tally(CountClass::store_local);
    tally_bytes(ByteClass::local_write, bytes);
  } else {
    tally(CountClass::store_global);
    tally_bytes(ByteClass::global_write, bytes);
  }
}

void Lowering::load() {
  const Space space = take_space();
  take_memory_order();
  const int vector = modifiers_.take_one({"v2", "v4"});
  const Type type = need_type();
  finish();
  need_operands(2);
  const std::size_t lanes = vector < 0 ? 1 : vector == 0 ? 2 : 4;
  const bool list = operand(0).kind == OperandKind::list;
  if (list != (lanes > 1) || (list && operand(0).parts.size() != lanes)) unknown();
  if (space == Space::param) return load_param(type, lanes);
  const std::uint32_t bytes =
      static_cast<std::uint32_t>(type.bits / 8) * static_cast<std::uint32_t>(lanes);
  if (bytes > 16) unknown();
  tally_load(space, bytes);

  Access access;
  access.space = space;
  access.type = memory_type(type);
  access.lanes = static_cast<std::uint8_t>(lanes);
  const Address at = address(operand(1), space);
  std::array<Value, 4> results{kNone, kNone, kNone, kNone};
  // A register that is wider than the type takes an extended copy.
  bool widened = false;
  for (std::size_t i = 0; i < lanes; ++i) {
    const Operand& to = list ? operand(0).parts[i] : operand(0);
    const RegClass cls = class_of(type.bits);
    const bool fits = to.kind == OperandKind::reg && class_of(register_of(to)) == cls;
    results[i] = fits ? register_of(to) : fresh(cls);
    widened = widened || !fits;
  }
  const bool plain = type.bits >= 32;
  Op op = Op::load;
  if (plain && (space == Space::global || space == Space::constant || space == Space::generic)) {
    op = type.bits == 64 ? Op::load_global64 : Op::load_global32;
  } else if (plain && space == Space::local) {
    op = type.bits == 64 ? Op::load_local64 : Op::load_local32;
  }
  LowInsn& insn = emit(op, results[0], at.base, results[1], results[2], results[3]);
  insn.imm = at.offset;
  insn.access = static_cast<std::uint32_t>(program_.accesses.size());
  program_.accesses.push_back(access);
  for (std::size_t i = 0; widened && i < lanes; ++i) {
    const Operand& to = list ? operand(0).parts[i] : operand(0);
    if (to.kind == OperandKind::reg && results[i] == register_of(to)) continue;
    write_wide(to, results[i], type);
  }
}

void Lowering::store() {
  const Space space = take_space();
  take_memory_order();
  const int vector = modifiers_.take_one({"v2", "v4"});
  const Type type = need_type();
  finish();
  need_operands(2);
  const std::size_t lanes = vector < 0 ? 1 : vector == 0 ? 2 : 4;
  const bool list = operand(1).kind == OperandKind::list;
  if (list != (lanes > 1) || (list && operand(1).parts.size() != lanes)) unknown();
  if (space == Space::constant) unknown();
  if (space == Space::param) return store_param(type, lanes);
  const std::uint32_t bytes =
      static_cast<std::uint32_t>(type.bits / 8) * static_cast<std::uint32_t>(lanes);
  if (bytes > 16) unknown();
  tally_store(space, bytes);

  Access access;
  access.space = space;
  access.type = memory_type(type);
  access.lanes = static_cast<std::uint8_t>(lanes);
  const Address at = address(operand(0), space);
  std::array<Value, 4> values{kNone, kNone, kNone, kNone};
  for (std::size_t i = 0; i < lanes; ++i) {
    const Operand& from = list ? operand(1).parts[i] : operand(1);
    values[i] = type.bits == 64 || from.kind != OperandKind::reg ? read(from, type)
                                                                 : read_wide(from, {'b', 32});
  }
  Op op = Op::store;
  if (type.bits >= 32 && space == Space::local) {
    op = type.bits == 64 ? Op::store_local64 : Op::store_local32;
  } else if (type.bits >= 32 && (space == Space::global || space == Space::generic)) {
    op = type.bits == 64 ? Op::store_global64 : Op::store_global32;
  }
  LowInsn& insn = emit(op, values[0], at.base, values[1], values[2], values[3]);
  insn.imm = at.offset;
  insn.access = static_cast<std::uint32_t>(program_.accesses.size());
  program_.accesses.push_back(access);
}

// --- parameters ---

/// Kernel arguments lie in a buffer; a function's parameters and what is passed to one are rows.
void Lowering::load_param(Type type, std::size_t lanes) {
  const Operand& at = operand(1);
  if (at.kind != OperandKind::address || at.parts.size() != 1 ||
      at.parts[0].kind != OperandKind::parameter) {
    refuse("parameters can only be addressed by name");
  }
  const auto index = static_cast<std::size_t>(at.parts[0].value);
  if (function_->entry && index < function_->input_count) return load_kernel_param(at, type, lanes);
  tally(CountClass::move);
  const std::vector<Value>& rows = program_.functions[function_index_].params[index];
  const std::uint64_t size = function_->params[index].size;
  const std::uint64_t bytes = static_cast<std::uint64_t>(type.bits) / 8;
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::uint64_t offset = static_cast<std::uint64_t>(at.value) + i * bytes;
    if (offset > size || bytes > size - offset || offset % bytes != 0) {
      refuse("the access does not lie in the parameter");
    }
    const Operand& to = lanes > 1 ? operand(0).parts[i] : operand(0);
    write_wide(to, read_param_field(rows, offset, type), type);
  }
}

void Lowering::load_kernel_param(const Operand& at, Type type, std::size_t lanes) {
  const auto index = static_cast<std::size_t>(at.parts[0].value);
  const Parameter& parameter = program_.parameters[index];
  const std::uint64_t bytes = static_cast<std::uint64_t>(type.bits) / 8;
  tally_load(Space::param, static_cast<std::uint32_t>(bytes * lanes));
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::uint64_t offset = static_cast<std::uint64_t>(at.value) + i * bytes;
    if (offset > parameter.size || bytes > parameter.size - offset || offset % bytes != 0) {
      refuse("the access does not lie in the parameter");
    }
    // Narrow fields are read from the aligned word around them.
    const std::uint64_t from = parameter.offset + offset;
    const std::uint64_t word = type.bits >= 32 ? from : from & ~std::uint64_t{3};
    Value value = make(type.bits == 64 ? Op::load_param64 : Op::load_param32, class_of(type.bits),
                       kNone, kNone, kNone, static_cast<std::int64_t>(word));
    if (type.bits < 32) {
      value = make(Op::shr_u32, RegClass::b32, value, constant(8 * (from - word)));
      value = convert_integer(value, {'u', 32}, type, false);
    }
    const Operand& to = lanes > 1 ? operand(0).parts[i] : operand(0);
    write_wide(to, value, type);
  }
}

Value Lowering::read_param_field(const std::vector<Value>& rows, std::uint64_t offset, Type type) {
  const Value whole = rows[offset / 8];
  if (type.bits == 64) return whole;
  const Value word = make(offset % 8 < 4 ? Op::low32 : Op::high32, RegClass::b32, whole);
  if (type.bits == 32) return word;
  const Value moved = make(Op::shr_u32, RegClass::b32, word, constant(8 * (offset % 4)));
  return convert_integer(moved, {'u', 32}, type, false);
}

void Lowering::write_param_field(const std::vector<Value>& rows, std::uint64_t offset, Type type,
                                 Value value) {
  const Value whole = rows[offset / 8];
  if (type.bits == 64) {
    emit(Op::mov64, whole, value);
    return;
  }
  const Value low = make(Op::low32, RegClass::b32, whole);
  const Value high = make(Op::high32, RegClass::b32, whole);
  const bool in_low = offset % 8 < 4;
  if (type.bits < 32) {
    const Value word = make(Op::mov32, RegClass::b32, in_low ? low : high);
    const Value merged = fresh(RegClass::b32);
    emit(Op::bfi32, merged, value, word, constant(8 * (offset % 4)),
         constant(static_cast<std::uint64_t>(type.bits)));
    value = merged;
  }
  emit(Op::pack64, whole, in_low ? value : low, in_low ? high : value);
}

void Lowering::store_param(Type type, std::size_t lanes) {
  const Operand& at = operand(0);
  if (at.kind != OperandKind::address || at.parts.size() != 1 ||
      at.parts[0].kind != OperandKind::parameter) {
    refuse("parameters can only be addressed by name");
  }
  const auto index = static_cast<std::size_t>(at.parts[0].value);
  if (function_->entry && index < function_->input_count) refuse("kernel parameters are read-only");
  tally(CountClass::move);
  const std::vector<Value> rows = program_.functions[function_index_].params[index];
  const std::uint64_t size = function_->params[index].size;
  const std::uint64_t bytes = static_cast<std::uint64_t>(type.bits) / 8;
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::uint64_t offset = static_cast<std::uint64_t>(at.value) + i * bytes;
    if (offset > size || bytes > size - offset || offset % bytes != 0) {
      refuse("the access does not lie in the parameter");
    }
    const Operand& from = lanes > 1 ? operand(1).parts[i] : operand(1);
    const Value value = type.bits == 64 || from.kind != OperandKind::reg
                            ? read(from, type)
                            : read_wide(from, {'b', 32});
    write_param_field(rows, offset, type, value);
  }
}

// --- atomics ---

void Lowering::atomic() {
  const bool returns = modifiers_.base() == "atom";
  const Space space = take_space();
  take_memory_order();
  static constexpr std::array<AtomicOp, 10> ops{
      AtomicOp::add,  AtomicOp::min, AtomicOp::max,  AtomicOp::exch, AtomicOp::cas,
      AtomicOp::land, AtomicOp::lor, AtomicOp::lxor, AtomicOp::inc,  AtomicOp::dec};
  const int index =
      modifiers_.take_one({"add", "min", "max", "exch", "cas", "and", "or", "xor", "inc", "dec"});
  const Type type = need_type();
  finish();
  if (index < 0 || type.bits < 32 ||
      (space != Space::generic && space != Space::global && space != Space::shared)) {
    unknown();
  }
  const AtomicOp op = ops[static_cast<std::size_t>(index)];
  if (type.is_float() && op != AtomicOp::add) unknown();
  if ((op == AtomicOp::inc || op == AtomicOp::dec) && (type.kind != 'u' || type.bits != 32))
    unknown();
  if (type.kind == 'b' && (op == AtomicOp::add || op == AtomicOp::min || op == AtomicOp::max))
    unknown();
  const std::size_t first = returns ? 1 : 0;
  need_operands(first + (op == AtomicOp::cas ? 3 : 2));
  tally(CountClass::atomic);
  const auto bytes = static_cast<std::uint32_t>(type.bits / 8);
  const bool shared = space == Space::shared;
  tally_bytes(shared ? ByteClass::shared_read : ByteClass::global_read, bytes);
  tally_bytes(shared ? ByteClass::shared_write : ByteClass::global_write, bytes);

  Access access;
  access.space = space;
  access.type = memory_type(type);
  access.atomic = op;
  access.returns = returns;
  const Address at = address(operand(first), space);
  const Value b = read(operand(first + 1), type);
  const Value c = op == AtomicOp::cas ? read(operand(first + 2), type) : kNone;
  const Value dst = returns ? write(operand(0), type) : kNone;
  Op low = Op::atomic;
  if (type.is_float() && space != Space::shared) {
    low = type.bits == 64 ? Op::atomic_add_f64 : Op::atomic_add_f32;
  }
  LowInsn& insn = emit(low, dst, at.base, b, c);
  insn.imm = at.offset;
  insn.access = static_cast<std::uint32_t>(program_.accesses.size());
  program_.accesses.push_back(access);
}

// --- what warps exchange ---

void Lowering::shfl() {
  if (!modifiers_.take("sync")) unknown();
  static constexpr std::array<ShuffleOp, 4> modes{ShuffleOp::up, ShuffleOp::down, ShuffleOp::bfly,
                                                  ShuffleOp::idx};
  const int mode = modifiers_.take_one({"up", "down", "bfly", "idx"});
  const Type type = need_type();
  finish();
  need_operands(5);
  if (mode < 0 || type.bits != 32) unknown();
  tally(CountClass::move);
  const bool two = operand(0).kind == OperandKind::pair;
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read(operand(3), type);
  read(operand(4), type);
  const Value dst = write(two ? operand(0).parts[0] : operand(0), type);
  const Value in_range = two ? write_predicate(operand(0).parts[1]) : fresh(RegClass::pred);
  Access access;
  access.shuffle = modes[static_cast<std::size_t>(mode)];
  LowInsn& insn = emit(Op::shuffle, dst, a, b, c, in_range);
  insn.access = static_cast<std::uint32_t>(program_.accesses.size());
  program_.accesses.push_back(access);
}

void Lowering::vote() {
  if (!modifiers_.take("sync")) unknown();
  static constexpr std::array<VoteOp, 4> ops{VoteOp::all, VoteOp::any, VoteOp::uni, VoteOp::ballot};
  const int op = modifiers_.take_one({"all", "any", "uni", "ballot"});
  const bool predicate = modifiers_.take("pred");
  if (!predicate && !modifiers_.take("b32")) unknown();
  finish();
  need_operands(3);
  if (op < 0 || predicate == (op == 3)) unknown();
  tally(CountClass::predicate);
  Access access;
  access.vote = ops[static_cast<std::size_t>(op)];
  const Value a = read_predicate(operand(1));
  const Value members = read(operand(2), {'b', 32});
  const Value dst = predicate ? write_predicate(operand(0)) : write(operand(0), {'b', 32});
  LowInsn& insn = emit(Op::vote, dst, a, members);
  insn.imm = 1;  // members is to be checked
  insn.access = static_cast<std::uint32_t>(program_.accesses.size());
  program_.accesses.push_back(access);
}

void Lowering::activemask() {
  modifiers_.take("b32");
  finish();
  need_operands(1);
  tally(CountClass::predicate);
  Access access;
  access.vote = VoteOp::ballot;
  LowInsn& insn =
      emit(Op::vote, write(operand(0), {'b', 32}), constant(0xFFFFFFFF), constant(0xFFFFFFFF));
  insn.access = static_cast<std::uint32_t>(program_.accesses.size());
  program_.accesses.push_back(access);
}

void Lowering::fence() {
  modifiers_.take_one({"sc", "acq_rel", "acquire", "release"});
  const int scope = modifiers_.take_one({"cta", "gl", "gpu", "sys"});
  finish();
  need_operands(0);
  if (scope < 0) unknown();
  tally(CountClass::barrier);
  emit(Op::fence, kNone).imm = scope > 0 ? 1 : 0;
}

/// Hints that change nothing.
void Lowering::nothing() { tally(CountClass::move); }

}  // namespace femsynth::synth::ptx
