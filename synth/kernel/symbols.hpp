#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "synth/kernel/module.hpp"

/// What names mean at a place in a function.
namespace femsynth::synth {

enum class DeclarationKind : std::uint8_t {
  value,    ///< let, loop variable, scalar parameter: never changes in its scope
  scalar,   ///< array of rank 0 or output scalar parameter: may be assigned
  array,    ///< local or shared array, or array parameter
  pointer,  ///< global memory
  table,
};

struct Declaration {
  std::string name;
  DeclarationKind kind = DeclarationKind::value;
  ValueType type = ValueType::real;
  std::vector<int> dims;
  bool writable = false;
  bool shared = false;
  bool uniform = false;  ///< the same in all threads of a block
};

Declaration declaration_of(const Table& table);
Declaration declaration_of(const FunctionParameter& parameter, bool in_kernel);
/// Of a loop (its variable), let or array.
Declaration declaration_of(const Statement& declaration);

/// Nested scopes as one stack; tables at the bottom. A name means its innermost declaration.
class SymbolTable {
 public:
  explicit SymbolTable(const std::vector<Table>& tables);

  const Declaration* find(const std::string& name) const;
  void declare(Declaration symbol);
  /// A mark for leave().
  std::size_t enter() const { return symbols_.size(); }
  void leave(std::size_t mark);

  /// The type of an expression; a name that is not known counts as real.
  ValueType type_of(const Expression& e) const;

 private:
  std::vector<Declaration> symbols_;
  std::unordered_map<std::string, std::vector<std::size_t>> places_;  // by name; never iterated
};

}  // namespace femsynth::synth
