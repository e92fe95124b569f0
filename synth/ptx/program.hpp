#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "synth/ptx/ast.hpp"
#include "synth/ptx/insn.hpp"
#include "synth/ptx/warp.hpp"

/// Decoded kernels: blocks of flat operations, with what each block counts.
namespace femsynth::synth::ptx {

inline constexpr std::uint32_t kNone = ~std::uint32_t{0};

enum class Terminator : std::uint8_t {
  fall,         ///< go on with `next`
  branch,       ///< go to `target`
  conditional,  ///< lanes with the predicate go to `target`, the others to `next`
  indexed,      ///< brx.idx: by `operand` into `targets`
  exit,         ///< all active lanes end
  exit_if,      ///< lanes with the predicate end
  call,         ///< runs `callee`, then `next`
  ret,          ///< return from a function
  barrier,
  trap,
};

/// Counting classes, in the order of kClassNames.
enum class CountClass : std::uint8_t {
  f64_fma,
  f64_add,
  f64_mul,
  f64_div,
  f64_special,
  f32_fma,
  f32_add,
  f32_mul,
  f32_div,
  f32_special,
  integer,
  load_global,
  store_global,
  load_local,
  store_local,
  load_shared,
  store_shared,
  load_constant,
  atomic,
  branch,
  barrier,
  convert,
  move,
  predicate,
  count
};
extern const std::array<const char*, static_cast<std::size_t>(CountClass::count)> kClassNames;
enum class ByteClass : std::uint8_t {
  global_read,
  global_write,
  local_read,
  local_write,
  shared_read,
  shared_write,
  constant_read,
  count
};
extern const std::array<const char*, static_cast<std::size_t>(ByteClass::count)> kByteNames;

/// A row that is copied when a function is called or returns; all rows of 64-bit cells.
struct RowCopy {
  std::uint32_t from = 0, to = 0;
};

struct Block {
  std::uint32_t first = 0, last = 0;    ///< its operations: [first, last)
  std::uint32_t issued = 0;             ///< PTX instructions, the terminator included
  std::uint32_t reconvergence = kNone;  ///< immediate post-dominator
  Terminator terminator = Terminator::fall;
  bool negated = false;  ///< of `predicate`
  bool guarded = false;  ///< the whole block runs under `predicate`
  bool operand_scalar = false;
  std::uint32_t predicate = 0;    ///< scalar slot
  std::uint32_t operand = kNone;  ///< index of an indexed branch
  std::uint32_t target = 0, next = 0;
  std::uint32_t barrier_id = 0;
  std::uint32_t source = 0;                 ///< the terminator's PTX instruction
  std::vector<std::uint32_t> targets;       ///< indexed
  std::vector<RowCopy> arguments, results;  ///< call
};

/// Lane instructions and bytes of one pass through a block, per active lane.
struct BlockCounts {
  std::array<std::uint32_t, static_cast<std::size_t>(CountClass::count)> instructions{};
  std::array<std::uint32_t, static_cast<std::size_t>(ByteClass::count)> bytes{};
};

/// A kernel parameter.
struct Parameter {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

/// A PTX instruction for messages.
struct Source {
  int line = 0;
  std::string_view text;  ///< without surrounding blanks; points into the module's PTX
};

/// A variable in shared or local memory.
struct PlacedVariable {
  std::string name;
  std::uint64_t offset = 0, size = 0;
};

/// A kernel with all functions that it calls, ready to run. Immutable.
struct Program {
  std::string name;
  const HandlerTable* table = nullptr;
  std::vector<Insn> insns;
  std::array<std::vector<Handler>, 3> code;  ///< the handler of each, for width 8, 16 and 32
  std::vector<Block> blocks;                 ///< blocks[0] is the entry
  std::vector<BlockCounts> counts;
  std::vector<Access> accesses;
  std::vector<Source> sources;
  std::vector<std::uint64_t> constants;        ///< scalar slots [0, constants.size())
  std::uint32_t scalar_slots = 0;              ///< constants included
  std::uint32_t row_units = 0;                 ///< size of the rows in 32-bit cells a lane
  std::vector<bool> wide_unit;                 ///< is the unit the first of a row of 64-bit cells?
  std::uint32_t scratch32 = 0, scratch64 = 0;  ///< rows for results under a partial mask
  std::uint32_t scratch_mask = 0;              ///< a scalar slot
  std::vector<Parameter> parameters;
  std::uint32_t parameter_bytes = 0;
  std::vector<PlacedVariable> shared, local;
  std::uint64_t shared_bytes = 0, local_bytes = 0;
  bool has_barrier = false;
};

/// A module's text, variables and programs. Immutable, shared by threads.
struct DecodedModule {
  std::string ptx;
  std::vector<Variable> variables;             ///< .global and .const; variable i has region 1 + i
  std::vector<std::vector<std::byte>> images;  ///< contents of the variables
  std::vector<Program> programs;               ///< one a kernel
  /// The program of the kernel, or null.
  const Program* find(std::string_view kernel) const;
};

/// Every handler table that this machine can run, the portable one first.
std::vector<const HandlerTable*> all_handlers();

/// Parses and decodes a module. Throws LocatedError at anything it does not know.
std::shared_ptr<const DecodedModule> decode(std::string ptx,
                                            const HandlerTable& table = handlers());

}  // namespace femsynth::synth::ptx
