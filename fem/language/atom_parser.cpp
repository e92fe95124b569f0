#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fem/language/expression_parser.hpp"

// Atoms: what an expression is made of. Literals, displays, comprehensions, lambdas.
namespace femsynth::fem {

ast::NodeId ExpressionParser::atom() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::name:
      return add(Kind::name, take());
    case TokenKind::integer:
      return add(Kind::integer, take());
    case TokenKind::real:
      return add(Kind::real, take());
    case TokenKind::imaginary:
      return add(Kind::imaginary, take());
    case TokenKind::string:
    case TokenKind::fstring_begin:
      return string();
    case TokenKind::keyword:
      if (token.text == "True" || token.text == "False" || token.text == "None") {
        return add(Kind::literal, take());
      }
      if (token.text == "yield" || token.text == "await") {
        fail(token.where, fmt::format("'{}' is not supported in a form file", token.text));
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
  const Token first = at(peek(), "");
  std::vector<NodeId> parts;
  while (peek().kind == TokenKind::string || peek().kind == TokenKind::fstring_begin) {
    const Token token = take();
    if (token.kind == TokenKind::string) {
      parts.push_back(add(Kind::string, token));
    } else {
      format_parts(parts);
      take();  // fstring_end
    }
  }
  const bool is_plain =
      std::ranges::all_of(parts, [&](NodeId id) { return module_[id].kind == Kind::string; });
  if (!is_plain) return add(Kind::joined, first, std::move(parts));
  Token whole = first;
  for (NodeId id : parts) whole.text += module_[id].text;
  return add(Kind::string, whole);
}

void ExpressionParser::format_parts(std::vector<NodeId>& parts) {
  while (peek().kind == TokenKind::fstring_text || is_op("{")) {
    parts.push_back(is_op("{") ? format_field() : add(Kind::string, take()));
  }
}

ast::NodeId ExpressionParser::format_field() {
  const Nesting nesting(*this);
  Token open = take();
  open.text.clear();
  std::vector<NodeId> children{expression_list()};
  if (accept("!")) {
    open.text = expect_name("a conversion").text;
    if (open.text != "r" && open.text != "s" && open.text != "a") {
      fail(open.where, fmt::format("the conversion '!{}' (there are !r, !s and !a)", open.text));
    }
  }
  if (is_op(":")) {
    const Token colon = at(take(), "");
    std::vector<NodeId> parts;
    format_parts(parts);
    children.push_back(add(Kind::joined, colon, std::move(parts)));
  }
  expect("}");
  return add(Kind::formatted, open, std::move(children));
}

ast::NodeId ExpressionParser::parenthesised() {
  const Token open = take();
  if (accept(")")) return add(Kind::tuple, at(open, ""));
  const Token first = peek();
  NodeId value = item();
  value =
      is_keyword("for") ? comprehension(first, "generator", {value}) : rest_of_list(first, value);
  expect(")");
  return value;
}

ast::NodeId ExpressionParser::list() {
  const Token open = take();
  std::vector<NodeId> items;
  while (!is_op("]")) {
    const Token first = peek();
    items.push_back(item());
    if (items.size() == 1 && is_keyword("for")) {
      const NodeId all = comprehension(first, "list", items);
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
    const Token first = peek();
    if (accept("**")) {
      items.push_back(ast::none);
      items.push_back(disjunction());
    } else {
      items.push_back(expression());
      if (!is_op(":")) fail(peek().where, "sets are not supported (a dictionary: {key: value})");
      take();
      items.push_back(expression());
    }
    if (items.size() == 2 && is_keyword("for")) {
      const NodeId all = comprehension(first, "dict", items);
      expect("}");
      return all;
    }
    if (!accept(",")) break;
  }
  expect("}");
  return add(Kind::dict, at(open, ""), std::move(items));
}

ast::NodeId ExpressionParser::comprehension(const Token& first, const char* type,
                                            std::vector<NodeId> items) {
  for (NodeId id : items) {
    if (id == ast::none || module_[id].kind == Kind::starred) {
      fail(first.where, "unpacking in a comprehension is not possible");
    }
  }
  ast::Node node;
  node.kind = Kind::comprehension;
  node.where = first.where;
  node.text = type;
  node.children = std::move(items);
  while (is_keyword("for")) {
    take();
    ast::Clause clause;
    clause.target = loop_target();
    clause.iterable = disjunction();
    while (is_keyword("if")) {
      take();
      clause.conditions.push_back(disjunction());
    }
    node.clauses.push_back(std::move(clause));
    check_depth(node.where, static_cast<int>(node.clauses.size()));
  }
  if (is_keyword("async")) fail(peek().where, "'async' is not supported in a form file");
  return add(std::move(node));
}

ast::NodeId ExpressionParser::loop_target() {
  const Token first = peek();
  std::vector<NodeId> targets{target_item()};
  bool is_tuple = false;
  while (accept(",")) {
    is_tuple = true;
    if (is_keyword("in")) break;
    targets.push_back(target_item());
  }
  const NodeId target = is_tuple ? add(Kind::tuple, at(first, ""), std::move(targets)) : targets[0];
  check_target(target, /*names_only=*/true);
  if (!is_keyword("in")) {
    fail(peek().where, fmt::format("expected 'in' but found {}", described(peek())));
  }
  take();
  return target;
}

ast::NodeId ExpressionParser::target_item() {
  if (!is_op("*")) return postfix();
  const Token star = take();
  return add(Kind::starred, star, {postfix()});
}

void ExpressionParser::check_target(NodeId id, bool names_only) const {
  const ast::Node& node = module_[id];
  if (node.kind == Kind::tuple || node.kind == Kind::list) {
    if (node.children.empty()) fail(node.where, "assignment to nothing");
    int starred = 0;
    for (NodeId child : node.children) {
      const bool is_starred = module_[child].kind == Kind::starred;
      if (is_starred && ++starred > 1) fail(module_[child].where, "two '*' in one assignment");
      check_target(is_starred ? module_[child].children[0] : child, names_only);
    }
  } else if (node.kind == Kind::attribute) {
    fail(node.where, "attributes cannot be assigned to");
  } else if (node.kind == Kind::starred) {
    fail(node.where, "'*' takes a part of a tuple: first, *rest = ...");
  } else if (node.kind != Kind::name && (names_only || node.kind != Kind::subscript)) {
    fail(node.where, "only variables and tuples of variables can be assigned to");
  }
}

ast::NodeId ExpressionParser::lambda() {
  const Token token = take();
  ast::Function& function = new_function("<lambda>", token.where);
  parameters(function, ":");
  expect(":");
  functions_.push_back(&function);
  function.value = expression();
  functions_.pop_back();
  ast::Node node;
  node.kind = Kind::lambda;
  node.where = token.where;
  node.function = &function;
  return add(std::move(node));
}

ast::Function& ExpressionParser::new_function(std::string name, SourceLocation where) {
  module_.functions.push_back(std::make_unique<ast::Function>());
  ast::Function& function = *module_.functions.back();
  function.name = std::move(name);
  function.where = where;
  return function;
}

void ExpressionParser::parameters(ast::Function& function, std::string_view end) {
  bool keyword_only = false;
  while (!is_op(end)) {
    if (!function.parameters.empty() &&
        function.parameters.back().kind == ast::ParameterKind::keywords) {
      fail(peek().where, "a parameter after '**'");
    }
    if (is_op("/")) {
      if (function.parameters.empty() || keyword_only || function.positional_only > 0) {
        fail(peek().where, "a misplaced '/' among the parameters");
      }
      take();
      function.positional_only = function.parameters.size();
    } else {
      parameter(function, keyword_only, /*with_annotation=*/end == ")");
    }
    if (!accept(",")) break;
  }
}

void ExpressionParser::parameter(ast::Function& function, bool& keyword_only,
                                 bool with_annotation) {
  ast::Parameter parameter;
  if (is_op("*")) {
    if (keyword_only) fail(peek().where, "a second '*' among the parameters");
    take();
    keyword_only = true;
    if (is_op(",")) return;
    parameter.kind = ast::ParameterKind::positions;
  } else if (accept("**")) {
    parameter.kind = ast::ParameterKind::keywords;
  } else if (keyword_only) {
    parameter.kind = ast::ParameterKind::keyword_only;
  }
  parameter.where = peek().where;
  parameter.name = expect_name("a parameter").text;
  if (!function.locals.insert(parameter.name).second) {
    fail(parameter.where, fmt::format("two parameters named '{}'", parameter.name));
  }
  if (with_annotation && accept(":")) annotation();
  const bool is_collector = parameter.kind == ast::ParameterKind::positions ||
                            parameter.kind == ast::ParameterKind::keywords;
  if (!is_collector && accept("=")) {
    parameter.default_value = expression();
  } else if (parameter.kind == ast::ParameterKind::normal && !function.parameters.empty() &&
             function.parameters.back().default_value != ast::none) {
    fail(parameter.where, "a parameter without a default value after one with");
  }
  function.parameters.push_back(std::move(parameter));
}

void ExpressionParser::annotation() {
  const bool outer = std::exchange(in_annotation_, true);
  do {
    expression();
  } while (accept("|"));
  in_annotation_ = outer;
}

void ExpressionParser::bind_name(const std::string& name) {
  if (functions_.empty()) return;
  ast::Function& function = *functions_.back();
  if (function.globals.contains(name) || function.nonlocals.contains(name)) return;
  function.locals.insert(name);
}

void ExpressionParser::bind_names(NodeId target) {
  const ast::Node& node = module_[target];
  if (node.kind == Kind::name) {
    bind_name(node.text);
  } else if (node.kind != Kind::subscript) {
    for (NodeId child : node.children) bind_names(child);
  }
}

}  // namespace femsynth::fem
