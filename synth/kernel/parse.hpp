#pragma once

#include <string_view>

#include "synth/kernel/module.hpp"

namespace femsynth::synth {

/// Reads the text form of a module (notes/ir_format.md). `name` stands for the text in messages.
/// Reads syntax only: call check() to know that the module means something.
/// Throws LocatedError at the first token that does not fit.
Module parse_module(std::string_view text, std::string_view name);

}  // namespace femsynth::synth
