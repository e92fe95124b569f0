#include "synth/ptx/lower.hpp"

#include <algorithm>

#include "meshes/support/error.hpp"
#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {
namespace {

constexpr std::uint64_t kSharedGap = 64;  // between variables, so that an overrun is seen
constexpr std::uint64_t kMaxLocalBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxSharedBytes = 232448;  // what a block of any device can have

std::uint64_t round_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

}  // namespace

std::optional<Type> parse_type(std::string_view text) {
  if (text == "pred") return Type{'p', 1};
  if (text.size() < 2) return std::nullopt;
  const char kind = text[0];
  if (kind != 'b' && kind != 's' && kind != 'u' && kind != 'f') return std::nullopt;
  const std::string_view bits = text.substr(1);
  if (bits == "64") return Type{kind, 64};
  if (bits == "32") return Type{kind, 32};
  if (bits == "16" && kind != 'f') return Type{kind, 16};
  if (bits == "8" && kind != 'f') return Type{kind, 8};
  return std::nullopt;
}

Modifiers::Modifiers(std::string_view opcode) {
  std::size_t dot = opcode.find('.');
  base_ = opcode.substr(0, dot);
  while (dot != std::string_view::npos) {
    const std::size_t next = opcode.find('.', dot + 1);
    parts_.push_back(
        opcode.substr(dot + 1, next == std::string_view::npos ? next : next - dot - 1));
    dot = next;
  }
}

bool Modifiers::take(std::string_view name) {
  const auto it = std::find(parts_.begin(), parts_.end(), name);
  if (it == parts_.end()) return false;
  parts_.erase(it);
  return true;
}

int Modifiers::take_one(std::initializer_list<std::string_view> names) {
  int index = 0;
  for (const std::string_view name : names) {
    if (take(name)) return index;
    ++index;
  }
  return -1;
}

std::optional<Type> Modifiers::take_type() {
  for (auto it = parts_.begin(); it != parts_.end(); ++it) {
    if (const auto type = parse_type(*it)) {
      parts_.erase(it);
      return type;
    }
  }
  return std::nullopt;
}

void Modifiers::take_all_starting(std::string_view prefix) {
  std::erase_if(parts_, [&](std::string_view part) { return part.starts_with(prefix); });
}

const std::map<std::string_view, Lowering::Method>& Lowering::methods() {
  using L = Lowering;
  static const std::map<std::string_view, Method> table{
      {"abs", &L::abs},
      {"activemask", &L::activemask},
      {"add", &L::add},
      {"addc", &L::add_carry},
      {"and", &L::logic},
      {"atom", &L::atomic},
      {"bar", &L::control_barrier},
      {"barrier", &L::control_barrier},
      {"bfe", &L::bfe},
      {"bfi", &L::bfi},
      {"bfind", &L::bfind},
      {"bra", &L::control_branch},
      {"brev", &L::brev},
      {"brx", &L::control_indexed},
      {"call", &L::control_call},
      {"clz", &L::bit_count},
      {"cnot", &L::cnot},
      {"copysign", &L::copysign},
      {"cos", &L::approximate},
      {"cvt", &L::cvt},
      {"cvta", &L::cvta},
      {"div", &L::div},
      {"ex2", &L::approximate},
      {"exit", &L::control_exit},
      {"fence", &L::fence},
      {"fma", &L::fma},
      {"ld", &L::load},
      {"ldu", &L::load},
      {"lg2", &L::approximate},
      {"lop3", &L::lop3},
      {"mad", &L::mad},
      {"mad24", &L::mad24},
      {"madc", &L::mad_carry},
      {"max", &L::min_max},
      {"membar", &L::fence},
      {"min", &L::min_max},
      {"mov", &L::mov},
      {"mul", &L::mul},
      {"mul24", &L::mul24},
      {"nanosleep", &L::nothing},
      {"neg", &L::neg},
      {"not", &L::logic_not},
      {"or", &L::logic},
      {"popc", &L::bit_count},
      {"prefetch", &L::nothing},
      {"prefetchu", &L::nothing},
      {"prmt", &L::prmt},
      {"rcp", &L::rcp},
      {"red", &L::atomic},
      {"rem", &L::rem},
      {"ret", &L::control_ret},
      {"rsqrt", &L::rsqrt},
      {"sad", &L::sad},
      {"selp", &L::selp},
      {"set", &L::set},
      {"setp", &L::setp},
      {"shf", &L::shf},
      {"shfl", &L::shfl},
      {"shl", &L::shift_left},
      {"shr", &L::shift_right},
      {"sin", &L::approximate},
      {"slct", &L::slct},
      {"sqrt", &L::sqrt},
      {"st", &L::store},
      {"sub", &L::sub},
      {"subc", &L::add_carry},
      {"tanh", &L::approximate},
      {"testp", &L::testp},
      {"trap", &L::control_trap},
      {"vote", &L::vote},
      {"xor", &L::logic},
  };
  return table;
}

void Lowering::refuse(const std::string& why) const {
  const int line = instruction_ != nullptr ? instruction_->line : function_->line;
  throw LocatedError("PTX", {line, 1}, why, std::string(text_));
}

void Lowering::unknown() const {
  refuse("unsupported instruction '" + std::string(instruction_->opcode) + "'");
}

void Lowering::finish() {
  if (!modifiers_.left().empty()) {
    refuse("unsupported modifier '." + std::string(modifiers_.left()) + "' of '" +
           std::string(instruction_->opcode) + "'");
  }
}

void Lowering::need_operands(std::size_t count) const {
  if (instruction_->operands.size() != count) {
    refuse("'" + std::string(instruction_->opcode) + "' takes " + std::to_string(count) +
           " operands here, not " + std::to_string(instruction_->operands.size()));
  }
}

// --- functions ---

LowProgram Lowering::run(const Function& kernel) {
  functions_.push_back(&kernel);
  program_.functions.emplace_back();
  function_ = &kernel;
  declare_params(kernel, program_.functions[0]);
  place_parameters(kernel);
  // lower_function appends what it calls to functions_.
  for (std::uint32_t i = 0; i < functions_.size(); ++i) lower_function(i);
  refuse_recursion();
  program_.local_bytes = round_up(program_.local_bytes, 16);
  return std::move(program_);
}

/// The frames of functions have fixed places, so that no function may be active twice.
void Lowering::refuse_recursion() {
  std::vector<std::vector<std::uint32_t>> callees(functions_.size());
  for (const LowBlock& at : program_.blocks) {
    if (at.callee != kNone) callees[at.function].push_back(at.callee);
  }
  enum class State : std::uint8_t { fresh, open, done };
  std::vector<State> state(functions_.size(), State::fresh);
  std::vector<std::pair<std::uint32_t, std::size_t>> stack{{0, 0}};
  state[0] = State::open;
  while (!stack.empty()) {
    auto& [function, next] = stack.back();
    if (next == callees[function].size()) {
      state[function] = State::done;
      stack.pop_back();
      continue;
    }
    const std::uint32_t callee = callees[function][next++];
    if (state[callee] == State::open) {
      function_ = functions_[callee];
      refuse("'" + std::string(function_->name) + "' is recursive, which is not supported");
    }
    if (state[callee] == State::fresh) {
      state[callee] = State::open;
      stack.emplace_back(callee, 0);
    }
  }
}

void Lowering::place_parameters(const Function& kernel) {
  std::uint64_t offset = 0;
  for (const Variable& param : kernel.params) {
    if (&param - kernel.params.data() >= static_cast<std::ptrdiff_t>(kernel.input_count)) break;
    offset = round_up(offset, param.align);
    program_.parameters.push_back(
        {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(param.size)});
    offset += param.size;
  }
  if (offset > 32764) refuse("the parameters take more than 32764 bytes");
  program_.parameter_bytes = static_cast<std::uint32_t>(offset);
}

void Lowering::declare_params(const Function& function, LowFunction& low) {
  low.name = function.name;
  low.entry = function.entry;
  for (std::size_t i = 0; i < function.params.size(); ++i) {
    std::vector<Value> rows;
    const bool kernel_parameter = function.entry && i < function.input_count;
    if (!kernel_parameter) {
      for (std::uint64_t at = 0; at < function.params[i].size; at += 8) {
        rows.push_back(fresh(RegClass::b64));
        program_.pinned.back() = true;
      }
    }
    low.params.push_back(std::move(rows));
  }
}

std::uint32_t Lowering::function_index(std::string_view name) {
  const auto known = function_indices_.find(name);
  if (known != function_indices_.end()) return known->second;
  for (const Function& function : module_.functions) {
    if (function.name != name || function.entry) continue;
    const auto index = static_cast<std::uint32_t>(functions_.size());
    function_indices_[name] = index;
    functions_.push_back(&function);
    program_.functions.emplace_back();
    declare_params(function, program_.functions.back());
    return index;
  }
  refuse("'" + std::string(name) + "' is called, but the module does not define it");
}

void Lowering::lower_function(std::uint32_t index) {
  function_ = functions_[index];
  function_index_ = index;
  instruction_ = nullptr;
  labels_.clear();
  placed_.clear();
  branches_.clear();
  indexed_.clear();
  carry_ = kNone;
  open_ = false;
  first_register_ = static_cast<Value>(program_.registers.size());
  for (const Register& reg : function_->registers) fresh(reg.cls);
  for (const Variable& variable : function_->variables) {
    const bool shared = variable.space == Space::shared;
    std::uint64_t& top = shared ? program_.shared_bytes : program_.local_bytes;
    const std::uint64_t at =
        round_up(top + (shared ? kSharedGap : 0), std::max<std::uint64_t>(variable.align, 8));
    placed_[variable.name] = {variable.space, at};
    (shared ? program_.shared : program_.local)
        .push_back({std::string(variable.name), at, variable.size});
    top = at + variable.size;
  }
  if (program_.local_bytes > kMaxLocalBytes) refuse("more than 1 MiB of local memory a thread");
  if (program_.shared_bytes > kMaxSharedBytes) refuse("too much shared memory");

  const auto first = static_cast<std::uint32_t>(program_.blocks.size());
  std::size_t next_label = 0;
  open_block();
  for (std::size_t i = 0; i <= function_->instructions.size(); ++i) {
    while (next_label < function_->labels.size() &&
           function_->labels[next_label].instruction == i) {
      if (!block().insns.empty() || block().shape.issued != 0) {
        close_if_open(Terminator::fall);
        open_block();
      } else if (!open_) {
        open_block();
      }
      labels_[function_->labels[next_label].name] =
          static_cast<std::uint32_t>(program_.blocks.size()) - 1;
      ++next_label;
    }
    if (i == function_->instructions.size()) break;
    lower_instruction(function_->instructions[i]);
  }
  // Also the block that a guarded last instruction goes on with.
  if (!open_) open_block();
  close_block(function_->entry ? Terminator::exit : Terminator::ret);
  instruction_ = nullptr;
  resolve_labels();
  program_.functions[index].first_block = first;
  program_.functions[index].last_block = static_cast<std::uint32_t>(program_.blocks.size());
}

void Lowering::resolve_labels() {
  const auto find = [&](std::string_view name) {
    const auto it = labels_.find(name);
    if (it == labels_.end()) refuse("no label '" + std::string(name) + "' in this function");
    return it->second;
  };
  for (const auto& [from, name] : branches_) program_.blocks[from].shape.target = find(name);
  for (const auto& [from, names] : indexed_) {
    for (const std::string_view name : names) {
      program_.blocks[from].shape.targets.push_back(find(name));
    }
  }
}

// --- blocks ---

void Lowering::open_block() {
  program_.blocks.emplace_back();
  program_.counts.emplace_back();
  block().function = function_index_;
  open_ = true;
}

void Lowering::close_block(Terminator terminator) {
  Block& shape = block().shape;
  shape.terminator = terminator;
  shape.source = source_;
  shape.next = static_cast<std::uint32_t>(program_.blocks.size());
  open_ = false;
}

void Lowering::close_if_open(Terminator terminator) {
  if (open_) close_block(terminator);
}

void Lowering::lower_instruction(const Instruction& instruction) {
  instruction_ = &instruction;
  modifiers_ = Modifiers(instruction.opcode);
  const auto method = methods().find(modifiers_.base());
  if (method == methods().end()) unknown();
  source_ = static_cast<std::uint32_t>(program_.sources.size());
  program_.sources.push_back({instruction.line, {}});
  if (!open_) open_block();

  const std::string_view base = modifiers_.base();
  const bool control =
      base == "bra" || base == "brx" || base == "exit" || base == "ret" || base == "call" ||
      base == "trap" ||
      ((base == "bar" || base == "barrier") && instruction.opcode.substr(0, 8) != "bar.warp");
  if (control || instruction.guard < 0) {
    block().shape.issued += control ? 0 : 1;
    (this->*method->second)();
    return;
  }
  // A guarded instruction is a block of its own, which the lanes with the predicate execute.
  const Value guard = guard_value();
  close_if_open(Terminator::fall);
  open_block();
  block().shape.guarded = true;
  block().shape.predicate = guard;
  block().shape.negated = instruction.guard_negated;
  block().shape.issued = 1;
  (this->*method->second)();
  close_block(Terminator::fall);
  open_block();
}

Value Lowering::guard_value() { return first_register_ + static_cast<Value>(instruction_->guard); }

/// Does the label stand before an unconditional end of the kernel?
bool Lowering::leads_to_end(std::string_view label) const {
  if (!function_->entry) return false;
  for (const Label& candidate : function_->labels) {
    if (candidate.name != label) continue;
    if (candidate.instruction >= function_->instructions.size()) return true;
    const Instruction& at = function_->instructions[candidate.instruction];
    return at.guard < 0 && (at.opcode == "ret" || at.opcode == "exit" || at.opcode == "ret.uni");
  }
  return false;
}

/// For a guarded instruction that ends a block: lanes without the predicate go around it.
void Lowering::skip_unless_guard() {
  if (instruction_->guard < 0) return;
  Block& shape = block().shape;
  shape.predicate = guard_value();
  shape.negated = !instruction_->guard_negated;
  close_block(Terminator::conditional);
  // The block after the one that is opened now.
  program_.blocks.back().shape.target = static_cast<std::uint32_t>(program_.blocks.size()) + 1;
  open_block();
}

void Lowering::control_branch() {
  modifiers_.take("uni");
  finish();
  need_operands(1);
  if (operand(0).kind != OperandKind::symbol) refuse("the target of a branch must be a label");
  block().shape.issued++;
  tally(CountClass::branch);
  const auto from = static_cast<std::uint32_t>(program_.blocks.size()) - 1;
  if (instruction_->guard < 0) {
    close_block(Terminator::branch);
  } else {
    block().shape.predicate = guard_value();
    block().shape.negated = instruction_->guard_negated;
    if (leads_to_end(operand(0).text)) return close_block(Terminator::exit_if);
    close_block(Terminator::conditional);
  }
  branches_.emplace_back(from, operand(0).text);
}

void Lowering::control_indexed() {
  modifiers_.take("idx");
  modifiers_.take("uni");
  finish();
  need_operands(2);
  skip_unless_guard();
  const Value index = read(operand(0), {'u', 32});
  block().shape.operand = index;
  block().shape.issued++;
  tally(CountClass::branch);
  for (const BranchTargets& targets : function_->branch_targets) {
    if (targets.name != operand(1).text) continue;
    indexed_.emplace_back(static_cast<std::uint32_t>(program_.blocks.size()) - 1, targets.labels);
    return close_block(Terminator::indexed);
  }
  refuse("no .branchtargets '" + std::string(operand(1).text) + "'");
}

void Lowering::control_exit() {
  finish();
  need_operands(0);
  block().shape.issued++;
  tally(CountClass::branch);
  if (instruction_->guard < 0) return close_block(Terminator::exit);
  block().shape.predicate = guard_value();
  block().shape.negated = instruction_->guard_negated;
  close_block(Terminator::exit_if);
}

void Lowering::control_ret() {
  modifiers_.take("uni");
  if (function_->entry) return control_exit();
  finish();
  need_operands(0);
  skip_unless_guard();
  block().shape.issued++;
  tally(CountClass::branch);
  close_block(Terminator::ret);
}

void Lowering::control_trap() {
  finish();
  need_operands(0);
  skip_unless_guard();
  block().shape.issued++;
  close_block(Terminator::trap);
}

void Lowering::control_barrier() {
  if (modifiers_.take("warp")) {
    if (!modifiers_.take("sync")) unknown();
    finish();
    need_operands(1);
    read(operand(0), {'b', 32});
    tally(CountClass::barrier);
    emit(Op::warp_barrier, kNone);
    return;
  }
  modifiers_.take("cta");
  modifiers_.take("aligned");
  if (!modifiers_.take("sync")) unknown();
  finish();
  need_operands(1);
  skip_unless_guard();
  if (operand(0).kind != OperandKind::integer) refuse("the barrier's number must be a constant");
  block().shape.barrier_id = static_cast<std::uint32_t>(operand(0).value);
  block().shape.issued++;
  tally(CountClass::barrier);
  program_.has_barrier = true;
  close_block(Terminator::barrier);
}

void Lowering::control_call() {
  modifiers_.take("uni");
  finish();
  const auto& operands = instruction_->operands;
  std::size_t at = 0;
  Operand none;
  none.kind = OperandKind::list;
  const bool has_results = !operands.empty() && operands[0].kind == OperandKind::list;
  const Operand& results = has_results ? operands[at++] : none;
  if (at >= operands.size() || operands[at].kind != OperandKind::symbol) {
    refuse("indirect calls are not supported");
  }
  const std::uint32_t callee = function_index(operands[at++].text);
  const bool has_arguments = at < operands.size() && operands[at].kind == OperandKind::list;
  const Operand& arguments = has_arguments ? operands[at++] : none;
  if (at != operands.size()) refuse("indirect calls are not supported");
  skip_unless_guard();
  const Function& function = *functions_[callee];
  const auto formal = program_.functions[callee].params;
  copy_params(results, formal, 0, function.result_count, true);
  copy_params(arguments, formal, function.result_count, function.input_count, false);
  block().callee = callee;
  block().shape.issued++;
  tally(CountClass::branch);
  close_block(Terminator::call);
}

void Lowering::copy_params(const Operand& list, const std::vector<std::vector<Value>>& formal,
                           std::size_t first, std::size_t count, bool results) {
  if (list.parts.size() != count) {
    refuse("the call passes " + std::to_string(list.parts.size()) + " parameters where " +
           std::to_string(count) + " are declared");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Operand& actual = list.parts[i];
    if (actual.kind != OperandKind::parameter) refuse("only .param variables can be passed");
    const auto& mine =
        program_.functions[function_index_].params[static_cast<std::size_t>(actual.value)];
    const auto& theirs = formal[first + i];
    if (mine.size() != theirs.size()) refuse("a parameter's size differs from its declaration");
    for (std::size_t k = 0; k < mine.size(); ++k) {
      if (results) {
        block().results.emplace_back(theirs[k], mine[k]);
      } else {
        block().arguments.emplace_back(mine[k], theirs[k]);
      }
    }
  }
}

// --- values ---

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

LowProgram lower(const Module& module, const Function& kernel, std::string_view text) {
  return Lowering(module, text).run(kernel);
}

}  // namespace femsynth::synth::ptx
