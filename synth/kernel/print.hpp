#pragma once

#include <string>

#include "synth/kernel/module.hpp"

/// The text form of kernel IR; notes/ir_format.md is its reference.
namespace femsynth::synth {

/// The module as text. parse_module() reads it back to an equal module (of what a statement's kind
/// does not use, nothing is written), doubles bit by bit.
std::string to_text(const Module& module);
/// One statement with its body, and one expression, as they stand in the text form.
std::string to_text(const Statement& statement);
std::string to_text(const Expression& expression);

}  // namespace femsynth::synth
