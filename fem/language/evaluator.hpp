#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fem/language/arguments.hpp"
#include "fem/language/ast.hpp"
#include "fem/language/source.hpp"
#include "fem/language/value.hpp"

namespace femsynth::fem {

/// Thrown when a form file turns out to be about another mesh than assumed: evaluate it again.
struct OtherDomain {
  Domain domain;
};

/// Evaluates a syntax tree, statement by statement, into values and one expression graph.
///
/// The graph needs its domain before the first mesh names it, so one is assumed; if the file
/// then names another, OtherDomain is thrown.
class Evaluator {
 public:
  Evaluator(const Source& source, const ast::Module& module, const Domain& domain);

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
  /// Says that the form file is about meshes of this kind. Throws if it named another before.
  void use_domain(const Domain& domain, SourceLocation where);
  /// The value as an expression: a number becomes a literal.
  ExprId expression(const Value& value, SourceLocation where);
  Value call(const Value& callee, std::vector<PassedValue> positional,
             std::vector<std::pair<std::string, PassedValue>> keywords, SourceLocation where);
  Value binary(const std::string& op, const Value& a, const Value& b, SourceLocation where);
  Value compare(const std::string& op, const Value& a, const Value& b, SourceLocation where,
                bool chained = false);
  Value subscript(const Value& object, const Value& index, SourceLocation where);
  Value attribute(const Value& object, const std::string& name, SourceLocation where);
  /// Whether Python takes the value as true. Throws for expressions and forms.
  bool truth(const Value& value, SourceLocation where) const;

  // Values whose parts belong to the evaluator (collections.cpp). Each checks the limits of size
  // and nesting, and counts a step an item.

  Value sequence(std::vector<Value> values, bool is_tuple, SourceLocation where);
  Value tuple(std::vector<Value> values, SourceLocation where) {
    return sequence(std::move(values), /*is_tuple=*/true, where);
  }
  Value list(std::vector<Value> values, SourceLocation where) {
    return sequence(std::move(values), /*is_tuple=*/false, where);
  }
  /// A list whose arithmetic is that of numpy.
  Value array(std::vector<Value> values, SourceLocation where);
  Value text(std::string value, SourceLocation where);
  Dict new_dict();
  void set_entry(const Dict& dict, const Value& key, Value value, SourceLocation where);
  /// The value of a key, null if there is none.
  const Value* find_entry(const Dict& dict, const Value& key, SourceLocation where);
  void erase_entry(const Dict& dict, const Value& key, SourceLocation where);
  /// Appends to a list.
  void append(const Sequence& list, Value value, SourceLocation where);
  /// The items of a sequence, the characters of a string, the keys of a dictionary, or the
  /// components of a vector.
  std::vector<Value> items(const Value& value, SourceLocation where);
  /// Python's a == b, of numbers, strings, containers and objects; false for different kinds.
  bool equal(const Value& a, const Value& b, SourceLocation where);
  /// Python's a < b, of real numbers, strings and sequences of them.
  bool less(const Value& a, const Value& b, SourceLocation where) { return less("<", a, b, where); }
  bool contains(const Value& container, const Value& value, SourceLocation where);
  /// Refuses lists that are in themselves, or nested too deep to be worked on recursively.
  void check_nesting(const Value& value, SourceLocation where);

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
  void count_step(SourceLocation where, std::size_t steps = 1);

 private:
  /// How a statement ends: what its block does next.
  enum class Flow { next, leave, proceed, result };

  // Statements (statements.cpp).

  Flow execute(const ast::Statement& statement);
  Flow execute_block(const std::vector<ast::Statement>& block, SourceLocation where);
  Flow execute_conditional(const ast::Statement& statement);
  Flow execute_for(const ast::Statement& statement);
  Flow execute_while(const ast::Statement& statement);
  void execute_augmented(const ast::Statement& statement);
  void execute_assertion(const ast::Statement& statement);
  void execute_deletion(const ast::Statement& statement);
  [[noreturn]] void execute_raise(const ast::Statement& statement);
  void import_modules(const ast::Statement& statement);
  void import_names(const ast::Statement& statement);
  void assign(ast::NodeId target, const Value& value);
  void assign_parts(const ast::Node& targets, const Value& value);
  void bind(const std::string& name, Value value, SourceLocation where);
  void bind_global(const std::string& name, Value value, SourceLocation where);
  void bind_import(const std::string& name, Value value);
  void remember_terminal(const std::string& name, const Value& value);

  // Expressions (evaluator.cpp).

  Value evaluate_node(const ast::Node& node);
  Value name(const ast::Node& node);
  const Value* local(const ast::Node& node) const;
  [[noreturn]] void undefined(const ast::Node& node) const;
  Value unary(const ast::Node& node);
  Value binary_chain(const ast::Node& node);
  Value compare(const ast::Node& node);
  Value call(const ast::Node& node);
  Value subscript(const ast::Node& node);
  Value slice(const ast::Node& node);
  Value comprehension(const ast::Node& node);
  void comprehension_clause(const ast::Node& node, std::size_t clause,
                            const std::vector<Value>& range, std::vector<Value>& results,
                            const Dict& dict);
  Value dict(const ast::Node& node);
  Value joined(const ast::Node& node);
  Value named_assignment(const ast::Node& node);
  std::vector<Value> evaluate_all(const std::vector<ast::NodeId>& ids);
  Value function_value(const ast::Function& function);

  // Calls (calls.cpp).

  Value user_call(const UserFunction& function, const std::vector<PassedValue>& positional,
                  const std::vector<std::pair<std::string, PassedValue>>& keywords,
                  SourceLocation where);
  void bind_positional(const ast::Function& function, Frame& frame,
                       const std::vector<PassedValue>& positional, SourceLocation where);
  void bind_keywords(const ast::Function& function, Frame& frame,
                     const std::vector<std::pair<std::string, PassedValue>>& keywords,
                     SourceLocation where);
  void bind_defaults(const UserFunction& function, Frame& frame, SourceLocation where);
  Frame& push_frame(const ast::Function* function, Frame* enclosing);
  void pop_frame(Frame* outer);

  // Containers (collections.cpp).

  /// `op` names the comparison in messages.
  bool less(const std::string& op, const Value& a, const Value& b, SourceLocation where);
  bool is_identical(const Value& a, const Value& b) const;
  /// + and * of sequences and strings, % of strings; nothing for other operands.
  std::optional<Value> container_operator(const std::string& op, const Value& a, const Value& b,
                                          SourceLocation where);
  /// Arithmetic of arrays of one length, or of an array and anything else, item by item.
  Value array_operator(const std::string& op, const Value& a, const Value& b, SourceLocation where);
  Value repeated(const Value& container, std::int64_t count, SourceLocation where);
  Value container_subscript(const Value& object, const Value& index, SourceLocation where);
  Value sliced(const Value& object, const Slice& slice, SourceLocation where);
  std::size_t place_in(const Value& container, std::size_t size, const Value& index,
                       SourceLocation where) const;
  void set_component(const Value& object, const Value& index, Value value, SourceLocation where);
  void delete_component(const Value& object, const Value& index, SourceLocation where);
  std::string key_text(const Value& key, SourceLocation where);
  Value member_of_module(const std::string& module_name, const std::string& name,
                         SourceLocation where) const;
  void refuse_unsupported(const std::string& module_name, const std::string& name,
                          SourceLocation where) const;

  const Source& source_;
  const ast::Module& module_;
  ExprGraph graph_;
  bool cell_named_ = false;
  SourceLocation cell_where_;
  bool mesh_named_ = false;
  SourceLocation mesh_where_;
  // What values refer to. It lives as long as the evaluator, so that values may refer to each
  // other in any way, circles included.
  std::deque<std::vector<Value>> sequences_;
  std::deque<DictTable> dicts_;
  std::vector<std::unique_ptr<Frame>> frames_;

  std::map<std::string, Value> globals_;
  Frame* frame_ = nullptr;        ///< of the function or comprehension being evaluated
  Value result_;                  ///< of the return statement just executed
  bool has_grown_lists_ = false;  ///< whether containers were put into lists after their making
  std::vector<std::string> star_imports_;
  std::vector<std::string> variables_;
  std::map<std::string, SourceLocation> assigned_at_;
  std::map<std::int32_t, std::string> coefficient_names_;
  std::map<std::int32_t, std::string> constant_names_;
  std::int64_t steps_ = 0;
  int depth_ = 0;
};

/// Counts a level of evaluation while it lives.
class EvaluationLevel {
 public:
  EvaluationLevel(const Evaluator& evaluator, int& depth, SourceLocation where);
  ~EvaluationLevel() { --depth_; }
  EvaluationLevel(const EvaluationLevel&) = delete;
  EvaluationLevel& operator=(const EvaluationLevel&) = delete;

  int& depth_;
};

/// Arithmetic of real and complex numbers as Python does it. `op` is + - * / // % **.
Value number_arithmetic(const std::string& op, const Value& a, const Value& b);

/// Methods and attributes of numbers, strings, lists and dictionaries (methods_python.cpp).
std::optional<Value> python_attribute(const Value& object, const std::string& name);
/// Their names, for messages.
std::vector<std::string> python_attributes(const Value& object);
/// Attribute of an object, as a value or a method to be called. Nothing if there is none.
std::optional<Value> attribute_of(Evaluator& evaluator, const Value& object,
                                  const std::string& name, SourceLocation where);
/// Whether ufl's older versions have that attribute as a method: mesh.geometric_dimension().
bool is_older_method(const std::string& name);
/// A measure with some of its attributes replaced: dx(1, degree=2).
Value measure_call(Evaluator& evaluator, const Value& measure, CallArguments& arguments);

/// A form with its arguments (by position), and coefficients={…}, replaced.
Value apply_form(Evaluator& evaluator, const FormValue& form,
                 const std::vector<PassedValue>& positional,
                 const std::vector<std::pair<std::string, PassedValue>>& keywords,
                 SourceLocation where);
/// action(form, function).
Value form_action(Evaluator& evaluator, const FormValue& form, ExprId function,
                  SourceLocation where);
/// f('+') or f('-').
Value restriction_call(Evaluator& evaluator, ExprId function,
                       const std::vector<PassedValue>& positional, bool has_keywords,
                       SourceLocation where);

/// integrand · measure.
Value integrate(Evaluator& evaluator, ExprId integrand, const Value& measure, SourceLocation where);
/// Sum of two forms, and a form scaled by a number or constant expression.
FormValue add_forms(Evaluator& evaluator, const FormValue& a, const FormValue& b,
                    SourceLocation where);
FormValue scale_form(Evaluator& evaluator, ExprId factor, const FormValue& form,
                     SourceLocation where);

}  // namespace femsynth::fem
