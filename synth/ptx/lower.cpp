#include "synth/ptx/lower.hpp"

#include <algorithm>

#include "meshes/support/error.hpp"
#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {
namespace {

constexpr std::uint64_t kMaxLocalBytes = std::uint64_t{1} << 20;

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

LowProgram lower(const Module& module, const Function& kernel, std::string_view text) {
  return Lowering(module, text).run(kernel);
}

}  // namespace femsynth::synth::ptx
