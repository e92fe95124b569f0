// Integer arithmetic, bit fields and logic; add, sub, mul, mad, … of floats go to lower_float.cpp.
#include <array>

#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {

Type Lowering::need_type() {
  const auto type = modifiers_.take_type();
  if (!type || type->kind == 'p') unknown();
  return *type;
}

void Lowering::integer_binary(Type type, Op op32, Op op64, bool extend) {
  finish();
  need_operands(3);
  if (type.bits == 8) unknown();
  tally(CountClass::integer);
  const Value a = extend ? read_extended(operand(1), type) : read(operand(1), type);
  const Value b = extend ? read_extended(operand(2), type) : read(operand(2), type);
  emit(type.bits == 64 ? op64 : op32, write(operand(0), type), a, b);
}

Value Lowering::product(Type type, bool high, Value a, Value b) {
  const RegClass cls = class_of(type.bits);
  if (!high) return make(type.bits == 64 ? Op::mul64 : Op::mul32, cls, a, b);
  if (type.bits == 16) {
    const Value full = make(Op::mul32, cls, a, b);
    return make(type.is_signed() ? Op::shr_s32 : Op::shr_u32, cls, full, constant(16));
  }
  const Op op = type.bits == 64 ? (type.is_signed() ? Op::mulhi_s64 : Op::mulhi_u64)
                                : (type.is_signed() ? Op::mulhi_s32 : Op::mulhi_u32);
  return make(op, cls, a, b);
}

void Lowering::sad() {
  const Type type = need_type();
  finish();
  need_operands(4);
  tally(CountClass::integer);
  const bool wide = type.bits == 64;
  const RegClass cls = class_of(type.bits);
  const Value a = read_extended(operand(1), type);
  const Value b = read_extended(operand(2), type);
  const Op min = wide ? (type.is_signed() ? Op::min_s64 : Op::min_u64)
                      : (type.is_signed() ? Op::min_s32 : Op::min_u32);
  const Op max = wide ? (type.is_signed() ? Op::max_s64 : Op::max_u64)
                      : (type.is_signed() ? Op::max_s32 : Op::max_u32);
  const Value low = make(min, cls, a, b);
  const Value high = make(max, cls, a, b);
  const Value distance = make(wide ? Op::sub64 : Op::sub32, cls, high, low);
  const Value c = read(operand(3), type);
  emit(wide ? Op::add64 : Op::add32, write(operand(0), type), c, distance);
}

void Lowering::mul24() {
  const int part = modifiers_.take_one({"lo", "hi"});
  const Type type = need_type();
  finish();
  need_operands(3);
  if (part < 0 || type.bits != 32) unknown();
  tally(CountClass::integer);
  const Op op = part == 0 ? (type.is_signed() ? Op::mul24lo_s32 : Op::mul24lo_u32)
                          : (type.is_signed() ? Op::mul24hi_s32 : Op::mul24hi_u32);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  emit(op, write(operand(0), type), a, b);
}

void Lowering::mad24() {
  const int part = modifiers_.take_one({"lo", "hi"});
  const Type type = need_type();
  finish();
  need_operands(4);
  if (part < 0 || type.bits != 32) unknown();
  tally(CountClass::integer);
  const Op op = part == 0 ? (type.is_signed() ? Op::mul24lo_s32 : Op::mul24lo_u32)
                          : (type.is_signed() ? Op::mul24hi_s32 : Op::mul24hi_u32);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read(operand(3), type);
  emit(Op::add32, write(operand(0), type), make(op, RegClass::b32, a, b), c);
}

// --- carry: add.cc, addc, sub.cc, subc, mad.cc, madc ---

void Lowering::finish_carry(Value a, Value b, Type type, bool subtract, bool with_carry,
                            bool sets_carry) {
  const bool wide = type.bits == 64;
  if (carry_ == kNone) carry_ = fresh(RegClass::b32);
  const Value in = with_carry ? carry_ : constant(0);
  const Op sum = subtract ? (wide ? Op::subc64 : Op::subc32) : (wide ? Op::addc64 : Op::addc32);
  const Op out = subtract ? (wide ? Op::borrow_sub64 : Op::borrow_sub32)
                          : (wide ? Op::carry_add64 : Op::carry_add32);
  // The result may be an operand: both are computed before either is written.
  const Value result = make(sum, class_of(type.bits), a, b, in);
  if (sets_carry) emit(out, carry_, a, b, in);
  emit(wide ? Op::mov64 : Op::mov32, write(operand(0), type), result);
}

void Lowering::add_carry() {
  const bool subtract = modifiers_.base() == "sub" || modifiers_.base() == "subc";
  const bool with_carry = modifiers_.base() == "addc" || modifiers_.base() == "subc";
  const bool sets_carry = modifiers_.take("cc");
  const Type type = need_type();
  finish();
  need_operands(3);
  if (type.is_float() || type.bits < 32) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  finish_carry(a, b, type, subtract, with_carry, sets_carry);
}

void Lowering::mad_carry() {
  const bool with_carry = modifiers_.base() == "madc";
  const bool sets_carry = modifiers_.take("cc");
  const int part = modifiers_.take_one({"lo", "hi"});
  const Type type = need_type();
  finish();
  need_operands(4);
  if (part < 0 || type.is_float() || type.bits < 32) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read(operand(3), type);
  finish_carry(product(type, part == 1, a, b), c, type, false, with_carry, sets_carry);
}

// --- bits ---

void Lowering::bit_count() {
  const Type type = need_type();
  finish();
  need_operands(2);
  if (type.bits < 32) unknown();
  tally(CountClass::integer);
  const bool count = modifiers_.base() == "popc";
  const Op op =
      type.bits == 64 ? (count ? Op::popc64 : Op::clz64) : (count ? Op::popc32 : Op::clz32);
  const Value a = read(operand(1), type);
  emit(op, write(operand(0), {'u', 32}), a);
}

void Lowering::bfind() {
  const bool shift = modifiers_.take("shiftamt");
  const Type type = need_type();
  finish();
  need_operands(2);
  if (type.bits < 32) unknown();
  tally(CountClass::integer);
  const Op op = type.bits == 64 ? (type.is_signed() ? Op::bfind_s64 : Op::bfind_u64)
                                : (type.is_signed() ? Op::bfind_s32 : Op::bfind_u32);
  const Value a = read(operand(1), type);
  emit(op, write(operand(0), {'u', 32}), a).imm = shift ? 1 : 0;
}

void Lowering::brev() {
  const Type type = need_type();
  finish();
  need_operands(2);
  if (type.bits < 32) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  emit(type.bits == 64 ? Op::brev64 : Op::brev32, write(operand(0), type), a);
}

void Lowering::bfe() {
  const Type type = need_type();
  finish();
  need_operands(4);
  if (type.bits < 32 || type.is_float()) unknown();
  tally(CountClass::integer);
  const Op op = type.bits == 64 ? (type.is_signed() ? Op::bfe_s64 : Op::bfe_u64)
                                : (type.is_signed() ? Op::bfe_s32 : Op::bfe_u32);
  const Value a = read(operand(1), type);
  const Value position = read(operand(2), {'u', 32});
  const Value length = read(operand(3), {'u', 32});
  emit(op, write(operand(0), type), a, position, length);
}

void Lowering::bfi() {
  const Type type = need_type();
  finish();
  need_operands(5);
  if (type.bits < 32 || type.is_float()) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value position = read(operand(3), {'u', 32});
  const Value length = read(operand(4), {'u', 32});
  emit(type.bits == 64 ? Op::bfi64 : Op::bfi32, write(operand(0), type), a, b, position, length);
}

void Lowering::prmt() {
  const Type type = need_type();
  const int mode = modifiers_.take_one({"f4e", "b4e", "rc8", "ecl", "ecr", "rc16"});
  finish();
  need_operands(4);
  if (type.bits != 32) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read(operand(3), type);
  emit(Op::prmt, write(operand(0), type), a, b, c).imm = mode + 1;
}

void Lowering::shf() {
  const int direction = modifiers_.take_one({"l", "r"});
  const int mode = modifiers_.take_one({"clamp", "wrap"});
  const Type type = need_type();
  finish();
  need_operands(4);
  if (direction < 0 || mode < 0 || type.bits != 32) unknown();
  tally(CountClass::integer);
  static constexpr std::array<Op, 4> ops{Op::shf_l_clamp, Op::shf_l_wrap, Op::shf_r_clamp,
                                         Op::shf_r_wrap};
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read(operand(3), type);
  emit(ops[static_cast<std::size_t>(2 * direction + mode)], write(operand(0), type), a, b, c);
}

void Lowering::lop3() {
  const Type type = need_type();
  finish();
  need_operands(5);
  if (type.bits != 32 || operand(4).kind != OperandKind::integer) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read(operand(3), type);
  emit(Op::lop3, write(operand(0), type), a, b, c).imm = operand(4).value & 0xFF;
}

void Lowering::logic() {
  const std::string_view name = modifiers_.base();
  if (modifiers_.take("pred")) {
    finish();
    need_operands(3);
    tally(CountClass::predicate);
    const Value a = read_predicate(operand(1));
    const Value b = read_predicate(operand(2));
    const Op op = name == "and" ? Op::pred_and : name == "or" ? Op::pred_or : Op::pred_xor;
    emit(op, write_predicate(operand(0)), a, b);
    return;
  }
  const Type type = need_type();
  if (type.is_float()) unknown();
  if (name == "and") return integer_binary(type, Op::and32, Op::and64, false);
  if (name == "or") return integer_binary(type, Op::or32, Op::or64, false);
  integer_binary(type, Op::xor32, Op::xor64, false);
}

void Lowering::logic_not() {
  if (modifiers_.take("pred")) {
    finish();
    need_operands(2);
    tally(CountClass::predicate);
    const Value a = read_predicate(operand(1));
    emit(Op::pred_not, write_predicate(operand(0)), a, a);
    return;
  }
  const Type type = need_type();
  finish();
  need_operands(2);
  if (type.is_float() || type.bits == 8) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  emit(type.bits == 64 ? Op::not64 : Op::not32, write(operand(0), type), a);
}

void Lowering::cnot() {
  const Type type = need_type();
  finish();
  need_operands(2);
  if (type.is_float() || type.bits == 8) unknown();
  tally(CountClass::integer);
  const Value a = read_extended(operand(1), {'u', type.bits});
  emit(type.bits == 64 ? Op::cnot64 : Op::cnot32, write(operand(0), type), a);
}

void Lowering::shift_left() {
  const Type type = need_type();
  finish();
  need_operands(3);
  if (type.is_float() || type.bits == 8) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), {'u', 32});
  emit(type.bits == 64 ? Op::shl64 : Op::shl32, write(operand(0), type), a, b);
}

void Lowering::shift_right() {
  const Type type = need_type();
  finish();
  need_operands(3);
  if (type.is_float() || type.bits == 8) unknown();
  tally(CountClass::integer);
  const Value a = read_extended(operand(1), type);
  const Value b = read(operand(2), {'u', 32});
  const Op op = type.bits == 64 ? (type.is_signed() ? Op::shr_s64 : Op::shr_u64)
                                : (type.is_signed() ? Op::shr_s32 : Op::shr_u32);
  emit(op, write(operand(0), type), a, b);
}

}  // namespace femsynth::synth::ptx
