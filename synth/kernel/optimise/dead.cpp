#include <algorithm>
#include <vector>

#include "synth/kernel/optimise/analysis.hpp"
#include "synth/kernel/optimise/passes.hpp"

namespace femsynth::synth {
namespace {

bool is_store(const Statement& s) {
  return s.kind == StatementKind::assign || s.kind == StatementKind::accumulate ||
         s.kind == StatementKind::atomic_add;
}

/// NameSet whose values something uses; storing to a place does not use it.
void collect_read(const std::vector<Statement>& body, NameSet& read) {
  for (const Statement& s : body) {
    for_each_expression(s, [&](const Expression& e) {
      if (!is_store(s) || &e != &s.target) return collect_names(e, read);
      for (const Expression& index : e.operands) collect_names(index, read);
    });
    collect_read(s.body, read);
  }
}

void collect_arrays(const std::vector<Statement>& body, NameSet& arrays) {
  for (const Statement& s : body) {
    if (s.kind == StatementKind::array) arrays.insert(s.name);
    collect_arrays(s.body, arrays);
  }
}

bool does_nothing(const std::vector<Statement>& body) {
  return std::all_of(body.begin(), body.end(),
                     [](const Statement& s) { return s.kind == StatementKind::comment; });
}

/// True if something went.
bool sweep(std::vector<Statement>& body, const NameSet& read, const NameSet& arrays) {
  bool changed = false;
  for (Statement& s : body) changed = sweep(s.body, read, arrays) || changed;
  const auto dead = [&](const Statement& s) {
    switch (s.kind) {
      case StatementKind::let:
      case StatementKind::array:
        return !read.contains(s.name);
      case StatementKind::assign:
      case StatementKind::accumulate:
        return arrays.contains(s.target.name) && !read.contains(s.target.name);
      case StatementKind::loop:
      case StatementKind::branch:
        return does_nothing(s.body);
      case StatementKind::atomic_add:
      case StatementKind::call:
      case StatementKind::barrier:
      case StatementKind::comment:
        return false;
    }
    return false;
  };
  return std::erase_if(body, dead) > 0 || changed;
}

void collect_calls(const std::vector<Statement>& body, NameSet& called) {
  for (const Statement& s : body) {
    if (s.kind == StatementKind::call) called.insert(s.name);
    collect_calls(s.body, called);
  }
}

void remove_uncalled(Module& module) {
  const bool any_kernel = std::any_of(module.functions.begin(), module.functions.end(),
                                      [](const Function& f) { return f.kernel; });
  if (!any_kernel) return;  // a library of device functions
  NameSet called;
  std::vector<Function> kept;
  // Callees stand before callers.
  for (auto f = module.functions.rbegin(); f != module.functions.rend(); ++f) {
    if (!f->kernel && !called.contains(f->name)) continue;
    collect_calls(f->body, called);
    kept.push_back(std::move(*f));
  }
  std::reverse(kept.begin(), kept.end());
  module.functions = std::move(kept);
}

}  // namespace

void remove_dead_code(Module& module) {
  NameSet used;
  remove_uncalled(module);
  for (Function& f : module.functions) {
    bool changed = true;
    while (changed) {
      NameSet read, arrays;
      collect_read(f.body, read);
      collect_arrays(f.body, arrays);
      changed = sweep(f.body, read, arrays);
    }
    collect_names(f.body, used);
  }
  std::erase_if(module.tables, [&](const Table& t) { return !used.contains(t.name); });
}

}  // namespace femsynth::synth
