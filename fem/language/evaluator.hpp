#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fem/language/arguments.hpp"
#include "fem/language/ast.hpp"
#include "fem/language/source.hpp"
#include "fem/language/value.hpp"

namespace femsynth::fem {

/// Thrown when a form file turns out to be about another cell than assumed: evaluate it again.
struct OtherCell {
  meshes::CellType cell;
};

/// Evaluates a syntax tree, statement by statement, into values and one expression graph.
///
/// The graph needs its cell before the first element names it, so a cell is assumed; if the
/// file then names another, OtherCell is thrown.
class Evaluator {
 public:
  Evaluator(const Source& source, const ast::Module& module, meshes::CellType cell);

  /// Makes all names of a module known, as `from ufl import *` does.
  void import_all(const std::string& module_name, SourceLocation where);
  void run();
  /// Makes a variable known that the file does not define.
  void define(const std::string& name, Value value) { globals_[name] = std::move(value); }
  Value evaluate(ast::NodeId id);

  ExprGraph& graph() { return graph_; }
  meshes::CellType cell() const { return graph_.cell(); }
  /// The variables of the file, in the order in which they were first assigned.
  const std::vector<std::string>& variables() const { return variables_; }
  const Value* variable(const std::string& name) const;
  SourceLocation assigned_at(const std::string& name) const;
  /// Whether the file named a cell.
  bool cell_named() const { return cell_named_; }
  /// Gives coefficients and constants the names of their variables.
  void name_terminals();

  // For the builtins.

  /// Says that the form file is about this cell. Throws if it named another before.
  void use_cell(meshes::CellType cell, SourceLocation where);
  /// The value as an expression: a number becomes a literal.
  ExprId expression(const Value& value, SourceLocation where);
  Value call(const Value& callee, std::vector<PassedValue> positional,
             std::vector<std::pair<std::string, PassedValue>> keywords, SourceLocation where);
  Value binary(const std::string& op, const Value& a, const Value& b, SourceLocation where);
  Value subscript(const Value& object, const Value& index, SourceLocation where);
  /// The items of a sequence, or the components of a vector.
  std::vector<Value> items(const Value& value, SourceLocation where);
  LocatedError error(SourceLocation where, const std::string& message) const {
    return source_.error(where, message);
  }
  /// Runs f, and gives the errors of the expression constructors that place.
  template <class F>
  auto located(SourceLocation where, F f) {
    graph_.set_location(where);
    try {
      return f();
    } catch (const LocatedError&) {
      throw;
    } catch (const InputError& e) {
      throw error(where, e.what());
    }
  }
  void count_step(SourceLocation where);

 private:
  using Scope = std::map<std::string, Value>;

  void execute(const ast::Statement& statement);
  void import_modules(const ast::Statement& statement);
  void import_names(const ast::Statement& statement);
  void assign(ast::NodeId target, const Value& value);
  void bind(const std::string& name, Value value, SourceLocation where);
  void remember_terminal(const std::string& name, const Value& value);

  Value evaluate_node(const ast::Node& node);
  Value name(const ast::Node& node);
  [[noreturn]] void undefined(const ast::Node& node) const;
  Value unary(const ast::Node& node);
  Value binary_chain(const ast::Node& node);
  Value compare(const ast::Node& node);
  Value compare(const std::string& op, const Value& a, const Value& b, SourceLocation where,
                bool chained);
  Value attribute(const ast::Node& node);
  Value call(const ast::Node& node);
  Value comprehension(const ast::Node& node);
  Value dict(const ast::Node& node);
  std::vector<Value> evaluate_all(const std::vector<ast::NodeId>& ids);
  bool truth(const Value& value, SourceLocation where) const;

  Value user_call(const UserFunction& function, const std::vector<PassedValue>& positional,
                  const std::vector<std::pair<std::string, PassedValue>>& keywords,
                  SourceLocation where);
  std::set<std::string> assigned_names(const ast::Statement& function) const;
  Value sequence(std::vector<Value> values, bool is_tuple, SourceLocation where) const;
  Value member_of_module(const std::string& module_name, const std::string& name,
                         SourceLocation where) const;
  void refuse_unsupported(const std::string& module_name, const std::string& name,
                          SourceLocation where) const;

  const Source& source_;
  const ast::Module& module_;
  ExprGraph graph_;
  bool cell_named_ = false;
  SourceLocation cell_where_;
  Scope globals_;
  Scope* locals_ = nullptr;
  std::set<std::string> local_names_;  ///< what the function being called assigns
  std::vector<std::string> star_imports_;
  std::vector<std::string> variables_;
  std::map<std::string, SourceLocation> assigned_at_;
  std::map<std::int32_t, std::string> coefficient_names_;
  std::map<std::int32_t, std::string> constant_names_;
  std::int64_t steps_ = 0;
  int depth_ = 0;
};

/// Arithmetic of numbers as Python does it. `op` is + - * / // % **.
Value number_arithmetic(const std::string& op, const Value& a, const Value& b);

/// Attribute of an object, as a value or a method to be called. Nothing if there is none.
std::optional<Value> attribute_of(Evaluator& evaluator, const Value& object,
                                  const std::string& name, SourceLocation where);
/// A measure with some of its attributes replaced: dx(1, degree=2).
Value measure_call(Evaluator& evaluator, const Value& measure, CallArguments& arguments);

/// integrand · measure.
Value integrate(Evaluator& evaluator, ExprId integrand, const Value& measure, SourceLocation where);
/// Sum of two forms, and a form scaled by a number or constant expression.
FormValue add_forms(Evaluator& evaluator, const FormValue& a, const FormValue& b,
                    SourceLocation where);
FormValue scale_form(Evaluator& evaluator, ExprId factor, const FormValue& form,
                     SourceLocation where);

}  // namespace femsynth::fem
