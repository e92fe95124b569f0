// Arithmetic that floats take part in; the integer forms of the same names are here too.
#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {

Lowering::FloatMode Lowering::float_mode() {
  FloatMode mode;
  const int rounding = modifiers_.take_one({"rn", "rz", "rm", "rp"});
  mode.explicit_rounding = rounding >= 0;
  mode.rounding = rounding < 0 ? Rounding::nearest : static_cast<Rounding>(rounding);
  mode.approx = modifiers_.take("approx");
  mode.full = modifiers_.take("full");
  mode.flush = modifiers_.take("ftz");
  mode.saturate = modifiers_.take("sat");
  return mode;
}

Value Lowering::flushed(Value value, Type type, const FloatMode& mode) {
  if (!mode.flush || type.bits != 32) return value;
  return make(Op::flush_f32, RegClass::b32, value);
}

/// Writes the destination, after .ftz and .sat.
void Lowering::float_result(Value value, Type type, const FloatMode& mode) {
  value = flushed(value, type, mode);
  if (mode.saturate) {
    value = make(type.bits == 64 ? Op::saturate_f64 : Op::saturate_f32, class_of(type.bits), value);
  }
  // The last operation of the chain can write the destination itself.
  const Value dst = write(operand(0), type);
  LowInsn& last = block().insns.back();
  if (last.dst == value) {
    last.dst = dst;
  } else {
    emit(type.bits == 64 ? Op::mov64 : Op::mov32, dst, value);
  }
}

void Lowering::float_binary(Op nearest32, Op nearest64, Op round32, Op round64, CountClass cls32,
                            CountClass cls64, Type type) {
  const FloatMode mode = float_mode();
  finish();
  need_operands(3);
  const bool wide = type.bits == 64;
  tally(wide ? cls64 : cls32);
  const Value a = flushed(read(operand(1), type), type, mode);
  const Value b = flushed(read(operand(2), type), type, mode);
  const bool nearest = mode.rounding == Rounding::nearest;
  const Op op = nearest ? (wide ? nearest64 : nearest32) : (wide ? round64 : round32);
  const Value result = make(op, class_of(type.bits), a, b, kNone,
                            nearest ? 0 : static_cast<std::int64_t>(mode.rounding));
  float_result(result, type, mode);
}

void Lowering::add() {
  if (instruction_->opcode.starts_with("add.cc")) return add_carry();
  const Type type = need_type();
  if (type.is_float()) {
    return float_binary(Op::add_f32, Op::add_f64, Op::add_round_f32, Op::add_round_f64,
                        CountClass::f32_add, CountClass::f64_add, type);
  }
  if (modifiers_.take("sat")) {
    if (type.kind != 's' || type.bits != 32) unknown();
    return integer_binary(type, Op::addsat_s32, Op::addsat_s32, false);
  }
  integer_binary(type, Op::add32, Op::add64, false);
}

void Lowering::sub() {
  if (instruction_->opcode.starts_with("sub.cc")) return add_carry();
  const Type type = need_type();
  if (!type.is_float()) {
    if (modifiers_.take("sat")) {
      if (type.kind != 's' || type.bits != 32) unknown();
      return integer_binary(type, Op::subsat_s32, Op::subsat_s32, false);
    }
    return integer_binary(type, Op::sub32, Op::sub64, false);
  }
  const FloatMode mode = float_mode();
  finish();
  need_operands(3);
  const bool wide = type.bits == 64;
  const RegClass cls = class_of(type.bits);
  tally(wide ? CountClass::f64_add : CountClass::f32_add);
  const Value a = flushed(read(operand(1), type), type, mode);
  const Value b = flushed(read(operand(2), type), type, mode);
  Value result = kNone;
  if (mode.rounding == Rounding::nearest) {
    result = make(wide ? Op::sub_f64 : Op::sub_f32, cls, a, b);
  } else {
    const Value minus = make(wide ? Op::neg_f64 : Op::neg_f32, cls, b);
    result = make(wide ? Op::add_round_f64 : Op::add_round_f32, cls, a, minus, kNone,
                  static_cast<std::int64_t>(mode.rounding));
  }
  float_result(result, type, mode);
}

void Lowering::mul() {
  const Type type = need_type();
  if (type.is_float()) {
    return float_binary(Op::mul_f32, Op::mul_f64, Op::mul_round_f32, Op::mul_round_f64,
                        CountClass::f32_mul, CountClass::f64_mul, type);
  }
  const int part = modifiers_.take_one({"lo", "hi", "wide"});
  finish();
  need_operands(3);
  if (part < 0 || type.bits == 8) unknown();
  tally(CountClass::integer);
  if (part == 0) {
    const Value a = read(operand(1), type);
    const Value b = read(operand(2), type);
    emit(type.bits == 64 ? Op::mul64 : Op::mul32, write(operand(0), type), a, b);
    return;
  }
  const Value a = read_extended(operand(1), type);
  const Value b = read_extended(operand(2), type);
  if (part == 1) {
    const Value result = product(type, true, a, b);
    emit(type.bits == 64 ? Op::mov64 : Op::mov32, write(operand(0), type), result);
  } else if (type.bits == 32) {
    emit(type.is_signed() ? Op::mulwide_s32 : Op::mulwide_u32, write(operand(0), {'b', 64}), a, b);
  } else if (type.bits == 16) {
    emit(Op::mul32, write(operand(0), {'b', 32}), a, b);
  } else {
    unknown();
  }
}

void Lowering::mad() {
  if (modifiers_.take("cc")) {
    modifiers_ = Modifiers(instruction_->opcode);
    return mad_carry();
  }
  const Type type = need_type();
  if (type.is_float()) return fma_typed(type);
  const int part = modifiers_.take_one({"lo", "hi", "wide"});
  finish();
  need_operands(4);
  if (part < 0 || type.bits == 8) unknown();
  tally(CountClass::integer);
  const Value a = part == 0 ? read(operand(1), type) : read_extended(operand(1), type);
  const Value b = part == 0 ? read(operand(2), type) : read_extended(operand(2), type);
  const bool wide = type.bits == 64;
  if (part == 0) {
    const Value c = read(operand(3), type);
    emit(wide ? Op::mad64 : Op::mad32, write(operand(0), type), a, b, c);
  } else if (part == 1) {
    const Value c = read(operand(3), type);
    const Value high = product(type, true, a, b);
    emit(wide ? Op::add64 : Op::add32, write(operand(0), type), high, c);
  } else if (type.bits == 32) {
    const Value c = read(operand(3), {'b', 64});
    emit(type.is_signed() ? Op::madwide_s32 : Op::madwide_u32, write(operand(0), {'b', 64}), a, b,
         c);
  } else if (type.bits == 16) {
    const Value c = read(operand(3), {'b', 32});
    emit(Op::mad32, write(operand(0), {'b', 32}), a, b, c);
  } else {
    unknown();
  }
}

void Lowering::fma() { fma_typed(need_type()); }

void Lowering::fma_typed(Type type) {
  if (!type.is_float()) unknown();
  const FloatMode mode = float_mode();
  finish();
  need_operands(4);
  const bool wide = type.bits == 64;
  tally(wide ? CountClass::f64_fma : CountClass::f32_fma);
  const Value a = flushed(read(operand(1), type), type, mode);
  const Value b = flushed(read(operand(2), type), type, mode);
  const Value c = flushed(read(operand(3), type), type, mode);
  const bool nearest = mode.rounding == Rounding::nearest;
  const Op op =
      nearest ? (wide ? Op::fma_f64 : Op::fma_f32) : (wide ? Op::fma_round_f64 : Op::fma_round_f32);
  const Value result = make(op, class_of(type.bits), a, b, c,
                            nearest ? 0 : static_cast<std::int64_t>(mode.rounding));
  float_result(result, type, mode);
}

void Lowering::div() {
  const Type type = need_type();
  if (type.is_float()) {
    return float_binary(Op::div_f32, Op::div_f64, Op::div_round_f32, Op::div_round_f64,
                        CountClass::f32_div, CountClass::f64_div, type);
  }
  integer_binary(type, type.is_signed() ? Op::div_s32 : Op::div_u32,
                 type.is_signed() ? Op::div_s64 : Op::div_u64, true);
}

void Lowering::rem() {
  const Type type = need_type();
  if (type.is_float()) unknown();
  integer_binary(type, type.is_signed() ? Op::rem_s32 : Op::rem_u32,
                 type.is_signed() ? Op::rem_s64 : Op::rem_u64, true);
}

void Lowering::abs() {
  const Type type = need_type();
  const FloatMode mode = float_mode();
  finish();
  need_operands(2);
  const bool wide = type.bits == 64;
  if (type.is_float()) {
    tally(CountClass::move);
    const Value a = flushed(read(operand(1), type), type, mode);
    emit(wide ? Op::abs_f64 : Op::abs_f32, write(operand(0), type), a);
    return;
  }
  if (!type.is_signed()) unknown();
  tally(CountClass::integer);
  const Value a = read_extended(operand(1), type);
  emit(wide ? Op::abs_s64 : Op::abs_s32, write(operand(0), type), a);
}

void Lowering::neg() {
  const Type type = need_type();
  const FloatMode mode = float_mode();
  finish();
  need_operands(2);
  const bool wide = type.bits == 64;
  if (type.is_float()) {
    tally(CountClass::move);
    const Value a = flushed(read(operand(1), type), type, mode);
    emit(wide ? Op::neg_f64 : Op::neg_f32, write(operand(0), type), a);
    return;
  }
  if (!type.is_signed()) unknown();
  tally(CountClass::integer);
  const Value a = read(operand(1), type);
  emit(wide ? Op::neg64 : Op::neg32, write(operand(0), type), a);
}

void Lowering::min_max() {
  const Type type = need_type();
  const bool min = modifiers_.base() == "min";
  if (type.is_float()) {
    const bool nan = modifiers_.take("NaN");
    if (nan && type.bits == 64) unknown();
    const Op op32 =
        nan ? (min ? Op::minnan_f32 : Op::maxnan_f32) : (min ? Op::min_f32 : Op::max_f32);
    const Op op64 = min ? Op::min_f64 : Op::max_f64;
    return float_binary(op32, op64, op32, op64, CountClass::f32_add, CountClass::f64_add, type);
  }
  const bool is_signed = type.is_signed();
  if (min) {
    return integer_binary(type, is_signed ? Op::min_s32 : Op::min_u32,
                          is_signed ? Op::min_s64 : Op::min_u64, true);
  }
  integer_binary(type, is_signed ? Op::max_s32 : Op::max_u32, is_signed ? Op::max_s64 : Op::max_u64,
                 true);
}

void Lowering::rcp() {
  const Type type = need_type();
  const FloatMode mode = float_mode();
  finish();
  need_operands(2);
  if (!type.is_float()) unknown();
  const bool wide = type.bits == 64;
  const RegClass cls = class_of(type.bits);
  tally(wide ? CountClass::f64_special : CountClass::f32_special);
  const Value a = flushed(read(operand(1), type), type, mode);
  Value result = kNone;
  if (wide && mode.approx) {
    result = make(Op::rcp_gross_f64, cls, a);
  } else if (mode.rounding == Rounding::nearest) {
    result = make(wide ? Op::rcp_f64 : Op::rcp_f32, cls, a);
  } else {
    const Value one = constant(wide ? 0x3FF0000000000000U : 0x3F800000U);
    result = make(wide ? Op::div_round_f64 : Op::div_round_f32, cls, one, a, kNone,
                  static_cast<std::int64_t>(mode.rounding));
  }
  float_result(result, type, mode);
}

void Lowering::sqrt() {
  const Type type = need_type();
  const FloatMode mode = float_mode();
  finish();
  need_operands(2);
  if (!type.is_float()) unknown();
  const bool wide = type.bits == 64;
  const RegClass cls = class_of(type.bits);
  tally(wide ? CountClass::f64_special : CountClass::f32_special);
  const Value a = flushed(read(operand(1), type), type, mode);
  const bool nearest = mode.rounding == Rounding::nearest;
  const Op op = nearest ? (wide ? Op::sqrt_f64 : Op::sqrt_f32)
                        : (wide ? Op::sqrt_round_f64 : Op::sqrt_round_f32);
  float_result(
      make(op, cls, a, kNone, kNone, nearest ? 0 : static_cast<std::int64_t>(mode.rounding)), type,
      mode);
}

void Lowering::rsqrt() {
  const Type type = need_type();
  const FloatMode mode = float_mode();
  finish();
  need_operands(2);
  if (!type.is_float() || !mode.approx) unknown();
  const bool wide = type.bits == 64;
  tally(wide ? CountClass::f64_special : CountClass::f32_special);
  const Value a = flushed(read(operand(1), type), type, mode);
  const Op op = wide ? (mode.flush ? Op::rsqrt_gross_f64 : Op::rsqrt_f64) : Op::rsqrt_f32;
  float_result(make(op, class_of(type.bits), a), type, mode);
}

void Lowering::approximate() {
  const std::string_view name = modifiers_.base();
  const Type type = need_type();
  const FloatMode mode = float_mode();
  finish();
  need_operands(2);
  if (!type.is_float() || type.bits != 32 || !mode.approx) unknown();
  tally(CountClass::f32_special);
  const Op op = name == "ex2"   ? Op::ex2_f32
                : name == "lg2" ? Op::lg2_f32
                : name == "sin" ? Op::sin_f32
                : name == "cos" ? Op::cos_f32
                                : Op::tanh_f32;
  const Value a = flushed(read(operand(1), type), type, mode);
  float_result(make(op, RegClass::b32, a), type, mode);
}

void Lowering::copysign() {
  const Type type = need_type();
  finish();
  need_operands(3);
  if (!type.is_float()) unknown();
  tally(CountClass::move);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  emit(type.bits == 64 ? Op::copysign64 : Op::copysign32, write(operand(0), type), a, b);
}

void Lowering::testp() {
  const int test =
      modifiers_.take_one({"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  const Type type = need_type();
  finish();
  need_operands(2);
  if (test < 0 || !type.is_float()) unknown();
  tally(CountClass::predicate);
  const bool wide = type.bits == 64;
  const RegClass pred = RegClass::pred;
  const Value a = read(operand(1), type);
  const Value size = make(wide ? Op::abs_f64 : Op::abs_f32, class_of(type.bits), a);
  const Value infinity = constant(wide ? 0x7FF0000000000000U : 0x7F800000U);
  const Value least = constant(wide ? 0x0010000000000000U : 0x00800000U);
  const Value zero = constant(0);
  const Op less = wide ? Op::lt_f64 : Op::lt_f32;
  const Op equal = wide ? Op::eq_f64 : Op::eq_f32;
  const Op number = wide ? Op::num_f64 : Op::num_f32;
  const std::int64_t all = 0xFFFFFFFF;
  Value result = kNone;
  if (test == 0) result = make(less, pred, size, infinity);
  if (test == 1) result = make(equal, pred, size, infinity);
  if (test == 2) result = make(number, pred, a, a);
  if (test == 3) result = make(number, pred, a, a, kNone, all);
  if (test == 4) {
    const Value finite = make(less, pred, size, infinity);
    const Value large = make(wide ? Op::le_f64 : Op::le_f32, pred, least, size);
    result = make(Op::pred_and, pred, finite, large);
  }
  if (test == 5) {
    const Value small = make(less, pred, size, least);
    const Value nonzero = make(less, pred, zero, size);
    result = make(Op::pred_and, pred, small, nonzero);
  }
  emit(Op::pred_mov, write_predicate(operand(0)), result, result);
}

}  // namespace femsynth::synth::ptx
