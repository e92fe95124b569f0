#pragma once

#include <cstdint>
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
  string,         ///< Node::text
  name,           ///< Node::text
  literal,        ///< Node::text: True, False, None, ...
  tuple,          ///< children
  list,           ///< children
  dict,           ///< children: key, value, key, value, …
  unary,          ///< Node::text: -, +, ~, not; one child
  binary,         ///< Node::text: + - * / // % ** @; two children
  boolean,        ///< Node::text: and, or; two children
  compare,        ///< children: operands; operators: one fewer
  conditional,    ///< children: value, condition, other
  attribute,      ///< Node::text of child 0
  call,           ///< child 0 of the other children and the keywords
  subscript,      ///< child 0 at child 1
  slice,          ///< a[:]; children: what bounds it, none for a full slice
  comprehension,  ///< children: item, target, iterable
};

struct Keyword {
  std::string name;
  SourceLocation where;
  NodeId value{};
};

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
};

/// `path` as `alias`, or a name of a module as `alias`.
struct Import {
  std::string name;
  std::string alias;
  SourceLocation where;
};

struct Parameter {
  std::string name;
  SourceLocation where;
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
  pass
};

struct Statement {
  StatementKind kind = StatementKind::pass;
  SourceLocation where;
  std::vector<NodeId> targets;  ///< of assign and augmented
  NodeId value = none;          ///< of assign, augmented, expression, result
  std::string text;             ///< operator of augmented, module of from_import, function's name
  std::vector<Import> imports;  ///< "*" imports all
  std::vector<Parameter> parameters;
  std::vector<Statement> body;
};

struct Module {
  std::vector<Node> nodes;
  std::vector<Statement> statements;
  const Node& operator[](NodeId id) const { return nodes[static_cast<std::uint32_t>(id)]; }
};

}  // namespace femsynth::fem::ast
