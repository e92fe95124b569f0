#include "fem/language/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fem/language/expression_parser.hpp"

namespace femsynth::fem {
namespace {

using ast::StatementKind;

class Parser : private ExpressionParser {
 public:
  using ExpressionParser::ExpressionParser;

  ast::Module run() {
    while (peek().kind != TokenKind::end) {
      if (peek().kind == TokenKind::indent) fail(peek().where, "unexpected indentation");
      statement_line(module_.statements, /*in_function=*/false);
    }
    return std::move(module_);
  }

 private:
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
};

}  // namespace

ast::Module parse(const Source& source) { return Parser(source).run(); }

}  // namespace femsynth::fem
