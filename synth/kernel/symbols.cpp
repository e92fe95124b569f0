#include "synth/kernel/symbols.hpp"

namespace femsynth::synth {

Declaration declaration_of(const Table& table) {
  return {table.name, DeclarationKind::table, table.type, table.dims, false, false, true};
}

Declaration declaration_of(const FunctionParameter& p, bool in_kernel) {
  const DeclarationKind kind = p.pointer         ? DeclarationKind::pointer
                               : !p.dims.empty() ? DeclarationKind::array
                               : p.output        ? DeclarationKind::scalar
                                                 : DeclarationKind::value;
  return {
      p.name, kind, p.type, p.dims, p.output, false, in_kernel && kind == DeclarationKind::value};
}

Declaration declaration_of(const Statement& s) {
  if (s.kind == StatementKind::array) {
    const DeclarationKind kind = s.dims.empty() ? DeclarationKind::scalar : DeclarationKind::array;
    return {s.name, kind, s.type, s.dims, true, s.shared, false};
  }
  const ValueType type = s.kind == StatementKind::loop ? ValueType::integer : s.type;
  return {s.name, DeclarationKind::value, type, {}, false, false, false};
}

SymbolTable::SymbolTable(const std::vector<Table>& tables) {
  for (const Table& t : tables) declare(declaration_of(t));
}

void SymbolTable::declare(Declaration symbol) {
  places_[symbol.name].push_back(symbols_.size());
  symbols_.push_back(std::move(symbol));
}

void SymbolTable::leave(std::size_t mark) {
  while (symbols_.size() > mark) {
    places_[symbols_.back().name].pop_back();
    symbols_.pop_back();
  }
}

const Declaration* SymbolTable::find(const std::string& name) const {
  const auto at = places_.find(name);
  return at == places_.end() || at->second.empty() ? nullptr : &symbols_[at->second.back()];
}

ValueType SymbolTable::type_of(const Expression& e) const {
  using Kind = ExpressionKind;
  switch (e.kind) {
    case Kind::real_literal:
    case Kind::call:
      return ValueType::real;
    case Kind::variable:
    case Kind::element: {
      const Declaration* symbol = find(e.name);
      return symbol != nullptr ? symbol->type : ValueType::real;
    }
    case Kind::negate:
      return type_of(e.operands.at(0));
    case Kind::add:
    case Kind::subtract:
    case Kind::multiply:
    case Kind::divide: {
      const bool real = type_of(e.operands.at(0)) == ValueType::real ||
                        type_of(e.operands.at(1)) == ValueType::real;
      return real ? ValueType::real : ValueType::integer;
    }
    case Kind::select: {
      const bool real = type_of(e.operands.at(1)) == ValueType::real ||
                        type_of(e.operands.at(2)) == ValueType::real;
      return real ? ValueType::real : ValueType::integer;
    }
    case Kind::integer_literal:
    case Kind::builtin:
    case Kind::less:
    case Kind::less_equal:
    case Kind::greater:
    case Kind::greater_equal:
    case Kind::equal:
    case Kind::not_equal:
    case Kind::logical_and:
    case Kind::logical_or:
    case Kind::logical_not:
      return ValueType::integer;
  }
  return ValueType::integer;
}

}  // namespace femsynth::synth
