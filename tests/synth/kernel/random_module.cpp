#include "tests/synth/kernel/random_module.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "synth/kernel/build.hpp"

namespace femsynth::synth::testing {
namespace {

using namespace build;
using Kind = ExpressionKind;

struct Array {
  std::string name;
  std::vector<int> dims;
  bool writable = true;
};

struct LoopVariable {
  std::string name;
  int end = 0;
};

/// What an expression may use at a place.
struct Scope {
  std::vector<Expression> reals;  // lets, parameters, loads that are safe
  std::vector<Expression> ints;   // any value, not for indices
  std::vector<LoopVariable> loops;
  std::vector<Array> arrays;  // every element written
  std::vector<std::string> scalars;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Module run() {
    Module m;
    m.name = "random_module";
    m.comment = "made from a seed\n\nφ: several lines";
    m.single_precision = chance(3);
    m.tables.push_back(table("phi", ValueType::real, {2, 3}));
    m.tables.push_back(table("weights", ValueType::real, {3}));
    m.tables.push_back(table("order", ValueType::integer, {4}));
    m.functions.push_back(device());
    m.functions.push_back(kernel());
    return m;
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  bool chance(int n) { return below(n) == 0; }

  double number() {
    switch (below(6)) {
      case 0:
        return 0;
      case 1:
        return 1;
      case 2:
        return below(9) - 4;
      case 3:
        return 1.0 / (1 + below(20));
      default:
        return static_cast<double>(random_() >> 11) * 0x1p-52 - 1;  // 53 random bits
    }
  }

  Table table(const std::string& name, ValueType type, std::vector<int> dims) {
    Table t{name, "random " + name, type, dims, {}};
    int size = 1;
    for (const int extent : dims) size *= extent;
    for (int i = 0; i < size; ++i) {
      t.values.push_back(type == ValueType::real ? number() : below(kRandomInputs));
    }
    return t;
  }

  std::string new_name() {
    // Few names, so that blocks side by side use the same one.
    for (int tries = 0; tries < 4; ++tries) {
      std::string name = "v" + std::to_string(below(12));
      if (std::find(in_scope_.begin(), in_scope_.end(), name) == in_scope_.end()) return name;
    }
    return "w" + std::to_string(counter_++);
  }

  Expression index(const Scope& scope, int extent) {
    for (const LoopVariable& v : scope.loops) {
      if (v.end <= extent && !chance(3)) return var(v.name);
    }
    return integer(below(extent));
  }

  Expression element(const Scope& scope, const Array& array) {
    std::vector<Expression> indices;
    for (const int extent : array.dims) indices.push_back(index(scope, extent));
    return at(array.name, std::move(indices));
  }

  template <typename T>
  const T& pick(const std::vector<T>& list) {
    return list[static_cast<std::size_t>(below(static_cast<int>(list.size())))];
  }

  Expression leaf(const Scope& scope) {
    switch (below(7)) {
      case 0:
        return real(number());
      case 1:
        return at("phi", {index(scope, 2), index(scope, 3)});
      case 2:
        return at("weights", {index(scope, 3)});
      case 3:
        if (!scope.arrays.empty()) return element(scope, pick(scope.arrays));
        break;
      case 4:
        if (!scope.scalars.empty()) return var(pick(scope.scalars));
        break;
      default:
        break;
    }
    return scope.reals.empty() ? real(number()) : pick(scope.reals);
  }

  Expression condition(const Scope& scope, int depth) {
    constexpr Kind kRelations[] = {Kind::less,          Kind::less_equal, Kind::greater,
                                   Kind::greater_equal, Kind::equal,      Kind::not_equal};
    if (depth > 0 && chance(3)) {
      if (chance(3)) return logical_not(condition(scope, depth - 1));
      return binary(chance(2) ? Kind::logical_and : Kind::logical_or, condition(scope, depth - 1),
                    condition(scope, depth - 1));
    }
    const Kind relation = kRelations[below(6)];
    if (chance(2)) return binary(relation, whole(scope), whole(scope));
    return binary(relation, expression(scope, depth - 1), expression(scope, depth - 1));
  }

  Expression whole(const Scope& scope) {
    if (scope.ints.empty() || chance(3)) return integer(below(7) - 3);
    Expression e = pick(scope.ints);
    if (chance(3)) e = add(multiply(std::move(e), integer(below(4))), integer(below(5) - 2));
    if (chance(6)) e = divide(std::move(e), integer(2 + below(3)));
    return e;
  }

  Expression function(const Scope& scope, int depth) {
    static const char* const kBounded[] = {"sin", "cos", "tanh", "atan", "erf", "sign", "abs"};
    Expression x = expression(scope, depth - 1);
    switch (below(9)) {
      case 0:
        return call("sqrt", {call("abs", {std::move(x)})});
      case 1:
        return call("exp", {call("tanh", {std::move(x)})});
      case 2:
        return call("log", {add(real(1.5), call("abs", {std::move(x)}))});
      case 3:
        return call(chance(2) ? "fmin" : "fmax", {std::move(x), expression(scope, depth - 1)});
      case 4:
        return call("pow", {add(real(1.5), call("cos", {std::move(x)})), real(2.5)});
      case 5:
        return call("atan2", {std::move(x), real(2)});
      default:
        return call(kBounded[below(7)], {std::move(x)});
    }
  }

  /// A real value, or rarely an int where C would convert it.
  Expression expression(const Scope& scope, int depth) {
    if (depth <= 0) return leaf(scope);
    if (!made_.empty() && chance(8)) {
      // Something said before, if its names are still there.
      const Expression& e = pick(made_);
      if (usable(e, scope)) return e;
    }
    Expression a = expression(scope, depth - 1);
    Expression e;
    switch (below(9)) {
      case 0:
        e = add(std::move(a), expression(scope, depth - 1));
        break;
      case 1:
        e = subtract(std::move(a), expression(scope, depth - 1));
        break;
      case 2:
      case 3:
        e = multiply(std::move(a), expression(scope, depth - 1));
        break;
      case 4:
        e = divide(std::move(a), real(1.25 + below(3)));
        break;
      case 5:
        e = negate(std::move(a));
        break;
      case 6:
        e = select(condition(scope, depth - 1), std::move(a), expression(scope, depth - 1));
        break;
      case 7:
        e = function(scope, depth);
        break;
      default:
        e = chance(2) ? multiply(std::move(a), real(1)) : add(real(0), std::move(a));
        break;
    }
    made_.push_back(e);
    return e;
  }

  bool usable(const Expression& e, const Scope& scope) const {
    const auto holds = [&](const auto& list) {
      return std::find_if(list.begin(), list.end(),
                          [&](const auto& item) { return item.name == e.name; }) != list.end();
    };
    bool good = true;
    if (e.kind == Kind::variable) {
      good = holds(scope.reals) || holds(scope.ints) || holds(scope.loops) ||
             std::find(scope.scalars.begin(), scope.scalars.end(), e.name) != scope.scalars.end();
    } else if (e.kind == Kind::element) {
      const bool table = e.name == "phi" || e.name == "weights";
      good = table || holds(scope.arrays) || holds(scope.reals);
      // Loop variables may have other ranges now.
      for (const Expression& i : e.operands) {
        good = good && i.kind == Kind::integer_literal;
      }
      // … and so may arrays have other extents.
      good = good && table;
    }
    for (const Expression& operand : e.operands) good = good && usable(operand, scope);
    return good;
  }

  void statements(std::vector<Statement>& out, Scope& scope, int depth) {
    const int count = 2 + below(5);
    for (int i = 0; i < count; ++i) statement(out, scope, depth);
  }

  void statement(std::vector<Statement>& out, Scope& scope, int depth) {
    switch (below(depth > 0 ? 9 : 6)) {
      case 0:
      case 1:
        return add_let(out, scope);
      case 2:
        out.push_back(comment(chance(2) ? "one line" : "two\nlines"));
        return;
      case 3:
        return add_array(out, scope);
      case 4:
      case 5:
        return add_store(out, scope);
      case 6:
        return add_branch(out, scope, depth);
      default:
        return add_loop(out, scope, depth);
    }
  }

  void add_let(std::vector<Statement>& out, Scope& scope) {
    const std::string name = new_name();
    if (chance(5)) {
      out.push_back(let(ValueType::integer, name, whole(scope)));
      scope.ints.push_back(var(name));
    } else {
      Expression value =
          chance(8) && !scope.reals.empty() ? pick(scope.reals) : expression(scope, 3);
      out.push_back(let(ValueType::real, name, std::move(value), chance(3) ? "a value" : ""));
      scope.reals.push_back(var(name));
    }
    in_scope_.push_back(name);
  }

  void add_array(std::vector<Statement>& out, Scope& scope) {
    const std::string name = new_name();
    in_scope_.push_back(name);
    if (chance(3)) {
      out.push_back(array(name, {}, "a scalar"));
      out.push_back(assign(var(name), expression(scope, 2)));
      scope.scalars.push_back(name);
      return;
    }
    Array a{name, {2 + below(2)}, true};
    if (chance(2)) a.dims.push_back(3);
    out.push_back(array(name, a.dims));
    // Written in full by a nest of loops.
    Scope inner = scope;
    std::vector<Expression> indices;
    std::vector<std::string> names;
    for (const int extent : a.dims) {
      names.push_back(new_name());
      in_scope_.push_back(names.back());
      inner.loops.insert(inner.loops.begin(), {names.back(), extent});
      indices.push_back(var(names.back()));
    }
    std::vector<Statement> body;
    body.push_back(assign(at(name, indices), expression(inner, 2)));
    for (std::size_t i = names.size(); i-- > 0;) {
      Statement s = loop(names[i], integer(0), integer(a.dims[i]), std::move(body));
      s.unroll = chance(3);
      body.clear();
      body.push_back(std::move(s));
      in_scope_.pop_back();
    }
    out.push_back(std::move(body.front()));
    scope.arrays.push_back(a);
  }

  void add_store(std::vector<Statement>& out, Scope& scope) {
    Expression value = multiply(real(0.5), call("tanh", {expression(scope, 2)}));
    if (!scope.scalars.empty() && chance(2)) {
      const Expression target = var(pick(scope.scalars));
      out.push_back(chance(2) ? assign(target, value) : accumulate(target, value));
    } else if (!scope.arrays.empty()) {
      const Array& a = pick(scope.arrays);
      if (!a.writable) return;
      const Expression target = element(scope, a);
      out.push_back(chance(2) ? assign(target, value) : accumulate(target, value));
    }
  }

  void add_branch(std::vector<Statement>& out, Scope& scope, int depth) {
    Statement s = branch(chance(6) ? integer(below(2)) : condition(scope, 2), {});
    nested(s.body, scope, depth);
    out.push_back(std::move(s));
  }

  void add_loop(std::vector<Statement>& out, Scope& scope, int depth) {
    const std::string name = new_name();
    const int end = chance(8) ? 0 : 1 + below(3);
    Statement s = loop(name, integer(0), integer(end), {});
    Scope inner = scope;
    in_scope_.push_back(name);
    if (chance(5)) {
      // Trips that depend on the data: no bound for indices.
      s.end = at("order", {integer(below(4))});
      inner.ints.push_back(var(name));
    } else if (end > 0) {
      inner.loops.insert(inner.loops.begin(), {name, end});
      inner.ints.push_back(var(name));
    }
    nested(s.body, inner, depth);
    in_scope_.pop_back();
    out.push_back(std::move(s));
  }

  void nested(std::vector<Statement>& body, const Scope& scope, int depth) {
    Scope inner = scope;
    const std::size_t names = in_scope_.size();
    statements(body, inner, depth - 1);
    in_scope_.resize(names);
  }

  Function device() {
    Function f;
    f.name = "local_tensor";
    f.noinline = below(2) == 0;
    f.comment = "A device function.";
    f.parameters = {{"scale", ValueType::real, false, false, {}},
                    {"x", ValueType::real, true, false, {}},
                    {"X", ValueType::real, false, false, {3, 2}},
                    {"A", ValueType::real, false, true, {3}},
                    {"s", ValueType::real, false, true, {}}};
    Scope scope;
    scope.reals = {var("scale"), at("x", {integer(1)})};
    scope.arrays = {{"X", {3, 2}, false}};
    in_scope_.clear();
    f.body.push_back(assign(var("s"), real(0)));
    f.body.push_back(loop(
        "k", integer(0), integer(3),
        {assign(at("A", {var("k")}), multiply(var("scale"), at("X", {var("k"), integer(1)})))}));
    scope.arrays.push_back({"A", {3}, true});
    scope.scalars.push_back("s");
    statements(f.body, scope, 2);
    return f;
  }

  Function kernel() {
    Function f;
    f.name = "run";
    f.kernel = true;
    f.block_size = kRandomBlock;
    f.comment = "A kernel\nof two lines.";
    f.parameters = {{"n", ValueType::integer, false, false, {}},
                    {"x", ValueType::real, true, false, {}},
                    {"index", ValueType::integer, true, false, {}},
                    {"y", ValueType::real, true, true, {}},
                    {"z", ValueType::real, true, true, {}}};
    in_scope_.clear();
    made_.clear();
    const Expression lane = builtin(Builtin::local_thread);
    f.body.push_back(let(ValueType::integer, "cell", builtin(Builtin::thread), "one a thread"));
    f.body.push_back(shared_array("S", {kRandomBlock}, "of the block"));
    f.body.push_back(
        assign(at("S", {lane}), multiply(real(0.25), add(var("cell"), builtin(Builtin::block)))));
    f.body.push_back(barrier());
    f.body.push_back(
        let(ValueType::real, "neighbour",
            at("S", {subtract(subtract(builtin(Builtin::block_size), integer(1)), lane)})));
    Statement work = branch(binary(Kind::less, var("cell"), var("n")), {});
    Scope scope;
    scope.reals = {var("neighbour"), at("x", {multiply(integer(4), var("cell"))}),
                   at("x", {add(multiply(integer(4), var("cell")), at("index", {var("cell")}))})};
    scope.ints = {var("cell"), var("n"), at("index", {var("cell")}), at("order", {integer(2)})};
    statements(work.body, scope, 3);
    finish(work.body, scope);
    f.body.push_back(std::move(work));
    return f;
  }

  /// A call of the device function and the outputs.
  void finish(std::vector<Statement>& body, Scope& scope) {
    body.push_back(array("X", {3, 2}));
    body.push_back(loop("p", integer(0), integer(3),
                        {loop("r", integer(0), integer(2),
                              {assign(at("X", {var("p"), var("r")}), expression(scope, 2))})}));
    body.push_back(array("A", {3}));
    body.push_back(array("s", {}));
    body.push_back(
        invoke("local_tensor", {expression(scope, 2), var("x"), var("X"), var("A"), var("s")}));
    scope.arrays.push_back({"A", {3}, true});
    scope.scalars.push_back("s");
    statements(body, scope, 2);
    body.push_back(loop("k", integer(0), integer(3),
                        {assign(at("y", {add(multiply(integer(3), var("cell")), var("k"))}),
                                add(at("A", {var("k")}), expression(scope, 3)))}));
    body.push_back(atomic_add(at("z", {at("index", {var("cell")})}), expression(scope, 3)));
  }

  std::mt19937_64 random_;
  std::vector<std::string> in_scope_;
  std::vector<Expression> made_;
  int counter_ = 0;
};

}  // namespace

Module random_module(std::uint64_t seed) { return Generator(seed).run(); }

}  // namespace femsynth::synth::testing
