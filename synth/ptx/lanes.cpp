// The handlers of all operations, a warp at a time. This file is compiled once for each
// instruction set, with FEMSYNTH_PTX_TABLE the name of the table it defines; the lane loops have
// constant trip counts so that the compiler turns them into vector code.
#include "synth/ptx/lanes_math.hpp"
#include "synth/ptx/lanes_memory.hpp"
#include "synth/ptx/lanes_rows.hpp"

namespace femsynth::synth::ptx {
namespace {

#define UNARY(name, D, A, expression)                                                           \
  struct name##_op {                                                                            \
    using Result = D;                                                                           \
    using First = A;                                                                            \
    static inline D apply(A a, [[maybe_unused]] s64 imm) { return static_cast<D>(expression); } \
  };
#define BINARY(name, D, A, B, expression)                       \
  struct name##_op {                                            \
    using Result = D;                                           \
    using First = A;                                            \
    using Second = B;                                           \
    static inline D apply(A a, B b, [[maybe_unused]] s64 imm) { \
      return static_cast<D>(expression);                        \
    }                                                           \
  };
#define TERNARY(name, D, A, B, C, expression)                        \
  struct name##_op {                                                 \
    using Result = D;                                                \
    using First = A;                                                 \
    using Second = B;                                                \
    using Third = C;                                                 \
    static inline D apply(A a, B b, C c, [[maybe_unused]] s64 imm) { \
      return static_cast<D>(expression);                             \
    }                                                                \
  };
#define QUATERNARY(name, D, A, B, C, E, expression)                                  \
  struct name##_op {                                                                 \
    using Result = D;                                                                \
    using First = A;                                                                 \
    using Second = B;                                                                \
    using Third = C;                                                                 \
    using Fourth = E;                                                                \
    static inline D apply(A a, B b, C c, E e) { return static_cast<D>(expression); } \
  };
#define COMPARE(name, T, condition)                          \
  struct name##_op {                                         \
    using Operand = T;                                       \
    static inline bool apply(T a, T b) { return condition; } \
  };
#define MASK(name, expression)                                                    \
  struct name##_op {                                                              \
    static inline u32 apply(u32 a, [[maybe_unused]] u32 b) { return expression; } \
  };
#include "synth/ptx/ops.def"

template <class O, int W, int S>
void unary(std::byte* file, const Insn& insn, Warp&) {
  const Source<typename O::First, W, (S & 1) != 0> a(file, insn.a);
  Target<typename O::Result, W> d(file, insn.dst);
  const s64 imm = insn.imm;
#pragma GCC ivdep
  for (int i = 0; i < W; ++i) d[i] = O::apply(a[i], imm);
}

template <class O, int W, int S>
void binary(std::byte* file, const Insn& insn, Warp&) {
  const Source<typename O::First, W, (S & 1) != 0> a(file, insn.a);
  const Source<typename O::Second, W, (S & 2) != 0> b(file, insn.b);
  Target<typename O::Result, W> d(file, insn.dst);
  const s64 imm = insn.imm;
#pragma GCC ivdep
  for (int i = 0; i < W; ++i) d[i] = O::apply(a[i], b[i], imm);
}

template <class O, int W, int S>
void ternary(std::byte* file, const Insn& insn, Warp&) {
  const Source<typename O::First, W, (S & 1) != 0> a(file, insn.a);
  const Source<typename O::Second, W, (S & 2) != 0> b(file, insn.b);
  const Source<typename O::Third, W, (S & 4) != 0> c(file, insn.c);
  Target<typename O::Result, W> d(file, insn.dst);
  const s64 imm = insn.imm;
#pragma GCC ivdep
  for (int i = 0; i < W; ++i) d[i] = O::apply(a[i], b[i], c[i], imm);
}

/// All operands are rows, or all are scalars.
template <class O, int W>
void quaternary(std::byte* file, const Insn& insn, Warp&) {
  const Source<typename O::First, W, W == 1> a(file, insn.a);
  const Source<typename O::Second, W, W == 1> b(file, insn.b);
  const Source<typename O::Third, W, W == 1> c(file, insn.c);
  const Source<typename O::Fourth, W, W == 1> e(file, insn.d);
  Target<typename O::Result, W> d(file, insn.dst);
#pragma GCC ivdep
  for (int i = 0; i < W; ++i) d[i] = O::apply(a[i], b[i], c[i], e[i]);
}

/// The result is a mask in a scalar slot; of scalar operands, all ones or zero.
template <class O, int W, int S>
void compare(std::byte* file, const Insn& insn, Warp&) {
  using T = typename O::Operand;
  const Source<T, W, (S & 1) != 0> a(file, insn.a);
  const Source<T, W, (S & 2) != 0> b(file, insn.b);
  u32 mask = 0;
  if constexpr (W == 1) {
    mask = O::apply(a[0], b[0]) ? ~0U : 0U;
  } else {
    SignedCell<T> lanes[W];
    for (int i = 0; i < W; ++i) lanes[i] = O::apply(a[i], b[i]) ? -1 : 0;
    mask = mask_of<W>(lanes);
  }
  slot<u32>(file, insn.dst) = mask ^ static_cast<u32>(insn.imm);
}

template <class O>
void mask_operation(std::byte* file, const Insn& insn, Warp&) {
  slot<u32>(file, insn.dst) = O::apply(slot<u32>(file, insn.a), slot<u32>(file, insn.b));
}

template <class T, int W, int S>
void select(std::byte* file, const Insn& insn, Warp&) {
  const u32 mask = slot<u32>(file, insn.c);
  const Source<T, W, (S & 1) != 0> a(file, insn.a);
  const Source<T, W, (S & 2) != 0> b(file, insn.b);
  Target<T, W> d(file, insn.dst);
#pragma GCC ivdep
  for (int i = 0; i < W; ++i) d[i] = ((mask >> i) & 1) != 0 ? a[i] : b[i];
}

template <int W>
void special_lanes(std::byte* file, const Insn& insn, Warp& warp) {
  const auto* from = warp.lane_registers[insn.imm];
  Target<u32, W> d(file, insn.dst);
  for (int i = 0; i < W; ++i) d[i] = from[i];
}

void special_warp(std::byte* file, const Insn& insn, Warp& warp) {
  slot<u32>(file, insn.dst) = warp.warp_registers[insn.imm];
}

template <class T>
void load_param(std::byte* file, const Insn& insn, Warp& warp) {
  T value;
  __builtin_memcpy(&value, warp.parameters + insn.imm, sizeof(T));
  slot<T>(file, insn.dst) = value;
}

template <class T, int W>
void merge(std::byte* file, u32 dst, u32 scratch, const Warp& warp) {
  auto* d = row<T, W>(file, dst);
  const auto* s = row<T, W>(file, scratch);
#pragma GCC ivdep
  for (int i = 0; i < W; ++i) d[i] = warp.active64[i] != 0 ? s[i] : d[i];
}

/// All that has handlers for lanes, at width W.
template <int W>
constexpr void fill_width(Handler (&at)[kOpCount][8]) {
  auto entry = [&at](Op op) -> Handler(&)[8] { return at[static_cast<std::size_t>(op)]; };
#define UNARY(name, ...)                       \
  entry(Op::name)[0] = unary<name##_op, W, 0>; \
  entry(Op::name)[1] = unary<name##_op, W, 1>;
#define BINARY(name, ...)                       \
  entry(Op::name)[0] = binary<name##_op, W, 0>; \
  entry(Op::name)[1] = binary<name##_op, W, 1>; \
  entry(Op::name)[2] = binary<name##_op, W, 2>;
#define TERNARY(name, ...)                       \
  entry(Op::name)[0] = ternary<name##_op, W, 0>; \
  entry(Op::name)[1] = ternary<name##_op, W, 1>; \
  entry(Op::name)[2] = ternary<name##_op, W, 2>; \
  entry(Op::name)[3] = ternary<name##_op, W, 3>; \
  entry(Op::name)[4] = ternary<name##_op, W, 4>; \
  entry(Op::name)[5] = ternary<name##_op, W, 5>; \
  entry(Op::name)[6] = ternary<name##_op, W, 6>;
#define QUATERNARY(name, ...) entry(Op::name)[0] = quaternary<name##_op, W>;
#define COMPARE(name, ...)                       \
  entry(Op::name)[0] = compare<name##_op, W, 0>; \
  entry(Op::name)[1] = compare<name##_op, W, 1>; \
  entry(Op::name)[2] = compare<name##_op, W, 2>;
#include "synth/ptx/ops.def"
  entry(Op::select32)[0] = select<u32, W, 0>;
  entry(Op::select32)[1] = select<u32, W, 1>;
  entry(Op::select32)[2] = select<u32, W, 2>;
  entry(Op::select32)[3] = select<u32, W, 3>;
  entry(Op::select64)[0] = select<u64, W, 0>;
  entry(Op::select64)[1] = select<u64, W, 1>;
  entry(Op::select64)[2] = select<u64, W, 2>;
  entry(Op::select64)[3] = select<u64, W, 3>;
  entry(Op::special_lanes)[0] = special_lanes<W>;
  for (int scalar_address = 0; scalar_address < 2; ++scalar_address) {
    entry(Op::load)[scalar_address] = load_checked;
    entry(Op::store)[scalar_address] = store_checked;
    entry(Op::atomic)[scalar_address] = atomic_checked;
  }
  entry(Op::load_global32)[0] = load_global_rows<u32, W>;
  entry(Op::load_global64)[0] = load_global_rows<u64, W>;
  entry(Op::load_global32)[1] = load_global_same<u32, W>;
  entry(Op::load_global64)[1] = load_global_same<u64, W>;
  entry(Op::store_global32)[0] = store_global_rows<u32, W>;
  entry(Op::store_global64)[0] = store_global_rows<u64, W>;
  entry(Op::store_global32)[1] = store_checked;
  entry(Op::store_global64)[1] = store_checked;
  entry(Op::atomic_add_f32)[0] = atomic_add_rows<f32, W>;
  entry(Op::atomic_add_f64)[0] = atomic_add_rows<f64, W>;
  entry(Op::atomic_add_f32)[1] = atomic_checked;
  entry(Op::atomic_add_f64)[1] = atomic_checked;
  entry(Op::load_local32)[0] = load_checked;
  entry(Op::load_local64)[0] = load_checked;
  entry(Op::load_local32)[1] = load_local_same<u32, W>;
  entry(Op::load_local64)[1] = load_local_same<u64, W>;
  entry(Op::store_local32)[0] = store_checked;
  entry(Op::store_local64)[0] = store_checked;
  entry(Op::store_local32)[1] = store_local_same<u32, W>;
  entry(Op::store_local64)[1] = store_local_same<u64, W>;
  entry(Op::shuffle)[0] = shuffle_lanes;
  entry(Op::vote)[0] = vote_lanes;
  entry(Op::warp_barrier)[0] = warp_barrier;
  entry(Op::fence)[0] = memory_fence;
}

/// Operations on scalar slots alone: the same templates at width 1, with every operand scalar.
constexpr void fill_scalar(Handler (&at)[kOpCount][8]) {
  auto entry = [&at](Op op) -> Handler(&)[8] { return at[static_cast<std::size_t>(op)]; };
#define UNARY(name, ...) entry(Op::name)[1] = unary<name##_op, 1, 1>;
#define BINARY(name, ...) entry(Op::name)[3] = binary<name##_op, 1, 3>;
#define TERNARY(name, ...) entry(Op::name)[7] = ternary<name##_op, 1, 7>;
#define QUATERNARY(name, ...) entry(Op::name)[7] = quaternary<name##_op, 1>;
#define COMPARE(name, ...) entry(Op::name)[3] = compare<name##_op, 1, 3>;
#define MASK(name, ...) entry(Op::name)[3] = mask_operation<name##_op>;
#include "synth/ptx/ops.def"
  entry(Op::select32)[3] = select<u32, 1, 3>;
  entry(Op::select64)[3] = select<u64, 1, 3>;
  entry(Op::special_warp)[0] = special_warp;
  entry(Op::load_param32)[0] = load_param<u32>;
  entry(Op::load_param64)[0] = load_param<u64>;
}

constexpr HandlerTable make_table() {
  HandlerTable table{};
  table.name = FEMSYNTH_PTX_NAME;
  fill_width<8>(table.at[0]);
  fill_width<16>(table.at[1]);
  fill_width<32>(table.at[2]);
  fill_scalar(table.at[kScalarWidth]);
  table.merge32[0] = merge<u32, 8>;
  table.merge32[1] = merge<u32, 16>;
  table.merge32[2] = merge<u32, 32>;
  table.merge64[0] = merge<u64, 8>;
  table.merge64[1] = merge<u64, 16>;
  table.merge64[2] = merge<u64, 32>;
  return table;
}

}  // namespace

extern const HandlerTable FEMSYNTH_PTX_TABLE;
constexpr HandlerTable FEMSYNTH_PTX_TABLE = make_table();

}  // namespace femsynth::synth::ptx
