#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// The kernel IR: a small loop tree that lowering builds, the optimiser rewrites, and emitters
/// turn into source. It owns its children and has a text form (notes/ir_format.md).
///
/// Semantics are C's with two scalar types, `real` (fp64 or fp32 by Module::precision) and
/// `int` (32-bit signed). No name hides another (sibling
/// blocks may use one again); a `let` is never assigned again.
namespace femsynth::synth {

enum class ValueType : std::uint8_t { real, integer };

/// What the grid tells a thread.
enum class Builtin : std::uint8_t {
  thread,        ///< blockIdx.x * blockDim.x + threadIdx.x
  local_thread,  ///< threadIdx.x
  block,         ///< blockIdx.x
  block_size,    ///< blockDim.x
  grid_size,     ///< gridDim.x
};

enum class ExpressionKind : std::uint8_t {
  real_literal,     ///< value
  integer_literal,  ///< integer
  variable,         ///< name: a let, loop variable, scalar parameter
  element,          ///< name[operands...]: of an array, table or array parameter
  builtin,          ///< builtin
  negate,           ///< −operand
  add,
  subtract,
  multiply,
  divide,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  logical_and,
  logical_or,
  logical_not,
  select,  ///< operands: condition, if true, if false
  call,    ///< name(operands...): a mathematical function, see is_math_function
};

/// An expression tree.
struct Expression {
  ExpressionKind kind = ExpressionKind::integer_literal;
  double value = 0;
  std::int32_t integer = 0;
  Builtin builtin = Builtin::thread;
  std::string name;
  std::vector<Expression> operands;
  bool operator==(const Expression&) const = default;
};

/// Names that a call may have: abs sign sqrt exp log sin cos tan asin acos atan sinh cosh tanh
/// erf (one operand), pow atan2 fmin fmax (two), bessel_j bessel_y bessel_i bessel_k (integer
/// order, then the argument: J_n, Y_n, I_n, K_n).
bool is_math_function(const std::string& name);
/// Number of operands of that function; 0 if it is none.
int math_function_arity(const std::string& name);

enum class StatementKind : std::uint8_t {
  loop,        ///< for name in begin .. end { body }; `unroll`: ask the compiler for it
  let,         ///< type name = value
  array,       ///< declares a local (or shared) array `name[dims...]` of `type`, uninitialised
  assign,      ///< target = value
  accumulate,  ///< target += value
  atomic_add,  ///< target += value as one step, target in global memory
  branch,      ///< if (value) { body }
  call,        ///< name(arguments): calls a device function of the module; see below
  barrier,     ///< every thread of the block waits
  comment,     ///< `text` for the reader
};

/// A statement with owned children.
struct Statement {
  StatementKind kind = StatementKind::comment;
  std::string name;  ///< loop variable, let, array, callee
  ValueType type = ValueType::real;
  std::string text;                   ///< of a comment; for let and array: words put beside it
  std::vector<int> dims;              ///< of an array
  bool shared = false;                ///< array in shared memory
  bool unroll = false;                ///< of a loop
  Expression begin, end;              ///< of a loop
  Expression target;                  ///< of assign, accumulate, atomic_add: variable or element
  Expression value;                   ///< of let, assign, accumulate, atomic_add, branch
  std::vector<Expression> arguments;  ///< of a call; an array goes by its name (a variable)
  std::vector<Statement> body;        ///< of loop and branch
  bool operator==(const Statement&) const = default;
};

/// A parameter. `dims` empty and not `pointer`: a scalar. `dims` given: a reference to a local
/// array of these extents. `pointer`: global memory of unknown length, one index.
struct FunctionParameter {
  std::string name;
  ValueType type = ValueType::real;
  bool pointer = false;
  bool output = false;  ///< may be written
  std::vector<int> dims;
  bool operator==(const FunctionParameter&) const = default;
};

/// A function of a module.
struct Function {
  std::string name;
  bool kernel = false;    ///< entry point (extern "C" __global__), else a device function
  int block_size = 0;     ///< of a kernel: the largest number of threads a block
  bool noinline = false;  ///< a device function that keeps its local arrays in a frame of its own
  std::string comment;    ///< one or more lines above it
  std::vector<FunctionParameter> parameters;
  std::vector<Statement> body;
  bool operator==(const Function&) const = default;
};

/// A constant table, row-major.
struct Table {
  std::string name;
  std::string comment;  ///< what its entries are, in mathematics
  ValueType type = ValueType::real;
  std::vector<int> dims;
  std::vector<double> values;  ///< integers too: exact
  bool operator==(const Table&) const = default;
};

/// A translation unit: tables, then device functions before the kernels that call them.
struct Module {
  std::string name;
  bool single_precision = false;  ///< real is fp32
  std::string comment;            ///< lines at the top
  std::vector<Table> tables;
  std::vector<Function> functions;
  bool operator==(const Module&) const = default;
};

}  // namespace femsynth::synth
