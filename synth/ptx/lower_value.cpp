// Operands as values, and the operations that are made of them.
#include <algorithm>
#include <string>

#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {

Value Lowering::fresh(RegClass cls) {
  program_.registers.push_back(cls);
  program_.pinned.push_back(false);
  return static_cast<Value>(program_.registers.size()) - 1;
}

Value Lowering::constant(std::uint64_t bits) {
  const auto [it, inserted] =
      constants_.try_emplace(bits, kConstantBit | static_cast<Value>(program_.constants.size()));
  if (inserted) program_.constants.push_back(bits);
  return it->second;
}

Value Lowering::register_of(const Operand& operand) const {
  if (operand.kind != OperandKind::reg) refuse("expected a register");
  return first_register_ + static_cast<Value>(operand.value);
}

Value Lowering::read(const Operand& operand, Type type) {
  switch (operand.kind) {
    case OperandKind::reg: {
      if (operand.negated) refuse("'!' needs a predicate");
      const Value value = register_of(operand);
      if (class_of(value) != class_of(type.bits)) {
        refuse("register '" + std::string(operand.text) + "' does not fit the type");
      }
      return value;
    }
    case OperandKind::integer: {
      if (type.is_float()) refuse("an integer literal where a float is expected");
      const auto bits = static_cast<std::uint64_t>(operand.value);
      return constant(type.bits == 64 ? bits : bits & 0xFFFFFFFFU);
    }
    case OperandKind::f32:
      if (type.bits != 32) refuse("a 32-bit literal where another width is expected");
      return constant(static_cast<std::uint64_t>(operand.value));
    case OperandKind::f64:
      if (type.bits != 64) refuse("a 64-bit literal where another width is expected");
      return constant(static_cast<std::uint64_t>(operand.value));
    default:
      refuse("unsupported operand '" + std::string(operand.text) + "'");
  }
}

Value Lowering::read_extended(const Operand& operand, Type type) {
  const Value value = read(operand, type);
  if (type.bits >= 32) return value;
  const Op op = type.bits == 8 ? (type.is_signed() ? Op::sext8 : Op::zext8)
                               : (type.is_signed() ? Op::sext16 : Op::zext16);
  return make(op, RegClass::b32, value);
}

Value Lowering::read_wide(const Operand& operand, Type type) {
  if (operand.kind == OperandKind::reg && type.bits < 64 &&
      class_of(register_of(operand)) == RegClass::b64) {
    const Value low = make(Op::low32, RegClass::b32, register_of(operand));
    if (type.bits == 32) return low;
    const Op op = type.bits == 8 ? (type.is_signed() ? Op::sext8 : Op::zext8)
                                 : (type.is_signed() ? Op::sext16 : Op::zext16);
    return make(op, RegClass::b32, low);
  }
  return read_extended(operand, type);
}

Value Lowering::read_predicate(const Operand& operand) {
  if (operand.kind == OperandKind::integer) return constant(operand.value != 0 ? 0xFFFFFFFFU : 0);
  const Value value = register_of(operand);
  if (class_of(value) != RegClass::pred) refuse("expected a predicate");
  return operand.negated ? make(Op::pred_not, RegClass::pred, value, value) : value;
}

Value Lowering::write(const Operand& operand, Type type) {
  if (operand.kind == OperandKind::sink) return fresh(class_of(type.bits));
  const Value value = register_of(operand);
  if (class_of(value) != class_of(type.bits)) {
    refuse("register '" + std::string(operand.text) + "' does not fit the type");
  }
  return value;
}

Value Lowering::write_predicate(const Operand& operand) {
  if (operand.kind == OperandKind::sink) return fresh(RegClass::pred);
  const Value value = register_of(operand);
  if (class_of(value) != RegClass::pred) refuse("expected a predicate");
  return value;
}

void Lowering::write_wide(const Operand& operand, Value value, Type type) {
  if (operand.kind == OperandKind::sink) return;
  const Value dst = register_of(operand);
  const bool wide = class_of(dst) == RegClass::b64;
  if (class_of(dst) == RegClass::pred) refuse("a predicate cannot take this value");
  if (type.bits == 64 && !wide) {
    refuse("register '" + std::string(operand.text) + "' is narrower than the type");
  }
  if (type.bits == 64) {
    emit(Op::mov64, dst, value);
  } else if (wide) {
    emit(type.is_signed() ? Op::sext32 : Op::zext32, dst, value);
  } else {
    emit(Op::mov32, dst, value);
  }
}

std::uint64_t Lowering::symbol_address(std::string_view name, Space* space) {
  const auto placed = placed_.find(name);
  if (placed != placed_.end()) {
    *space = placed->second.first;
    return placed->second.second;
  }
  for (std::size_t i = 0; i < module_.variables.size(); ++i) {
    const Variable& variable = module_.variables[i];
    if (variable.name != name) continue;
    if (variable.space == Space::shared) {
      // Module-scope shared variables are placed when a kernel first names them.
      for (const PlacedVariable& known : program_.shared) {
        if (known.name == name) return *space = Space::shared, known.offset;
      }
      const std::uint64_t at =
          round_up(program_.shared_bytes + kSharedGap, std::max<std::uint64_t>(variable.align, 8));
      program_.shared.push_back({std::string(name), at, variable.size});
      program_.shared_bytes = at + variable.size;
      if (program_.shared_bytes > kMaxSharedBytes) refuse("too much shared memory");
      return *space = Space::shared, at;
    }
    *space = variable.space;
    return region_base(1 + i);
  }
  refuse("unknown name '" + std::string(name) + "'");
}

// --- operations ---

LowInsn& Lowering::emit(Op op, Value dst, Value a, Value b, Value c, Value d) {
  LowInsn insn;
  insn.op = op;
  insn.dst = dst;
  insn.a = a;
  insn.b = b;
  insn.c = c;
  insn.d = d;
  insn.source = source_;
  block().insns.push_back(insn);
  return block().insns.back();
}

Value Lowering::make(Op op, RegClass cls, Value a, Value b, Value c, std::int64_t imm) {
  const Value dst = fresh(cls);
  emit(op, dst, a, b, c).imm = imm;
  return dst;
}

}  // namespace femsynth::synth::ptx
