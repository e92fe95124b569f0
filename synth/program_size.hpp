#pragma once

#include <cstddef>
#include <string>

#include "synth/kernel/module.hpp"

namespace femsynth::synth {

/// How large the functions of a program are, as limits:: counts it.
class ProgramSize {
 public:
  void add(const Function& function) { add(function.body); }
  /// "more than 20000 statements", or "" within the limits.
  std::string excess() const;

 private:
  void add(const std::vector<Statement>& body);
  void add(const Expression& expression);

  std::size_t statements_ = 0;
  std::size_t calls_ = 0;
};

}  // namespace femsynth::synth
