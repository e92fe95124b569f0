#include "fem/language/expression_parser.hpp"

#include <fmt/format.h>

#include <array>

#include "fem/language/limits.hpp"

namespace femsynth::fem {

std::string described(const Token& token) {
  switch (token.kind) {
    case TokenKind::newline:
      return "the end of the line";
    case TokenKind::indent:
      return "an indented line";
    case TokenKind::dedent:
      return "the end of a block";
    case TokenKind::end:
      return "the end of the file";
    case TokenKind::string:
      return "a string";
    default:
      return fmt::format("'{}'", token.text);
  }
}

ast::NodeId ExpressionParser::add(ast::Node node) {
  int depth = 0;
  const auto contains = [&](NodeId id) {
    if (id != ast::none) depth = std::max(depth, module_[id].depth);
  };
  for (std::size_t k = 0; k < node.children.size(); ++k) {
    // Chains a + b + c + … grow to the left and are evaluated in a loop.
    const bool chain =
        k == 0 && node.kind == Kind::binary && module_[node.children[0]].kind == Kind::binary;
    if (chain) {
      depth = module_[node.children[0]].depth - 1;
    } else {
      contains(node.children[k]);
    }
  }
  for (const ast::Keyword& keyword : node.keywords) contains(keyword.value);
  for (const ast::Clause& clause : node.clauses) {
    contains(clause.target);
    contains(clause.iterable);
    for (NodeId condition : clause.conditions) contains(condition);
  }
  if (node.function != nullptr) contains(node.function->value);
  node.depth = depth + 1;
  check_depth(node.where, node.depth);
  module_.nodes.push_back(std::move(node));
  return NodeId{static_cast<std::uint32_t>(module_.nodes.size() - 1)};
}

ast::NodeId ExpressionParser::add(Kind kind, const Token& token, std::vector<NodeId> children) {
  ast::Node node;
  node.kind = kind;
  node.where = token.where;
  node.text = token.text;
  node.integer = token.integer;
  node.real = token.real;
  node.children = std::move(children);
  return add(std::move(node));
}

void ExpressionParser::check_depth(SourceLocation where, int depth) const {
  if (depth > limits::nesting_depth) {
    fail(where, fmt::format("expressions nested more than {} deep", limits::nesting_depth));
  }
}

bool ExpressionParser::at_expression_end() const {
  const Token& token = peek();
  if (token.kind == TokenKind::newline || token.kind == TokenKind::end) return true;
  static constexpr std::array ends = {")", "]", "}", "=", ":", ";"};
  return token.kind == TokenKind::op && std::ranges::find(ends, token.text) != ends.end();
}

ast::NodeId ExpressionParser::expression_list() {
  const Token first = peek();
  return rest_of_list(first, item());
}

ast::NodeId ExpressionParser::rest_of_list(const Token& first, NodeId head) {
  if (!is_op(",")) {
    if (module_[head].kind == Kind::starred && !is_op("=")) {
      fail(first.where, "'*' unpacks into a list, a tuple or the arguments of a call");
    }
    return head;
  }
  std::vector<NodeId> items{head};
  while (accept(",")) {
    if (at_expression_end()) break;
    items.push_back(item());
  }
  return add(Kind::tuple, at(first, ""), std::move(items));
}

ast::NodeId ExpressionParser::item() {
  if (!is_op("*")) return named_expression();
  const Token star = take();
  return add(Kind::starred, star, {disjunction()});
}

ast::NodeId ExpressionParser::named_expression() {
  if (peek().kind != TokenKind::name || !is_op(":=", 1)) return expression();
  const Nesting nesting(*this);
  const NodeId name = add(Kind::name, take());
  const Token token = take();
  bind_name(module_[name].text);
  return add(Kind::assignment, token, {name, expression()});
}

ast::NodeId ExpressionParser::expression() {
  const Nesting nesting(*this);
  if (is_keyword("lambda")) return lambda();
  if (is_op("*") || is_op("**")) {
    fail(peek().where,
         fmt::format("'{}' unpacks into a list, a tuple or the arguments of a call", peek().text));
  }
  const NodeId value = disjunction();
  if (!is_keyword("if")) return value;
  const Token& token = take();
  const NodeId condition = disjunction();
  if (!is_keyword("else")) {
    fail(peek().where, fmt::format("expected 'else' but found {}", described(peek())));
  }
  take();
  const NodeId other = expression();
  return add(Kind::conditional, token, {value, condition, other});
}

ast::NodeId ExpressionParser::disjunction() {
  NodeId left = conjunction();
  while (is_keyword("or")) {
    const Token& token = take();
    left = add(Kind::boolean, token, {left, conjunction()});
  }
  return left;
}

ast::NodeId ExpressionParser::conjunction() {
  NodeId left = negation();
  while (is_keyword("and")) {
    const Token& token = take();
    left = add(Kind::boolean, token, {left, negation()});
  }
  return left;
}

ast::NodeId ExpressionParser::negation() {
  if (!is_keyword("not")) return comparison();
  const Nesting nesting(*this);
  const Token& token = take();
  return add(Kind::unary, token, {negation()});
}

ast::NodeId ExpressionParser::comparison() {
  const NodeId first = sum();
  ast::Node node;
  node.kind = Kind::compare;
  node.children = {first};
  for (;;) {
    const SourceLocation where = peek().where;
    std::string op = comparison_operator();
    if (op.empty()) break;
    if (node.operators.empty()) node.where = where;
    node.operators.push_back(std::move(op));
    node.children.push_back(sum());
  }
  return node.operators.empty() ? first : add(std::move(node));
}

std::string ExpressionParser::comparison_operator() {
  static constexpr std::array comparisons = {"<", ">", "<=", ">=", "==", "!="};
  if (peek().kind == TokenKind::op &&
      std::ranges::find(comparisons, peek().text) != comparisons.end()) {
    return take().text;
  }
  if (is_keyword("in")) return take().text;
  if (is_keyword("is")) {
    take();
    if (!is_keyword("not")) return "is";
    take();
    return "is not";
  }
  if (is_keyword("not")) {
    take();
    if (!is_keyword("in")) {
      fail(peek().where, fmt::format("expected 'in' but found {}", described(peek())));
    }
    take();
    return "not in";
  }
  return {};
}

ast::NodeId ExpressionParser::sum() {
  NodeId left = product();
  while (is_op("+") || is_op("-")) {
    const Token& token = take();
    left = add(Kind::binary, token, {left, product()});
  }
  refuse_bit_operator();
  return left;
}

ast::NodeId ExpressionParser::product() {
  NodeId left = prefix();
  while (is_op("*") || is_op("/") || is_op("//") || is_op("%") || is_op("@")) {
    const Token& token = take();
    left = add(Kind::binary, token, {left, prefix()});
  }
  return left;
}

void ExpressionParser::refuse_bit_operator() const {
  static constexpr std::array bits = {"<<", ">>", "&", "|", "^"};
  if (in_annotation_ && is_op("|")) return;  // of types
  if (peek().kind == TokenKind::op && std::ranges::find(bits, peek().text) != bits.end()) {
    fail(peek().where, fmt::format("the operator '{}' is not supported", peek().text));
  }
}

ast::NodeId ExpressionParser::prefix() {
  if (is_op("-") || is_op("+") || is_op("~")) {
    const Nesting nesting(*this);
    const Token& token = take();
    return add(Kind::unary, token, {prefix()});
  }
  const NodeId base = postfix();
  if (!is_op("**")) return base;
  const Nesting nesting(*this);
  const Token& token = take();
  return add(Kind::binary, token, {base, prefix()});  // to the right; a**-b is a**(−b)
}

ast::NodeId ExpressionParser::postfix() {
  NodeId node = atom();
  for (;;) {
    if (is_op("(")) {
      node = call(node);
    } else if (is_op("[")) {
      const Token& token = take();
      const NodeId index = subscript_index();
      expect("]");
      node = add(Kind::subscript, token, {node, index});
    } else if (is_op(".")) {
      take();
      node = add(Kind::attribute, expect_name("an attribute"), {node});
    } else {
      return node;
    }
  }
}

ast::NodeId ExpressionParser::call(NodeId callee) {
  ast::Node node;
  node.kind = Kind::call;
  node.where = module_[callee].where;
  node.children = {callee};
  take();
  while (!is_op(")")) {
    argument(node);
    if (!accept(",")) break;
  }
  if (!is_op(")")) {
    fail(peek().where, fmt::format("expected ',' or ')' but found {}", described(peek())));
  }
  take();
  return add(std::move(node));
}

void ExpressionParser::argument(ast::Node& call) {
  if (peek().kind == TokenKind::name && is_op("=", 1)) {
    const Token& name = take();
    take();
    for (const ast::Keyword& other : call.keywords) {
      if (other.name == name.text) {
        fail(name.where, fmt::format("the argument '{}' is given twice", name.text));
      }
    }
    call.keywords.push_back({name.text, name.where, expression()});
    return;
  }
  if (is_op("**")) {
    const Token stars = take();
    call.keywords.push_back({"", stars.where, expression()});
    return;
  }
  if (!call.keywords.empty() && !is_op("*")) {
    fail(peek().where, "a positional argument after a keyword");
  }
  const Token first = peek();
  const NodeId value = item();
  call.children.push_back(is_keyword("for") ? comprehension(first, "generator", {value}) : value);
}

ast::NodeId ExpressionParser::subscript_index() {
  const Token first = peek();
  std::vector<NodeId> items{subscript_item()};
  bool is_tuple = module_[items[0]].kind == Kind::starred;  // A[*t] is A[(*t,)]
  while (accept(",")) {
    is_tuple = true;
    if (is_op("]")) break;
    items.push_back(subscript_item());
  }
  return is_tuple ? add(Kind::tuple, at(first, ""), std::move(items)) : items[0];
}

ast::NodeId ExpressionParser::subscript_item() {
  const Token first = peek();
  std::vector<NodeId> bounds(3, ast::none);
  if (!is_op(":")) {
    bounds[0] = item();
    if (!is_op(":")) return bounds[0];
    if (module_[bounds[0]].kind == Kind::starred) fail(first.where, "'*' in a slice's bound");
  }
  for (std::size_t k = 1; k < 3 && accept(":"); ++k) {
    if (!is_op(":") && !is_op(",") && !is_op("]")) bounds[k] = expression();
  }
  return add(Kind::slice, at(first, ":"), std::move(bounds));
}

}  // namespace femsynth::fem
