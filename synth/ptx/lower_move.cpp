// Comparisons, selections, moves and conversions.
#include <array>

#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {
namespace {

constexpr std::int64_t kAllLanes = 0xFFFFFFFF;

}  // namespace

// --- comparisons ---

std::string_view Lowering::comparison_name() {
  static constexpr std::array<std::string_view, 18> names{"eq",  "ne",  "lt",  "le",  "gt",  "ge",
                                                          "equ", "neu", "ltu", "leu", "gtu", "geu",
                                                          "num", "nan", "lo",  "ls",  "hi",  "hs"};
  for (const std::string_view name : names) {
    if (modifiers_.take(name)) return name;
  }
  unknown();
}

/// A fresh predicate with the comparison's truth in each lane.
Value Lowering::comparison(std::string_view name, Type type, Value a, Value b) {
  const RegClass pred = RegClass::pred;
  const bool wide = type.bits == 64;
  const auto test = [&](Op op, bool swap, bool invert) {
    return make(op, pred, swap ? b : a, swap ? a : b, kNone, invert ? kAllLanes : 0);
  };
  if (!type.is_float()) {
    const bool is_signed = type.is_signed();
    const Op less =
        wide ? (is_signed ? Op::lt_s64 : Op::lt_u64) : (is_signed ? Op::lt_s32 : Op::lt_u32);
    const Op equal = wide ? Op::eq64 : Op::eq32;
    if (name == "eq") return test(equal, false, false);
    if (name == "ne") return test(equal, false, true);
    if (type.kind == 'b') unknown();
    if (name == "lt" || name == "lo") return test(less, false, false);
    if (name == "gt" || name == "hi") return test(less, true, false);
    if (name == "le" || name == "ls") return test(less, true, true);
    if (name == "ge" || name == "hs") return test(less, false, true);
    unknown();
  }
  const Op eq = wide ? Op::eq_f64 : Op::eq_f32;
  const Op lt = wide ? Op::lt_f64 : Op::lt_f32;
  const Op le = wide ? Op::le_f64 : Op::le_f32;
  const Op lg = wide ? Op::lg_f64 : Op::lg_f32;
  const Op num = wide ? Op::num_f64 : Op::num_f32;
  if (name == "eq") return test(eq, false, false);
  if (name == "ne") return test(lg, false, false);
  if (name == "lt") return test(lt, false, false);
  if (name == "le") return test(le, false, false);
  if (name == "gt") return test(lt, true, false);
  if (name == "ge") return test(le, true, false);
  // The unordered forms are the negations of the ordered opposites.
  if (name == "equ") return test(lg, false, true);
  if (name == "neu") return test(eq, false, true);
  if (name == "ltu") return test(le, true, true);
  if (name == "leu") return test(lt, true, true);
  if (name == "gtu") return test(le, false, true);
  if (name == "geu") return test(lt, false, true);
  if (name == "num") return test(num, false, false);
  if (name == "nan") return test(num, false, true);
  unknown();
}

void Lowering::setp() {
  const std::string_view name = comparison_name();
  const int combine = modifiers_.take_one({"and", "or", "xor"});
  FloatMode mode;
  mode.flush = modifiers_.take("ftz");
  const Type type = need_type();
  finish();
  need_operands(combine < 0 ? 3 : 4);
  if (type.bits == 8) unknown();
  tally(CountClass::predicate);
  const bool narrow = type.bits < 32 && type.kind != 'f';
  const Value a =
      flushed(narrow ? read_extended(operand(1), type) : read(operand(1), type), type, mode);
  const Value b =
      flushed(narrow ? read_extended(operand(2), type) : read(operand(2), type), type, mode);
  Value truth = comparison(name, type, a, b);
  const bool two = operand(0).kind == OperandKind::pair;
  Value opposite = kNone;
  if (two) opposite = make(Op::pred_not, RegClass::pred, truth, truth);
  if (combine >= 0) {
    static constexpr std::array<Op, 3> ops{Op::pred_and, Op::pred_or, Op::pred_xor};
    const Op op = ops[static_cast<std::size_t>(combine)];
    const Value c = read_predicate(operand(3));
    truth = make(op, RegClass::pred, truth, c);
    if (two) opposite = make(op, RegClass::pred, opposite, c);
  }
  const Operand& first = two ? operand(0).parts[0] : operand(0);
  emit(Op::pred_mov, write_predicate(first), truth, truth);
  if (two) emit(Op::pred_mov, write_predicate(operand(0).parts[1]), opposite, opposite);
}

void Lowering::set() {
  const std::string_view name = comparison_name();
  const int combine = modifiers_.take_one({"and", "or", "xor"});
  FloatMode mode;
  mode.flush = modifiers_.take("ftz");
  const Type result = need_type();
  const Type type = need_type();
  finish();
  need_operands(combine < 0 ? 3 : 4);
  if (result.bits != 32 || type.bits == 8) unknown();
  tally(CountClass::predicate);
  const Value a = flushed(read_extended(operand(1), type), type, mode);
  const Value b = flushed(read_extended(operand(2), type), type, mode);
  Value truth = comparison(name, type, a, b);
  if (combine >= 0) {
    static constexpr std::array<Op, 3> ops{Op::pred_and, Op::pred_or, Op::pred_xor};
    truth = make(ops[static_cast<std::size_t>(combine)], RegClass::pred, truth,
                 read_predicate(operand(3)));
  }
  const Value yes = constant(result.is_float() ? 0x3F800000U : 0xFFFFFFFFU);
  emit(Op::select32, write(operand(0), result), yes, constant(0), truth);
}

void Lowering::selp() {
  const Type type = need_type();
  finish();
  need_operands(4);
  if (type.bits == 8) unknown();
  tally(CountClass::move);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = read_predicate(operand(3));
  emit(type.bits == 64 ? Op::select64 : Op::select32, write(operand(0), type), a, b, c);
}

void Lowering::slct() {
  FloatMode mode;
  mode.flush = modifiers_.take("ftz");
  const Type type = need_type();
  const Type test = need_type();
  finish();
  need_operands(4);
  if (type.bits == 8 || test.bits != 32 || (test.kind != 's' && !test.is_float())) unknown();
  tally(CountClass::move);
  const Value a = read(operand(1), type);
  const Value b = read(operand(2), type);
  const Value c = flushed(read(operand(3), test), test, mode);
  const Value truth = comparison("ge", test, c, constant(0));
  emit(type.bits == 64 ? Op::select64 : Op::select32, write(operand(0), type), a, b, truth);
}

// --- moves ---

void Lowering::mov() {
  if (modifiers_.take("pred")) {
    finish();
    need_operands(2);
    tally(CountClass::predicate);
    const Value a = read_predicate(operand(1));
    emit(Op::pred_mov, write_predicate(operand(0)), a, a);
    return;
  }
  const Type type = need_type();
  finish();
  need_operands(2);
  if (type.bits == 8) unknown();
  tally(CountClass::move);
  const Operand& from = operand(1);
  if (from.kind == OperandKind::list) return mov_pack(type);
  if (operand(0).kind == OperandKind::list) return mov_unpack(type);
  if (from.kind == OperandKind::special) {
    if (!mov_special(operand(0), from.text)) {
      refuse("unsupported special register '" + std::string(from.text) + "'");
    }
    return;
  }
  if (from.kind == OperandKind::parameter) refuse("the address of a parameter is not supported");
  const Op op = type.bits == 64 ? Op::mov64 : Op::mov32;
  const Value dst = write(operand(0), type);
  if (from.kind == OperandKind::symbol || from.kind == OperandKind::address) {
    if (type.bits < 32) unknown();
    if (from.kind == OperandKind::address &&
        (from.parts.size() != 1 || from.parts[0].kind != OperandKind::symbol)) {
      unknown();
    }
    Space space = Space::global;
    const bool offset = from.kind == OperandKind::address;
    const std::string_view name = offset ? from.parts[0].text : from.text;
    const std::uint64_t at = symbol_address(name, &space) + static_cast<std::uint64_t>(from.value);
    if (type.bits == 32 && space != Space::shared && space != Space::local) {
      refuse("a 32-bit register cannot hold a global address");
    }
    emit(op, dst, constant(at));
    return;
  }
  emit(op, dst, read(from, type));
}

void Lowering::mov_pack(Type type) {
  const std::vector<Operand>& parts = operand(1).parts;
  const Value dst = write(operand(0), type);
  if (type.bits == 64 && parts.size() == 2) {
    const Value low = read(parts[0], {'b', 32});
    const Value high = read(parts[1], {'b', 32});
    emit(Op::pack64, dst, low, high);
  } else if (type.bits == 32 && parts.size() == 2) {
    const Value low = read(parts[0], {'b', 16});
    const Value high = read(parts[1], {'b', 16});
    emit(Op::pack32, dst, low, high);
  } else if (type.bits == 64 && parts.size() == 4) {
    std::array<Value, 2> halves{};
    for (std::size_t i = 0; i < 2; ++i) {
      const Value low = read(parts[2 * i], {'b', 16});
      const Value high = read(parts[2 * i + 1], {'b', 16});
      halves[i] = make(Op::pack32, RegClass::b32, low, high);
    }
    emit(Op::pack64, dst, halves[0], halves[1]);
  } else {
    unknown();
  }
}

void Lowering::mov_unpack(Type type) {
  const std::vector<Operand>& parts = operand(0).parts;
  const Value from = read(operand(1), type);
  const auto split32 = [&](Value word, const Operand& low, const Operand& high) {
    emit(Op::zext16, write(low, {'b', 16}), word);
    emit(Op::shr_u32, write(high, {'b', 16}), word, constant(16));
  };
  if (type.bits == 64 && parts.size() == 2) {
    emit(Op::low32, write(parts[0], {'b', 32}), from);
    emit(Op::high32, write(parts[1], {'b', 32}), from);
  } else if (type.bits == 32 && parts.size() == 2) {
    split32(make(Op::mov32, RegClass::b32, from), parts[0], parts[1]);
  } else if (type.bits == 64 && parts.size() == 4) {
    split32(make(Op::low32, RegClass::b32, from), parts[0], parts[1]);
    split32(make(Op::high32, RegClass::b32, from), parts[2], parts[3]);
  } else {
    unknown();
  }
}

bool Lowering::mov_special(const Operand& dst, std::string_view name) {
  struct Lane {
    std::string_view name;
    LaneRegister index;
  };
  static constexpr std::array<Lane, 9> lanes{{{"%tid.x", LaneRegister::tid_x},
                                              {"%tid.y", LaneRegister::tid_y},
                                              {"%tid.z", LaneRegister::tid_z},
                                              {"%laneid", LaneRegister::laneid},
                                              {"%lanemask_eq", LaneRegister::lanemask_eq},
                                              {"%lanemask_lt", LaneRegister::lanemask_lt},
                                              {"%lanemask_le", LaneRegister::lanemask_le},
                                              {"%lanemask_gt", LaneRegister::lanemask_gt},
                                              {"%lanemask_ge", LaneRegister::lanemask_ge}}};
  struct Uniform {
    std::string_view name;
    WarpRegister index;
  };
  static constexpr std::array<Uniform, 11> uniforms{{{"%ntid.x", WarpRegister::ntid_x},
                                                     {"%ntid.y", WarpRegister::ntid_y},
                                                     {"%ntid.z", WarpRegister::ntid_z},
                                                     {"%ctaid.x", WarpRegister::ctaid_x},
                                                     {"%ctaid.y", WarpRegister::ctaid_y},
                                                     {"%ctaid.z", WarpRegister::ctaid_z},
                                                     {"%nctaid.x", WarpRegister::nctaid_x},
                                                     {"%nctaid.y", WarpRegister::nctaid_y},
                                                     {"%nctaid.z", WarpRegister::nctaid_z},
                                                     {"%warpid", WarpRegister::warpid},
                                                     {"%nwarpid", WarpRegister::nwarpid}}};
  Value value = kNone;
  for (const Lane& lane : lanes) {
    if (lane.name == name) {
      value = make(Op::special_lanes, RegClass::b32, kNone, kNone, kNone,
                   static_cast<std::int64_t>(lane.index));
    }
  }
  for (const Uniform& uniform : uniforms) {
    if (uniform.name == name) {
      value = make(Op::special_warp, RegClass::b32, kNone, kNone, kNone,
                   static_cast<std::int64_t>(uniform.index));
    }
  }
  if (name == "WARP_SZ") value = constant(32);
  if (value == kNone) return false;
  write_wide(dst, value, {'u', 32});
  return true;
}

// --- conversions ---

void Lowering::cvta() {
  const bool to = modifiers_.take("to");
  const int space = modifiers_.take_one({"global", "const", "shared", "local"});
  const Type type = need_type();
  finish();
  need_operands(2);
  if (space < 0 || type.bits != 64) unknown();
  tally(CountClass::move);
  Value from = kNone;
  if (operand(1).kind == OperandKind::symbol) {
    Space of = Space::global;
    from = constant(symbol_address(operand(1).text, &of));
  } else {
    from = read(operand(1), type);
  }
  const Value dst = write(operand(0), type);
  if (space < 2) {
    emit(Op::mov64, dst, from);
  } else {
    const Value window = constant(space == 2 ? kSharedWindow : kLocalWindow);
    emit(to ? Op::sub64 : Op::add64, dst, from, window);
  }
}

/// Of a value as read_wide gives it; the result has `to`'s width, 32 bits at least.
Value Lowering::convert_integer(Value value, Type from, Type to, bool saturate) {
  if (saturate) {
    if (from.bits < 64) {
      value = make(from.is_signed() ? Op::sext32 : Op::zext32, RegClass::b64, value);
    }
    const int bits = to.is_signed() ? to.bits - 1 : to.bits;
    const std::uint64_t most = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    const std::uint64_t most_signed = most >> 63 != 0 ? most >> 1 : most;
    if (!from.is_signed()) {
      value = make(Op::clamp_unsigned, RegClass::b64, value, kNone, kNone,
                   static_cast<std::int64_t>(most));
    } else {
      value = make(to.is_signed() ? Op::clamp_signed : Op::clamp_positive, RegClass::b64, value,
                   kNone, kNone, static_cast<std::int64_t>(most_signed));
    }
    from.bits = 64;
  }
  if (to.bits == 64) {
    if (from.bits == 64) return value;
    return make(from.is_signed() ? Op::sext32 : Op::zext32, RegClass::b64, value);
  }
  if (from.bits == 64) value = make(Op::low32, RegClass::b32, value);
  if (to.bits == 32) return value;
  const Op op = to.bits == 8 ? (to.is_signed() ? Op::sext8 : Op::zext8)
                             : (to.is_signed() ? Op::sext16 : Op::zext16);
  return make(op, RegClass::b32, value);
}

Value Lowering::convert_to_float(Value value, Type from, Type to, Rounding rounding) {
  const bool from_wide = from.bits == 64;
  const bool is_signed = from.is_signed();
  const auto mode = static_cast<std::int64_t>(rounding);
  const bool nearest = rounding == Rounding::nearest;
  if (to.bits == 64) {
    if (!from_wide) return make(is_signed ? Op::f64_s32 : Op::f64_u32, RegClass::b64, value);
    if (nearest) return make(is_signed ? Op::f64_s64 : Op::f64_u64, RegClass::b64, value);
    return make(is_signed ? Op::f64_s64_round : Op::f64_u64_round, RegClass::b64, value, kNone,
                kNone, mode);
  }
  const Op op = from_wide ? (is_signed ? (nearest ? Op::f32_s64 : Op::f32_s64_round)
                                       : (nearest ? Op::f32_u64 : Op::f32_u64_round))
                          : (is_signed ? (nearest ? Op::f32_s32 : Op::f32_s32_round)
                                       : (nearest ? Op::f32_u32 : Op::f32_u32_round));
  return make(op, RegClass::b32, value, kNone, kNone, mode);
}

/// Of an integral float; saturates.
Value Lowering::convert_to_integer(Value value, Type from, Type to) {
  const bool wide = from.bits == 64;
  if (to.bits == 64) {
    const Op op =
        to.is_signed() ? (wide ? Op::s64_f64 : Op::s64_f32) : (wide ? Op::u64_f64 : Op::u64_f32);
    return make(op, RegClass::b64, value);
  }
  if (to.bits == 32) {
    const Op op =
        to.is_signed() ? (wide ? Op::s32_f64 : Op::s32_f32) : (wide ? Op::u32_f64 : Op::u32_f32);
    return make(op, RegClass::b32, value);
  }
  const Value whole = make(wide ? Op::s32_f64 : Op::s32_f32, RegClass::b32, value);
  return convert_integer(whole, {'s', 32}, to, true);
}

void Lowering::cvt() {
  const int integral = modifiers_.take_one({"rni", "rzi", "rmi", "rpi"});
  const FloatMode mode = float_mode();
  const auto to_type = modifiers_.take_type();
  const auto from_type = modifiers_.take_type();
  if (!to_type || !from_type) unknown();
  const Type to = *to_type;
  const Type from = *from_type;
  finish();
  need_operands(2);
  if (to.kind == 'b' || from.kind == 'b' || to.kind == 'p' || from.kind == 'p') unknown();
  tally(CountClass::convert);
  Value value = read_wide(operand(1), from);
  if (!from.is_float()) {
    value = to.is_float() ? convert_to_float(value, from, to, mode.rounding)
                          : convert_integer(value, from, to, mode.saturate);
    if (to.is_float() && mode.saturate) {
      value = make(to.bits == 64 ? Op::saturate_f64 : Op::saturate_f32, class_of(to.bits), value);
    }
    return write_wide(operand(0), value, to);
  }
  value = flushed(value, from, mode);
  const bool wide = from.bits == 64;
  if (integral >= 0) {
    static constexpr std::array<Op, 4> ops64{Op::rint_f64, Op::trunc_f64, Op::floor_f64,
                                             Op::ceil_f64};
    static constexpr std::array<Op, 4> ops32{Op::rint_f32, Op::trunc_f32, Op::floor_f32,
                                             Op::ceil_f32};
    const auto index = static_cast<std::size_t>(integral);
    value = make(wide ? ops64[index] : ops32[index], class_of(from.bits), value);
  }
  if (!to.is_float()) {
    if (integral < 0) refuse("a conversion to an integer needs a rounding");
    return write_wide(operand(0), convert_to_integer(value, from, to), to);
  }
  if (to.bits == 64 && !wide) value = make(Op::f64_f32, RegClass::b64, value);
  if (to.bits == 32 && wide) {
    value = mode.rounding == Rounding::nearest
                ? make(Op::f32_f64, RegClass::b32, value)
                : make(Op::f32_f64_round, RegClass::b32, value, kNone, kNone,
                       static_cast<std::int64_t>(mode.rounding));
  }
  value = flushed(value, to, mode);
  if (mode.saturate) {
    value = make(to.bits == 64 ? Op::saturate_f64 : Op::saturate_f32, class_of(to.bits), value);
  }
  write_wide(operand(0), value, to);
}

}  // namespace femsynth::synth::ptx
