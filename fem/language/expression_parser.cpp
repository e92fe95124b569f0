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
  for (std::size_t k = 0; k < node.children.size(); ++k) {
    const ast::Node& child = module_[node.children[k]];
    // Chains a + b + c + … grow to the left and are evaluated in a loop.
    const bool chain = k == 0 && node.kind == Kind::binary && child.kind == Kind::binary;
    depth = std::max(depth, child.depth - (chain ? 1 : 0));
  }
  for (const ast::Keyword& keyword : node.keywords) {
    depth = std::max(depth, module_[keyword.value].depth);
  }
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
  return rest_of_list(first, expression());
}

ast::NodeId ExpressionParser::rest_of_list(const Token& first, NodeId head) {
  if (!is_op(",")) return head;
  std::vector<NodeId> items{head};
  while (accept(",")) {
    if (at_expression_end()) break;
    items.push_back(expression());
  }
  return add(Kind::tuple, at(first, ""), std::move(items));
}

ast::NodeId ExpressionParser::expression() {
  const Nesting nesting(*this);
  if (is_keyword("lambda")) fail(peek().where, "'lambda' is not supported");
  if (is_op("*") || is_op("**")) fail(peek().where, "unpacking with '*' is not supported");
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
    if (is_keyword("in") || is_keyword("is") || is_keyword("not")) {
      fail(peek().where, fmt::format("'{}' is not supported", peek().text));
    }
    static constexpr std::array comparisons = {"<", ">", "<=", ">=", "==", "!="};
    if (peek().kind != TokenKind::op ||
        std::ranges::find(comparisons, peek().text) == comparisons.end()) {
      break;
    }
    if (node.operators.empty()) node.where = peek().where;
    node.operators.push_back(take().text);
    node.children.push_back(sum());
  }
  return node.operators.empty() ? first : add(std::move(node));
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
  if (!call.keywords.empty()) fail(peek().where, "a positional argument after a keyword");
  const Token first = peek();
  const NodeId value = expression();
  call.children.push_back(is_keyword("for") ? comprehension(first, value) : value);
}

ast::NodeId ExpressionParser::subscript_index() {
  const Token first = peek();
  std::vector<NodeId> items{subscript_item()};
  bool is_tuple = false;
  while (accept(",")) {
    is_tuple = true;
    if (is_op("]")) break;
    items.push_back(subscript_item());
  }
  return is_tuple ? add(Kind::tuple, at(first, ""), std::move(items)) : items[0];
}

ast::NodeId ExpressionParser::subscript_item() {
  const Token first = peek();
  std::vector<NodeId> bounds;
  if (!is_op(":")) {
    const NodeId value = expression();
    if (!is_op(":")) return value;
    bounds.push_back(value);
  }
  while (accept(":")) {
    if (!is_op(":") && !is_op(",") && !is_op("]")) bounds.push_back(expression());
  }
  return add(Kind::slice, at(first, ":"), std::move(bounds));
}

ast::NodeId ExpressionParser::comprehension(const Token& first, NodeId item) {
  take();
  const NodeId target = comprehension_target();
  check_target(target);
  if (!is_keyword("in")) {
    fail(peek().where, fmt::format("expected 'in' but found {}", described(peek())));
  }
  take();
  const NodeId iterable = disjunction();
  if (is_keyword("if") || is_keyword("for") || is_keyword("async")) {
    fail(peek().where, fmt::format("'{}' in a comprehension is not supported", peek().text));
  }
  return add(Kind::comprehension, at(first, ""), {item, target, iterable});
}

ast::NodeId ExpressionParser::comprehension_target() {
  const Token first = peek();
  std::vector<NodeId> names{postfix()};
  bool is_tuple = false;
  while (accept(",")) {
    is_tuple = true;
    if (is_keyword("in")) break;
    names.push_back(postfix());
  }
  return is_tuple ? add(Kind::tuple, at(first, ""), std::move(names)) : names[0];
}

ast::NodeId ExpressionParser::atom() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::name:
      return add(Kind::name, take());
    case TokenKind::integer:
      return add(Kind::integer, take());
    case TokenKind::real:
      return add(Kind::real, take());
    case TokenKind::string:
      return string();
    case TokenKind::keyword:
      if (token.text == "True" || token.text == "False" || token.text == "None") {
        return add(Kind::literal, take());
      }
      fail(token.where, fmt::format("unexpected '{}'", token.text));
    case TokenKind::op:
      if (token.text == "(") return parenthesised();
      if (token.text == "[") return list();
      if (token.text == "{") return dict();
      if (token.text == "...") return add(Kind::literal, take());
      break;
    default:
      break;
  }
  fail(token.where, fmt::format("expected an expression but found {}", described(token)));
}

ast::NodeId ExpressionParser::string() {
  Token token = take();
  while (peek().kind == TokenKind::string) token.text += take().text;
  return add(Kind::string, token);
}

ast::NodeId ExpressionParser::parenthesised() {
  const Token open = take();
  if (accept(")")) return add(Kind::tuple, at(open, ""));
  const Token first = peek();
  NodeId value = expression();
  value = is_keyword("for") ? comprehension(first, value) : rest_of_list(first, value);
  expect(")");
  return value;
}

ast::NodeId ExpressionParser::list() {
  const Token open = take();
  std::vector<NodeId> items;
  while (!is_op("]")) {
    const Token first = peek();
    items.push_back(expression());
    if (items.size() == 1 && is_keyword("for")) {
      const NodeId all = comprehension(first, items[0]);
      expect("]");
      return all;
    }
    if (!accept(",")) break;
  }
  expect("]");
  return add(Kind::list, at(open, ""), std::move(items));
}

ast::NodeId ExpressionParser::dict() {
  const Token open = take();
  std::vector<NodeId> items;
  while (!is_op("}")) {
    items.push_back(expression());
    if (!is_op(":")) fail(peek().where, "sets are not supported");
    take();
    items.push_back(expression());
    if (!accept(",")) break;
  }
  expect("}");
  return add(Kind::dict, at(open, ""), std::move(items));
}

void ExpressionParser::check_target(NodeId id) const {
  const ast::Node& node = module_[id];
  if (node.kind == Kind::tuple || node.kind == Kind::list) {
    if (node.children.empty()) fail(node.where, "assignment to nothing");
    for (NodeId child : node.children) check_target(child);
  } else if (node.kind != Kind::name) {
    fail(node.where, "only variables and tuples of variables can be assigned to");
  }
}

}  // namespace femsynth::fem
