#include "tests/synth/kernel/interpret.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>

namespace femsynth::synth::testing {
namespace {

using Kind = ExpressionKind;

/// Elements of an array, shared by all that have it under some name.
struct Storage {
  std::vector<double>* values = nullptr;
  std::vector<int> dims;  // empty: a scalar or a pointer
};

/// What one thread sees in one function.
struct Frame {
  std::map<std::string, double> values;
  std::map<std::string, Storage> arrays;
};

struct Lane {
  int local = 0;
  std::vector<Frame> frames;
  std::vector<std::unique_ptr<std::vector<double>>> owned;
};

using Lanes = std::vector<Lane*>;

class BlockRunner {
 public:
  BlockRunner(const Module& module, int block, int block_size, int grid_size)
      : module_(module), block_(block), block_size_(block_size), grid_size_(grid_size) {
    for (const Table& t : module.tables) tables_[t.name] = {t.values, t.dims, t.type};
  }

  void run(const Function& kernel, const std::vector<Argument>& arguments) {
    std::vector<Lane> lanes(static_cast<std::size_t>(block_size_));
    Lanes active;
    for (int i = 0; i < block_size_; ++i) {
      Lane& lane = lanes[static_cast<std::size_t>(i)];
      lane.local = i;
      lane.frames.emplace_back();
      for (std::size_t k = 0; k < kernel.parameters.size(); ++k) {
        const FunctionParameter& p = kernel.parameters[k];
        lane.frames.back().values[p.name] = arguments.at(k).value;
        if (p.pointer) lane.frames.back().arrays[p.name] = {arguments.at(k).memory, {}};
      }
      active.push_back(&lane);
    }
    types_.emplace_back();
    declare_types(kernel);
    body(kernel.body, active);
  }

 private:
  struct TableData {
    std::vector<double> values;
    std::vector<int> dims;
    ValueType type;
  };

  void declare_types(const Function& f) {
    for (const FunctionParameter& p : f.parameters) types_.back()[p.name] = p.type;
  }

  bool is_integer(const Expression& e) const {
    switch (e.kind) {
      case Kind::real_literal:
      case Kind::call:
        return false;
      case Kind::variable:
      case Kind::element: {
        const auto table = tables_.find(e.name);
        if (table != tables_.end()) return table->second.type == ValueType::integer;
        return types_.back().at(e.name) == ValueType::integer;
      }
      case Kind::negate:
        return is_integer(e.operands[0]);
      case Kind::add:
      case Kind::subtract:
      case Kind::multiply:
      case Kind::divide:
        return is_integer(e.operands[0]) && is_integer(e.operands[1]);
      case Kind::select:
        return is_integer(e.operands[1]) && is_integer(e.operands[2]);
      default:
        return true;
    }
  }

  static std::size_t offset(const std::vector<int>& dims, const std::vector<int>& index) {
    if (dims.empty()) return static_cast<std::size_t>(index.empty() ? 0 : index.at(0));
    std::size_t at = 0;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (index.at(i) < 0 || index[i] >= dims[i]) throw std::out_of_range("index");
      at = at * static_cast<std::size_t>(dims[i]) + static_cast<std::size_t>(index[i]);
    }
    return at;
  }

  double& place(const Expression& e, Lane& lane) {
    std::vector<int> index;
    for (const Expression& operand : e.operands) {
      index.push_back(static_cast<int>(evaluate(operand, lane)));
    }
    const Storage& storage = lane.frames.back().arrays.at(e.name);
    return storage.values->at(offset(storage.dims, index));
  }

  double load(const Expression& e, Lane& lane) {
    const auto table = tables_.find(e.name);
    if (table == tables_.end()) return place(e, lane);
    std::vector<int> index;
    for (const Expression& operand : e.operands) {
      index.push_back(static_cast<int>(evaluate(operand, lane)));
    }
    return table->second.values.at(offset(table->second.dims, index));
  }

  static double function(const std::string& name, double a, double b) {
    if (name == "abs") return std::abs(a);
    if (name == "sign") return a > 0 ? 1 : a < 0 ? -1 : a;
    if (name == "sqrt") return std::sqrt(a);
    if (name == "exp") return std::exp(a);
    if (name == "log") return std::log(a);
    if (name == "sin") return std::sin(a);
    if (name == "cos") return std::cos(a);
    if (name == "tan") return std::tan(a);
    if (name == "asin") return std::asin(a);
    if (name == "acos") return std::acos(a);
    if (name == "atan") return std::atan(a);
    if (name == "sinh") return std::sinh(a);
    if (name == "cosh") return std::cosh(a);
    if (name == "tanh") return std::tanh(a);
    if (name == "erf") return std::erf(a);
    if (name == "pow") return std::pow(a, b);
    if (name == "atan2") return std::atan2(a, b);
    if (name == "fmin") return std::fmin(a, b);
    if (name == "fmax") return std::fmax(a, b);
    if (name == "bessel_j") return jn(static_cast<int>(a), b);
    if (name == "bessel_y") return yn(static_cast<int>(a), b);
    if (name == "bessel_i") {
      const double sign = b < 0 && static_cast<int>(a) % 2 == 1 ? -1 : 1;
      return sign * std::cyl_bessel_i(a, std::abs(b));
    }
    if (name == "bessel_k") return std::cyl_bessel_k(a, b);
    throw std::out_of_range("function " + name);
  }

  double builtin(Builtin b, const Lane& lane) const {
    switch (b) {
      case Builtin::thread:
        return block_ * block_size_ + lane.local;
      case Builtin::local_thread:
        return lane.local;
      case Builtin::block:
        return block_;
      case Builtin::block_size:
        return block_size_;
      case Builtin::grid_size:
        return grid_size_;
    }
    throw std::out_of_range("builtin");
  }

  double evaluate(const Expression& e, Lane& lane) {
    const auto operand = [&](std::size_t i) { return evaluate(e.operands.at(i), lane); };
    switch (e.kind) {
      case Kind::real_literal:
        return e.value;
      case Kind::integer_literal:
        return e.integer;
      case Kind::variable: {
        const auto value = lane.frames.back().values.find(e.name);
        return value != lane.frames.back().values.end() ? value->second : place(e, lane);
      }
      case Kind::element:
        return load(e, lane);
      case Kind::builtin:
        return builtin(e.builtin, lane);
      case Kind::negate:
        return -operand(0);
      case Kind::add:
        return operand(0) + operand(1);
      case Kind::subtract:
        return operand(0) - operand(1);
      case Kind::multiply:
        return operand(0) * operand(1);
      case Kind::divide: {
        const double q = operand(0) / operand(1);
        return is_integer(e) ? std::trunc(q) : q;
      }
      case Kind::less:
        return operand(0) < operand(1);
      case Kind::less_equal:
        return operand(0) <= operand(1);
      case Kind::greater:
        return operand(0) > operand(1);
      case Kind::greater_equal:
        return operand(0) >= operand(1);
      case Kind::equal:
        return operand(0) == operand(1);
      case Kind::not_equal:
        return operand(0) != operand(1);
      case Kind::logical_and:
        return operand(0) != 0 && operand(1) != 0;
      case Kind::logical_or:
        return operand(0) != 0 || operand(1) != 0;
      case Kind::logical_not:
        return operand(0) == 0;
      case Kind::select:
        return operand(0) != 0 ? operand(1) : operand(2);
      case Kind::call:
        return function(e.name, operand(0), e.operands.size() > 1 ? operand(1) : 0);
    }
    throw std::out_of_range("expression");
  }

  void body(const std::vector<Statement>& list, const Lanes& active) {
    for (const Statement& s : list) statement(s, active);
  }

  void statement(const Statement& s, const Lanes& active) {
    switch (s.kind) {
      case StatementKind::loop:
        return loop(s, active);
      case StatementKind::let:
        types_.back()[s.name] = s.type;
        for (Lane* lane : active) lane->frames.back().values[s.name] = evaluate(s.value, *lane);
        return;
      case StatementKind::array:
        return array(s, active);
      case StatementKind::assign:
        for (Lane* lane : active) {
          const double value = evaluate(s.value, *lane);
          place(s.target, *lane) = value;
        }
        return;
      case StatementKind::accumulate:
      case StatementKind::atomic_add:
        for (Lane* lane : active) {
          const double value = evaluate(s.value, *lane);
          place(s.target, *lane) += value;
        }
        return;
      case StatementKind::branch: {
        Lanes taken;
        for (Lane* lane : active) {
          if (evaluate(s.value, *lane) != 0) taken.push_back(lane);
        }
        if (!taken.empty()) body(s.body, taken);
        return;
      }
      case StatementKind::call:
        return call(s, active);
      case StatementKind::barrier:
      case StatementKind::comment:
        return;
    }
  }

  void loop(const Statement& s, const Lanes& active) {
    types_.back()[s.name] = ValueType::integer;
    Lanes running;
    for (Lane* lane : active) lane->frames.back().values[s.name] = evaluate(s.begin, *lane);
    while (true) {
      running.clear();
      for (Lane* lane : active) {
        if (lane->frames.back().values[s.name] < evaluate(s.end, *lane)) running.push_back(lane);
      }
      if (running.empty()) return;
      body(s.body, running);
      for (Lane* lane : running) lane->frames.back().values[s.name] += 1;
    }
  }

  void array(const Statement& s, const Lanes& active) {
    types_.back()[s.name] = s.type;
    std::size_t size = 1;
    for (const int extent : s.dims) size *= static_cast<std::size_t>(extent);
    const double poison =
        s.type == ValueType::real ? std::numeric_limits<double>::quiet_NaN() : 1 << 28;
    for (Lane* lane : active) {
      std::vector<double>* values = nullptr;
      if (s.shared) {
        auto& shared = shared_[s.name];
        if (shared.empty()) shared.assign(size, poison);
        values = &shared;
      } else {
        lane->owned.push_back(std::make_unique<std::vector<double>>(size, poison));
        values = lane->owned.back().get();
      }
      lane->frames.back().arrays[s.name] = {values, s.dims};
      lane->frames.back().values.erase(s.name);  // a let of an earlier block
    }
  }

  void call(const Statement& s, const Lanes& active) {
    const Function* callee = nullptr;
    for (const Function& f : module_.functions) {
      if (f.name == s.name) callee = &f;
    }
    if (callee == nullptr) throw std::out_of_range("function " + s.name);
    for (Lane* lane : active) {
      Frame frame;
      for (std::size_t i = 0; i < s.arguments.size(); ++i) {
        bind(callee->parameters.at(i), s.arguments[i], *lane, frame);
      }
      lane->frames.push_back(std::move(frame));
    }
    types_.emplace_back();
    declare_types(*callee);
    body(callee->body, active);
    types_.pop_back();
    for (Lane* lane : active) {
      const Frame done = std::move(lane->frames.back());
      lane->frames.pop_back();
      for (std::size_t i = 0; i < s.arguments.size(); ++i) {
        const FunctionParameter& p = callee->parameters[i];
        const bool scalar_output = p.output && !p.pointer && p.dims.empty();
        if (scalar_output) place(s.arguments[i], *lane) = done.arrays.at(p.name).values->at(0);
      }
    }
  }

  void bind(const FunctionParameter& p, const Expression& argument, Lane& lane, Frame& frame) {
    if (!p.pointer && p.dims.empty()) {
      if (!p.output) {
        frame.values[p.name] = evaluate(argument, lane);
        return;
      }
      lane.owned.push_back(std::make_unique<std::vector<double>>(1, place(argument, lane)));
      frame.arrays[p.name] = {lane.owned.back().get(), {}};
      return;
    }
    const auto table = tables_.find(argument.name);
    frame.arrays[p.name] = table == tables_.end()
                               ? lane.frames.back().arrays.at(argument.name)
                               : Storage{&table->second.values, table->second.dims};
  }

  const Module& module_;
  int block_, block_size_, grid_size_;
  std::map<std::string, TableData> tables_;
  std::map<std::string, std::vector<double>> shared_;
  std::vector<std::map<std::string, ValueType>> types_;  // of the names of each active function
};

}  // namespace

void interpret(const Module& module, const std::string& kernel, int grid, int block,
               const std::vector<Argument>& arguments) {
  for (const Function& f : module.functions) {
    if (f.name != kernel) continue;
    for (int b = 0; b < grid; ++b) BlockRunner(module, b, block, grid).run(f, arguments);
    return;
  }
  throw std::out_of_range("kernel " + kernel);
}

}  // namespace femsynth::synth::testing
