#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "synth/kernel/optimise/analysis.hpp"
#include "synth/kernel/optimise/passes.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ (value + 0x9e3779b97f4a7c15ULL)) * 0x100000001b3ULL;
}

/// A let whose value may stand for equal expressions.
struct Available {
  Expression value;
  std::string name;
  NameSet reads;  // memory that the value depends on
  bool dead = false;
};

class Sharer {
 public:
  explicit Sharer(const Module& module) : writes_(module), symbols_(module.tables) {}

  void function(Function& f) {
    function_ = &f;
    const std::size_t mark = symbols_.enter();
    for (const FunctionParameter& p : f.parameters) symbols_.declare(declaration_of(p, f.kernel));
    body(f.body);
    symbols_.leave(mark);
  }

 private:
  void body(std::vector<Statement>& list) {
    const std::size_t symbols = symbols_.enter();
    const std::size_t available = available_.size();
    const std::size_t copies = copies_.size();
    std::vector<Statement> kept;
    kept.reserve(list.size());
    for (Statement& s : list) {
      if (statement(s)) kept.push_back(std::move(s));
    }
    list = std::move(kept);
    copies_.resize(copies);
    while (available_.size() > available) {
      forget_last();
    }
    symbols_.leave(symbols);
  }

  /// False if the statement goes.
  bool statement(Statement& s) {
    NameSet written;
    writes_.collect(*function_, s, written);
    // The second trip of a loop sees what the first one wrote.
    if (s.kind == StatementKind::loop) kill(written);
    rewrite(s);
    if (s.kind == StatementKind::loop || s.kind == StatementKind::branch) {
      const std::size_t mark = symbols_.enter();
      if (s.kind == StatementKind::loop) symbols_.declare(declaration_of(s));
      body(s.body);
      symbols_.leave(mark);
    }
    kill(written);
    if (s.kind == StatementKind::array) symbols_.declare(declaration_of(s));
    return s.kind != StatementKind::let || let(s);
  }

  bool let(const Statement& s) {
    const bool same_type = symbols_.type_of(s.value) == s.type;
    if (s.value.kind == Kind::variable && same_type &&
        symbols_.find(s.value.name)->kind == DeclarationKind::value) {
      copies_.emplace_back(s.name, s.value.name);
      return false;
    }
    const bool worthwhile = s.value.kind == Kind::element || operation_count(s.value) > 0;
    symbols_.declare(declaration_of(s));
    if (!worthwhile || !same_type) return true;
    Available entry{s.value, s.name, {}, false};
    collect_names(s.value, entry.reads);
    std::erase_if(entry.reads, [&](const std::string& name) {
      const DeclarationKind kind = symbols_.find(name)->kind;
      return kind == DeclarationKind::value || kind == DeclarationKind::table;
    });
    by_hash_[hash_of(s.value)].push_back(available_.size());
    available_.push_back(std::move(entry));
    return true;
  }

  void forget_last() {
    by_hash_[hash_of(available_.back().value)].pop_back();
    available_.pop_back();
  }

  void kill(const NameSet& written) {
    if (written.empty()) return;
    for (Available& entry : available_) {
      entry.dead =
          entry.dead || std::any_of(entry.reads.begin(), entry.reads.end(),
                                    [&](const auto& name) { return written.contains(name); });
    }
  }

  void rewrite(Statement& s) {
    const bool store = s.kind == StatementKind::assign || s.kind == StatementKind::accumulate ||
                       s.kind == StatementKind::atomic_add;
    for_each_expression(s, [&](Expression& e) {
      // A place that is written keeps its form; its indices are ordinary values.
      const bool place =
          (store && &e == &s.target) || (s.kind == StatementKind::call && e.kind == Kind::element);
      if (!place) {
        rewrite(e);
        return;
      }
      for (Expression& index : e.operands) rewrite(index);
    });
  }

  /// Replaces by names what is available, from the leaves up; returns the hash of the result.
  std::uint64_t rewrite(Expression& e) {
    if (e.kind == Kind::variable) {
      for (auto copy = copies_.rbegin(); copy != copies_.rend(); ++copy) {
        if (copy->first == e.name) e.name = copy->second;
      }
    }
    std::uint64_t hash = hash_node(e);
    for (Expression& operand : e.operands) hash = mix(hash, rewrite(operand));
    const auto candidates = by_hash_.find(hash);
    if (candidates == by_hash_.end()) return hash;
    for (const std::size_t i : candidates->second) {
      const Available& entry = available_[i];
      if (entry.dead || entry.value != e) continue;
      Expression variable;
      variable.kind = Kind::variable;
      variable.name = entry.name;
      e = std::move(variable);
      return hash_node(e);
    }
    return hash;
  }

  static std::uint64_t hash_node(const Expression& e) {
    std::uint64_t bits = 0;
    const double value = e.value == 0 ? 0.0 : e.value;  // −0 equals 0
    std::memcpy(&bits, &value, sizeof bits);
    std::uint64_t hash = mix(static_cast<std::uint64_t>(e.kind), bits);
    hash = mix(hash, static_cast<std::uint32_t>(e.integer));
    hash = mix(hash, static_cast<std::uint64_t>(e.builtin));
    for (const char c : e.name) hash = mix(hash, static_cast<unsigned char>(c));
    return hash;
  }

  static std::uint64_t hash_of(const Expression& e) {
    std::uint64_t hash = hash_node(e);
    for (const Expression& operand : e.operands) hash = mix(hash, hash_of(operand));
    return hash;
  }

  WriteSets writes_;
  SymbolTable symbols_;
  const Function* function_ = nullptr;
  std::vector<Available> available_;
  std::map<std::uint64_t, std::vector<std::size_t>> by_hash_;
  std::vector<std::pair<std::string, std::string>> copies_;  // name → what it is a copy of
};

}  // namespace

void share_subexpressions(Module& module) {
  Sharer sharer(module);
  for (Function& f : module.functions) sharer.function(f);
}

}  // namespace femsynth::synth
