#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "synth/ptx/space.hpp"

/// The syntax tree of a PTX module, with the line of everything that a message may name.
/// All string_views point into the text that was parsed; its owner must outlive the tree.
namespace femsynth::synth::ptx {

/// Width class of a virtual register. PTX registers are untyped beyond their width.
enum class RegClass : std::uint8_t { pred, b32, b64 };

/// A virtual register. 8- and 16-bit registers live in 32-bit cells.
struct Register {
  std::string_view name;
  RegClass cls = RegClass::b32;
  int bits = 32;  ///< declared width; 1 for predicates
};

/// A variable in memory (module scope, or .shared/.local of a function), or a .param.
struct Variable {
  std::string_view name;
  Space space = Space::global;
  std::uint64_t size = 0;          ///< bytes
  std::uint64_t align = 1;         ///< bytes
  std::vector<std::byte> initial;  ///< initialiser, at most `size` bytes; the rest is zero
  int line = 0;
};

enum class OperandKind : std::uint8_t {
  reg,        ///< a register, `value` its index in the function
  special,    ///< a special register, `text` its name (`%tid.x`)
  integer,    ///< an integer literal, `value`
  f32,        ///< 0f…, `value` its bits
  f64,        ///< 0d…, `value` its bits
  symbol,     ///< a label, variable or function, `text`
  parameter,  ///< a .param variable, `value` its index in the function
  address,    ///< [parts[0] + value]; parts[0] absent for an absolute address
  list,       ///< {a, b, …} or (a, b, …)
  pair,       ///< a|b
  sink,       ///< _
};

struct Operand {
  OperandKind kind = OperandKind::integer;
  bool negated = false;  ///< !%p
  std::string_view text;
  std::int64_t value = 0;
  std::vector<Operand> parts;
};

struct Instruction {
  std::string_view opcode;  ///< with all modifiers: "fma.rn.f64"
  std::int64_t guard = -1;  ///< register index of @%p, or -1
  bool guard_negated = false;
  std::vector<Operand> operands;
  int line = 0;
};

struct Label {
  std::string_view name;
  std::size_t instruction = 0;  ///< index of the instruction that follows
  int line = 0;
};

/// `.branchtargets` lists, by label.
struct BranchTargets {
  std::string_view name;
  std::vector<std::string_view> labels;
};

/// An .entry or a .func with its body.
struct Function {
  std::string_view name;
  bool entry = false;
  std::vector<Register> registers;
  std::vector<Variable> params;  ///< every .param variable of all scopes
  std::size_t input_count =
      0;  ///< params[result_count …) up to result_count + input_count are formal
  std::size_t result_count = 0;     ///< the first ones are the return values
  std::vector<Variable> variables;  ///< .shared and .local
  std::vector<Instruction> instructions;
  std::vector<Label> labels;
  std::vector<BranchTargets> branch_targets;
  int line = 0;
};

struct Module {
  std::string_view version;
  std::string_view target;
  std::vector<Variable> variables;
  std::vector<Function> functions;
};

/// Parses PTX. Throws LocatedError (file "PTX") at what is not PTX, or is a
/// declaration that the emulator does not support (.extern, textures, recursion aids).
Module parse(std::string_view text);

}  // namespace femsynth::synth::ptx
