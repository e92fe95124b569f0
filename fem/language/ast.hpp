#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "meshes/support/error.hpp"

/// The syntax tree of a form file. Expressions lie in one array and refer to each other by
/// number, so that a tree of any shape is freed without recursion.
namespace femsynth::fem::ast {

enum class NodeId : std::uint32_t {};
constexpr NodeId none{0xFFFFFFFF};

enum class Kind {
  integer,        ///< Node::integer
  real,           ///< Node::real
  imaginary,      ///< Node::real, times 1j
  string,         ///< Node::text
  joined,         ///< an f-string; children: string and formatted
  formatted,      ///< {value!conversion:spec}; children: value, perhaps the spec (joined)
  name,           ///< Node::text
  literal,        ///< Node::text: True, False, None, ...
  tuple,          ///< children
  list,           ///< children
  dict,           ///< children: key, value, key, value, …; the key of `**d` is none
  starred,        ///< *child
  unary,          ///< Node::text: -, +, ~, not; one child
  binary,         ///< Node::text: + - * / // % ** @; two children
  boolean,        ///< Node::text: and, or; two children
  compare,        ///< children: operands; operators: one fewer
  conditional,    ///< children: value, condition, other
  attribute,      ///< Node::text of child 0
  call,           ///< child 0 of the other children and the keywords
  subscript,      ///< child 0 at child 1
  slice,          ///< begin:end:step; three children, none for what is left out
  comprehension,  ///< children: item, or key and value of a dictionary; clauses
  lambda,         ///< Node::function
  assignment,     ///< name := value; children: name, value
};

/// `name=value` in a call; `**value` if the name is empty.
struct Keyword {
  std::string name;
  SourceLocation where;
  NodeId value{};
};

/// `for target in iterable if condition if condition …` in a comprehension.
struct Clause {
  NodeId target{};
  NodeId iterable{};
  std::vector<NodeId> conditions;
};

struct Function;

struct Node {
  Kind kind = Kind::literal;
  /// Of the token that names the node: an operator's sign, a call's callee, an attribute's name.
  SourceLocation where;
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  int depth = 1;  ///< nesting; a chain of binary operators to the left counts once
  std::vector<NodeId> children;
  std::vector<Keyword> keywords;
  std::vector<std::string> operators;
  std::vector<Clause> clauses;
  const Function* function = nullptr;
};

/// `path` as `alias`, or a name of a module as `alias`.
struct Import {
  std::string name;
  std::string alias;
  SourceLocation where;
};

enum class ParameterKind {
  normal,
  keyword_only,  ///< after `*` or `*args`
  positions,     ///< *args
  keywords       ///< **kwargs
};

struct Parameter {
  std::string name;
  SourceLocation where;
  ParameterKind kind = ParameterKind::normal;
  NodeId default_value = none;
};

enum class StatementKind {
  assign,
  augmented,
  expression,
  import,
  from_import,
  define,
  result,
  conditional,  ///< body: one branch for each `if`, `elif`, `else`
  branch,       ///< value: the condition, none for `else`
  for_loop,     ///< targets[0] in value; body, other
  while_loop,   ///< value; body, other
  leave,        ///< break
  proceed,      ///< continue
  assertion,    ///< value; message
  failure,      ///< raise value
  deletion,     ///< targets
  pass
};

struct Statement {
  StatementKind kind = StatementKind::pass;
  SourceLocation where;
  std::vector<NodeId> targets;
  NodeId value = none;
  NodeId message = none;
  std::string text;             ///< operator of augmented, module of from_import
  std::vector<Import> imports;  ///< "*" imports all
  const Function* function = nullptr;
  std::vector<Statement> body;
  std::vector<Statement> other;  ///< a loop's `else`
};

/// A function that the form file defines, by `def` or `lambda`.
struct Function {
  std::string name;
  SourceLocation where;
  std::vector<Parameter> parameters;
  std::size_t positional_only = 0;  ///< parameters before `/`
  std::vector<Statement> body;
  NodeId value = none;           ///< of a lambda
  std::set<std::string> locals;  ///< the names that it binds
  std::set<std::string> globals;
  std::set<std::string> nonlocals;
};

struct Module {
  std::vector<Node> nodes;
  std::vector<Statement> statements;
  std::vector<std::unique_ptr<Function>> functions;
  const Node& operator[](NodeId id) const { return nodes[static_cast<std::uint32_t>(id)]; }
};

}  // namespace femsynth::fem::ast
