// Branches, ends, calls and barriers: what ends a block.
#include <string>
#include <vector>

#include "synth/ptx/lowering.hpp"

namespace femsynth::synth::ptx {

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

}  // namespace femsynth::synth::ptx
