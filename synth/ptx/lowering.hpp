#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "synth/ptx/lower.hpp"

/// The working state of lower.cpp, shared by the files that lower groups of instructions.
namespace femsynth::synth::ptx {

inline constexpr std::uint64_t kSharedGap = 64;  ///< between variables, so that an overrun is seen
inline constexpr std::uint64_t kMaxSharedBytes = 232448;  ///< what a block of any device can have

inline std::uint64_t round_up(std::uint64_t value, std::uint64_t to) {
  return (value + to - 1) / to * to;
}

/// A fundamental type: kind 'b', 's', 'u', 'f' or 'p' (predicate), and bits.
struct Type {
  char kind = 'b';
  int bits = 32;
  bool is_float() const { return kind == 'f'; }
  bool is_signed() const { return kind == 's'; }
};
std::optional<Type> parse_type(std::string_view text);

/// The parts of "fma.rn.ftz.f32" after the first; each must be taken by the lowering, or the
/// instruction is refused.
class Modifiers {
 public:
  explicit Modifiers(std::string_view opcode);
  std::string_view base() const { return base_; }
  /// Takes the modifier if it is there.
  bool take(std::string_view name);
  /// Takes whichever of the names is there, and returns its index, or -1.
  int take_one(std::initializer_list<std::string_view> names);
  /// Takes the first remaining modifier that is a type.
  std::optional<Type> take_type();
  /// What nobody took, or "".
  std::string_view left() const { return parts_.empty() ? std::string_view{} : parts_.front(); }
  void take_all_starting(std::string_view prefix);

 private:
  std::string_view base_;
  std::vector<std::string_view> parts_;
};

class Lowering {
 public:
  Lowering(const Module& module, std::string_view text) : module_(module), text_(text) {}
  LowProgram run(const Function& kernel);

 private:
  using Method = void (Lowering::*)();
  static const std::map<std::string_view, Method>& methods();

  // --- functions and blocks (lower.cpp, lower_control.cpp) ---
  std::uint32_t function_index(std::string_view name);
  void lower_function(std::uint32_t index);
  void declare_params(const Function& function, LowFunction& low);
  void place_parameters(const Function& kernel);
  void refuse_recursion();
  void lower_instruction(const Instruction& instruction);
  void open_block();
  void close_block(Terminator terminator);
  void close_if_open(Terminator terminator);
  void resolve_labels();
  LowBlock& block() { return program_.blocks.back(); }
  BlockCounts& counts() { return program_.counts.back(); }
  Value guard_value();
  bool leads_to_end(std::string_view label) const;
  void control_branch();
  void control_indexed();
  void control_exit();
  void control_ret();
  void control_call();
  void control_barrier();
  void control_trap();
  void skip_unless_guard();
  void copy_params(const Operand& list, const std::vector<std::vector<Value>>& formal,
                   std::size_t first, std::size_t count, bool results);

  // --- messages ---
  [[noreturn]] void refuse(const std::string& why) const;
  [[noreturn]] void unknown() const;
  void finish();
  void need_operands(std::size_t count) const;

  // --- values (lower_value.cpp) ---
  Value fresh(RegClass cls);
  Value constant(std::uint64_t bits);
  static RegClass class_of(int bits) { return bits == 64 ? RegClass::b64 : RegClass::b32; }
  RegClass class_of(Value value) const { return program_.registers[value]; }
  const Operand& operand(std::size_t index) const { return instruction_->operands[index]; }
  Value register_of(const Operand& operand) const;
  /// An operand of the type, at its width; narrower integers as they lie in their cell.
  Value read(const Operand& operand, Type type);
  /// The same, with 8- and 16-bit integers extended to 32 bits by their sign.
  Value read_extended(const Operand& operand, Type type);
  /// As read_extended, from a register that may be wider than the type.
  Value read_wide(const Operand& operand, Type type);
  Value read_predicate(const Operand& operand);
  /// The destination register of the type's width.
  Value write(const Operand& operand, Type type);
  Value write_predicate(const Operand& operand);
  /// Writes a 32- or 64-bit value into a register that may be wider.
  void write_wide(const Operand& operand, Value value, Type type);
  std::uint64_t symbol_address(std::string_view name, Space* space);

  // --- operations ---
  LowInsn& emit(Op op, Value dst, Value a = kNone, Value b = kNone, Value c = kNone,
                Value d = kNone);
  Value make(Op op, RegClass cls, Value a, Value b = kNone, Value c = kNone, std::int64_t imm = 0);
  void tally(CountClass cls) { counts().instructions[static_cast<std::size_t>(cls)]++; }
  void tally_bytes(ByteClass cls, std::uint32_t bytes) {
    counts().bytes[static_cast<std::size_t>(cls)] += bytes;
  }

  // --- arithmetic (lower_integer.cpp, lower_float.cpp) ---
  struct FloatMode {
    Rounding rounding = Rounding::nearest;
    bool explicit_rounding = false;
    bool flush = false, saturate = false, approx = false, full = false;
  };
  FloatMode float_mode();
  Value flushed(Value value, Type type, const FloatMode& mode);
  void float_result(Value value, Type type, const FloatMode& mode);
  void float_binary(Op nearest32, Op nearest64, Op round32, Op round64, CountClass cls32,
                    CountClass cls64, Type type);
  void integer_binary(Type type, Op op32, Op op64, bool extend);
  Type need_type();
  void add();
  void sub();
  void mul();
  void mad();
  void fma();
  void fma_typed(Type type);
  void div();
  void rem();
  void abs();
  void neg();
  void min_max();
  void sad();
  void mul24();
  void mad24();
  void add_carry();
  void mad_carry();
  void finish_carry(Value a, Value b, Type type, bool subtract, bool with_carry, bool sets_carry);
  Value product(Type type, bool high, Value a, Value b);
  void bit_count();
  void bfind();
  void brev();
  void bfe();
  void bfi();
  void prmt();
  void shf();
  void lop3();
  void logic();
  void logic_not();
  void cnot();
  void shift_left();
  void shift_right();
  void rcp();
  void sqrt();
  void rsqrt();
  void approximate();
  void copysign();
  void testp();

  // --- comparisons, moves, conversions (lower_move.cpp) ---
  Value comparison(std::string_view name, Type type, Value a, Value b);
  std::string_view comparison_name();
  void setp();
  void set();
  void selp();
  void slct();
  void mov();
  void mov_pack(Type type);
  void mov_unpack(Type type);
  bool mov_special(const Operand& dst, std::string_view name);
  void cvt();
  Value convert_integer(Value value, Type from, Type to, bool saturate);
  Value convert_to_float(Value value, Type from, Type to, Rounding rounding);
  Value convert_to_integer(Value value, Type from, Type to);
  void cvta();

  // --- memory (lower_memory.cpp) ---
  struct Address {
    Value base = kNone;
    std::int64_t offset = 0;
  };
  Space take_space();
  void take_memory_order();
  Address address(const Operand& operand, Space space);
  MemoryType memory_type(Type type) const;
  void tally_load(Space space, std::uint32_t bytes);
  void tally_store(Space space, std::uint32_t bytes);
  void load();
  void store();
  void load_param(Type type, std::size_t lanes);
  void store_param(Type type, std::size_t lanes);
  void load_kernel_param(const Operand& at, Type type, std::size_t lanes);
  Value read_param_field(const std::vector<Value>& rows, std::uint64_t offset, Type type);
  void write_param_field(const std::vector<Value>& rows, std::uint64_t offset, Type type, Value v);
  void atomic();
  void shfl();
  void vote();
  void activemask();
  void fence();
  void nothing();

  const Module& module_;
  std::string_view text_;
  LowProgram program_;
  std::map<std::uint64_t, Value> constants_;
  std::map<std::string_view, std::uint32_t> function_indices_;
  std::vector<const Function*> functions_;

  // of the function being lowered
  const Function* function_ = nullptr;
  std::uint32_t function_index_ = 0;
  Value first_register_ = 0;
  Value carry_ = kNone;
  bool open_ = false;
  std::map<std::string_view, std::uint32_t> labels_;
  std::map<std::string_view, std::pair<Space, std::uint64_t>> placed_;  // .shared and .local
  std::vector<std::pair<std::uint32_t, std::string_view>> branches_;    // block, label
  std::vector<std::pair<std::uint32_t, std::vector<std::string_view>>> indexed_;

  // of the instruction being lowered
  const Instruction* instruction_ = nullptr;
  Modifiers modifiers_{""};
  std::uint32_t source_ = 0;
};

}  // namespace femsynth::synth::ptx
