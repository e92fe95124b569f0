#include "fem/language/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "fem/language/lexer.hpp"
#include "fem/language/limits.hpp"

namespace femsynth::fem {
namespace {

using ast::Kind;
using ast::NodeId;
using ast::StatementKind;

/// Binding strength of the binary operators; 0 for what is none. Unary signs bind between
/// `product` and `power`.
enum Strength { none = 0, additive = 1, multiplicative = 2, unary = 3, power = 4 };

Strength strength_of(const Token& token) {
  if (token.kind != TokenKind::op) return none;
  const std::string& op = token.text;
  if (op == "+" || op == "-") return additive;
  if (op == "*" || op == "/" || op == "//" || op == "%" || op == "@") return multiplicative;
  if (op == "**") return power;
  return none;
}

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

class Parser {
 public:
  explicit Parser(const Source& source) : source_(source), tokens_(tokenize(source)) {}

  ast::Module run() {
    while (peek().kind != TokenKind::end) {
      if (peek().kind == TokenKind::indent) fail(peek().where, "unexpected indentation");
      statement_line(module_.statements, /*in_function=*/false);
    }
    return std::move(module_);
  }

 private:
  // Tokens.

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool is_op(std::string_view op, std::size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::op && peek(ahead).text == op;
  }
  bool is_keyword(std::string_view word) const {
    return peek().kind == TokenKind::keyword && peek().text == word;
  }
  bool accept(std::string_view op) {
    if (!is_op(op)) return false;
    take();
    return true;
  }
  const Token& expect(std::string_view op) {
    if (!is_op(op)) {
      fail(peek().where, fmt::format("expected '{}' but found {}", op, described(peek())));
    }
    return take();
  }
  const Token& expect_name(std::string_view what) {
    if (peek().kind != TokenKind::name) {
      fail(peek().where, fmt::format("expected {} but found {}", what, described(peek())));
    }
    return take();
  }
  [[noreturn]] void fail(SourceLocation where, const std::string& message) const {
    throw source_.error(where, message);
  }

  // Nodes.

  NodeId add(ast::Node node) {
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

  NodeId add(Kind kind, const Token& token, std::vector<NodeId> children = {}) {
    ast::Node node;
    node.kind = kind;
    node.where = token.where;
    node.text = token.text;
    node.integer = token.integer;
    node.real = token.real;
    node.children = std::move(children);
    return add(std::move(node));
  }

  void check_depth(SourceLocation where, int depth) const {
    if (depth > limits::nesting_depth) {
      fail(where, fmt::format("expressions nested more than {} deep", limits::nesting_depth));
    }
  }

  /// Counts the recursion of the parser itself.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) {
      parser.check_depth(parser.peek().where, ++parser.nesting_);
    }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };

  // Statements.

  /// One line: simple statements with ';' between them, or a function.
  void statement_line(std::vector<ast::Statement>& out, bool in_function) {
    if (is_keyword("def")) {
      if (in_function) fail(peek().where, "functions inside functions are not supported");
      out.push_back(function());
      return;
    }
    for (;;) {
      out.push_back(simple_statement(in_function));
      if (!accept(";") || peek().kind == TokenKind::newline) break;
    }
    if (peek().kind != TokenKind::newline) {
      fail(peek().where, fmt::format("unexpected {}", described(peek())));
    }
    take();
  }

  ast::Statement simple_statement(bool in_function) {
    const Token& token = peek();
    if (token.kind == TokenKind::keyword) {
      const std::string& word = token.text;
      if (word == "import") return import_statement();
      if (word == "from") return from_statement();
      if (word == "return") return return_statement(in_function);
      if (word == "pass") {
        ast::Statement statement;
        statement.where = take().where;
        return statement;
      }
      static constexpr std::array expression_words = {"not", "True", "False", "None", "lambda"};
      if (std::ranges::find(expression_words, word) == expression_words.end()) {
        fail(token.where, fmt::format("'{}' is not supported in a form file", word));
      }
    }
    if (is_op("@")) fail(token.where, "decorators are not supported");
    return assignment_or_expression();
  }

  ast::Statement assignment_or_expression() {
    ast::Statement statement;
    statement.where = peek().where;
    NodeId value = expression_list();
    static constexpr std::array augmented = {"+=", "-=", "*=", "/=", "**=", "//=", "%=", "@="};
    if (peek().kind == TokenKind::op &&
        std::ranges::find(augmented, peek().text) != augmented.end()) {
      if (module_[value].kind != Kind::name) {
        fail(module_[value].where, fmt::format("'{}' needs a variable on its left", peek().text));
      }
      statement.kind = StatementKind::augmented;
      statement.where = peek().where;
      statement.text = take().text;
      statement.text.pop_back();
      statement.targets = {value};
      statement.value = expression_list();
      return statement;
    }
    if (is_op(":")) fail(peek().where, "annotations are not supported");
    if (is_op(":=")) fail(peek().where, "':=' is not supported");
    statement.kind = StatementKind::expression;
    while (is_op("=")) {
      check_target(value);
      statement.kind = StatementKind::assign;
      statement.targets.push_back(value);
      take();
      value = expression_list();
    }
    statement.value = value;
    return statement;
  }

  void check_target(NodeId id) const {
    const ast::Node& node = module_[id];
    if (node.kind == Kind::tuple || node.kind == Kind::list) {
      if (node.children.empty()) fail(node.where, "assignment to nothing");
      for (NodeId child : node.children) check_target(child);
    } else if (node.kind != Kind::name) {
      fail(node.where, "only variables and tuples of variables can be assigned to");
    }
  }

  std::string dotted_name() {
    std::string name = expect_name("a module's name").text;
    while (accept(".")) name += "." + expect_name("a module's name").text;
    return name;
  }

  std::string alias() {
    if (!is_keyword("as")) return {};
    take();
    return expect_name("a name").text;
  }

  ast::Statement import_statement() {
    ast::Statement statement;
    statement.kind = StatementKind::import;
    statement.where = take().where;
    do {
      ast::Import import;
      import.where = peek().where;
      import.name = dotted_name();
      import.alias = alias();
      statement.imports.push_back(std::move(import));
    } while (accept(","));
    return statement;
  }

  ast::Statement from_statement() {
    ast::Statement statement;
    statement.kind = StatementKind::from_import;
    take();
    statement.where = peek().where;
    if (is_op(".") || is_op("...")) fail(peek().where, "relative imports are not supported");
    statement.text = dotted_name();
    if (!is_keyword("import")) {
      fail(peek().where, fmt::format("expected 'import' but found {}", described(peek())));
    }
    take();
    if (is_op("*")) {
      statement.imports.push_back({"*", {}, take().where});
      return statement;
    }
    const bool parenthesised = accept("(");
    do {
      if (parenthesised && is_op(")") && !statement.imports.empty()) break;
      ast::Import import;
      import.where = peek().where;
      import.name = expect_name("a name").text;
      import.alias = alias();
      statement.imports.push_back(std::move(import));
    } while (accept(","));
    if (parenthesised) expect(")");
    return statement;
  }

  ast::Statement return_statement(bool in_function) {
    ast::Statement statement;
    statement.kind = StatementKind::result;
    statement.where = take().where;
    if (!in_function) fail(statement.where, "'return' outside a function");
    if (peek().kind == TokenKind::newline) {
      fail(statement.where, "a function must return a value");
    }
    statement.value = expression_list();
    return statement;
  }

  ast::Statement function() {
    ast::Statement statement;
    statement.kind = StatementKind::define;
    take();
    statement.where = peek().where;
    statement.text = expect_name("the function's name").text;
    expect("(");
    parameters(statement);
    expect(")");
    if (is_op("->")) fail(peek().where, "annotations are not supported");
    expect(":");
    if (peek().kind == TokenKind::newline) {
      take();
      if (peek().kind != TokenKind::indent) fail(peek().where, "expected an indented block");
      take();
      while (peek().kind != TokenKind::dedent && peek().kind != TokenKind::end) {
        if (peek().kind == TokenKind::indent) fail(peek().where, "unexpected indentation");
        statement_line(statement.body, /*in_function=*/true);
      }
      if (peek().kind == TokenKind::dedent) take();
    } else {
      statement_line(statement.body, /*in_function=*/true);
    }
    check_body(statement);
    return statement;
  }

  void parameters(ast::Statement& statement) {
    while (!is_op(")")) {
      if (is_op("*") || is_op("**") || is_op("/")) {
        fail(peek().where, fmt::format("'{}' among parameters is not supported", peek().text));
      }
      ast::Parameter parameter;
      parameter.where = peek().where;
      parameter.name = expect_name("a parameter").text;
      for (const ast::Parameter& other : statement.parameters) {
        if (other.name == parameter.name) {
          fail(parameter.where, fmt::format("two parameters named '{}'", parameter.name));
        }
      }
      if (is_op(":")) fail(peek().where, "annotations are not supported");
      if (accept("=")) {
        parameter.default_value = expression();
      } else if (!statement.parameters.empty() &&
                 statement.parameters.back().default_value != ast::none) {
        fail(parameter.where, "a parameter without a default value after one with");
      }
      statement.parameters.push_back(std::move(parameter));
      if (!accept(",")) break;
    }
  }

  /// A body is assignments (and a docstring), then one return.
  void check_body(const ast::Statement& function) const {
    const std::vector<ast::Statement>& body = function.body;
    for (std::size_t k = 0; k < body.size(); ++k) {
      const StatementKind kind = body[k].kind;
      if (kind == StatementKind::import || kind == StatementKind::from_import) {
        fail(body[k].where, "imports inside functions are not supported");
      }
      if (kind == StatementKind::result && k + 1 != body.size()) {
        fail(body[k + 1].where, "statements after 'return'");
      }
    }
    if (body.empty() || body.back().kind != StatementKind::result) {
      fail(function.where,
           fmt::format("the function {}() must end with a return of a value", function.text));
    }
  }

  // Expressions.

  bool at_expression_end() const {
    const Token& token = peek();
    if (token.kind == TokenKind::newline || token.kind == TokenKind::end) return true;
    static constexpr std::array ends = {")", "]", "}", "=", ":", ";"};
    return token.kind == TokenKind::op && std::ranges::find(ends, token.text) != ends.end();
  }

  /// An expression, or several with commas: a tuple.
  NodeId expression_list() {
    const Token first = peek();
    return rest_of_list(first, expression());
  }

  /// What follows the first of perhaps several expressions.
  NodeId rest_of_list(const Token& first, NodeId head) {
    if (!is_op(",")) return head;
    std::vector<NodeId> items{head};
    while (accept(",")) {
      if (at_expression_end()) break;
      items.push_back(expression());
    }
    return add(Kind::tuple, at(first, ""), std::move(items));
  }

  /// A token of the same place with another text.
  static Token at(const Token& token, std::string text) {
    return {TokenKind::op, std::move(text), 0, 0, token.where};
  }

  NodeId expression() {
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

  NodeId disjunction() {
    NodeId left = conjunction();
    while (is_keyword("or")) {
      const Token& token = take();
      left = add(Kind::boolean, token, {left, conjunction()});
    }
    return left;
  }

  NodeId conjunction() {
    NodeId left = negation();
    while (is_keyword("and")) {
      const Token& token = take();
      left = add(Kind::boolean, token, {left, negation()});
    }
    return left;
  }

  NodeId negation() {
    if (!is_keyword("not")) return comparison();
    const Nesting nesting(*this);
    const Token& token = take();
    return add(Kind::unary, token, {negation()});
  }

  NodeId comparison() {
    const NodeId first = binary(additive);
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
      node.children.push_back(binary(additive));
    }
    return node.operators.empty() ? first : add(std::move(node));
  }

  /// Operators that bind at least as strongly as `least` (additive or multiplicative).
  NodeId binary(Strength least) {
    NodeId left = prefix();
    for (;;) {
      const Strength strength = strength_of(peek());
      if (strength < least || strength == none || strength == power) {
        refuse_bit_operator();
        return left;
      }
      const Token& token = take();
      const NodeId right = strength == additive ? binary(multiplicative) : prefix();
      left = add(Kind::binary, token, {left, right});
    }
  }

  void refuse_bit_operator() const {
    static constexpr std::array bits = {"<<", ">>", "&", "|", "^"};
    if (peek().kind == TokenKind::op && std::ranges::find(bits, peek().text) != bits.end()) {
      fail(peek().where, fmt::format("the operator '{}' is not supported", peek().text));
    }
  }

  /// Signs: −a**b is −(a**b).
  NodeId prefix() {
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

  NodeId postfix() {
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

  NodeId call(NodeId callee) {
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

  void argument(ast::Node& call) {
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

  NodeId subscript_index() {
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

  NodeId subscript_item() {
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

  /// `item for target in iterable`, after the item.
  NodeId comprehension(const Token& first, NodeId item) {
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

  NodeId comprehension_target() {
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

  NodeId atom() {
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

  /// Adjacent strings are one string.
  NodeId string() {
    Token token = take();
    while (peek().kind == TokenKind::string) token.text += take().text;
    return add(Kind::string, token);
  }

  NodeId parenthesised() {
    const Token open = take();
    if (accept(")")) return add(Kind::tuple, at(open, ""));
    const Token first = peek();
    NodeId value = expression();
    value = is_keyword("for") ? comprehension(first, value) : rest_of_list(first, value);
    expect(")");
    return value;
  }

  NodeId list() {
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

  NodeId dict() {
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

  const Source& source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  ast::Module module_;
};

}  // namespace

ast::Module parse(const Source& source) { return Parser(source).run(); }

}  // namespace femsynth::fem
