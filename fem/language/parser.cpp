#include "fem/language/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

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
      statement_line(module_.statements);
    }
    return std::move(module_);
  }

 private:
  using Statements = std::vector<ast::Statement>;

  /// One line: simple statements with ';' between them, or a statement that has a block.
  void statement_line(Statements& out) {
    if (is_keyword("def")) {
      out.push_back(function());
    } else if (is_keyword("if")) {
      out.push_back(conditional());
    } else if (is_keyword("for")) {
      out.push_back(for_loop());
    } else if (is_keyword("while")) {
      out.push_back(while_loop());
    } else {
      simple_line(out);
    }
  }

  void simple_line(Statements& out) {
    for (;;) {
      out.push_back(simple_statement());
      if (!accept(";") || peek().kind == TokenKind::newline) break;
    }
    if (peek().kind != TokenKind::newline) {
      fail(peek().where, fmt::format("unexpected {}", described(peek())));
    }
    take();
  }

  ast::Statement simple_statement() {
    const Token& token = peek();
    if (token.kind == TokenKind::keyword) {
      const std::string& word = token.text;
      if (word == "import") return import_statement();
      if (word == "from") return from_statement();
      if (word == "return") return return_statement();
      if (word == "pass") return of_kind(StatementKind::pass);
      if (word == "break") return loop_exit(StatementKind::leave);
      if (word == "continue") return loop_exit(StatementKind::proceed);
      if (word == "assert") return assertion();
      if (word == "raise") return raise_statement();
      if (word == "del") return del_statement();
      if (word == "global" || word == "nonlocal") return scope_statement();
      if (word == "else" || word == "elif") {
        fail(token.where, fmt::format("'{}' without an 'if' or a loop before it", word));
      }
      static constexpr std::array expression_words = {"not", "True", "False", "None", "lambda"};
      if (std::ranges::find(expression_words, word) == expression_words.end()) {
        fail(token.where, fmt::format("'{}' is not supported in a form file", word));
      }
    }
    if (is_op("@")) fail(token.where, "decorators are not supported");
    return assignment_or_expression();
  }

  /// A statement at the next token, which is taken.
  ast::Statement of_kind(StatementKind kind) {
    ast::Statement statement;
    statement.kind = kind;
    statement.where = take().where;
    return statement;
  }

  ast::Statement assignment_or_expression() {
    ast::Statement statement;
    statement.where = peek().where;
    NodeId value = expression_list();
    static constexpr std::array augmented = {"+=", "-=", "*=", "/=", "**=", "//=", "%=", "@="};
    if (peek().kind == TokenKind::op &&
        std::ranges::find(augmented, peek().text) != augmented.end()) {
      if (module_[value].kind != Kind::name && module_[value].kind != Kind::subscript) {
        fail(module_[value].where, fmt::format("'{}' needs a variable on its left", peek().text));
      }
      bind_names(value);
      statement.kind = StatementKind::augmented;
      statement.where = peek().where;
      statement.text = take().text;
      statement.text.pop_back();
      statement.targets = {value};
      statement.value = expression_list();
      return statement;
    }
    if (is_op(":=")) fail(peek().where, "':=' stands in brackets: (name := value)");
    if (is_op(":")) {
      if (module_[value].kind != Kind::name)
        fail(peek().where, "only a variable has an annotation");
      take();
      annotation();
      bind_names(value);
      if (!is_op("=")) return statement;
    }
    statement.kind = StatementKind::expression;
    while (is_op("=")) {
      check_target(value);
      bind_names(value);
      statement.kind = StatementKind::assign;
      statement.targets.push_back(value);
      take();
      value = expression_list();
    }
    statement.value = value;
    return statement;
  }

  // Statements with blocks.

  /// ':' and the statements that belong to it.
  Statements block() {
    Statements body;
    expect(":");
    if (peek().kind != TokenKind::newline) {
      simple_line(body);
      return body;
    }
    take();
    if (peek().kind != TokenKind::indent) fail(peek().where, "expected an indented block");
    take();
    while (peek().kind != TokenKind::dedent && peek().kind != TokenKind::end) {
      if (peek().kind == TokenKind::indent) fail(peek().where, "unexpected indentation");
      statement_line(body);
    }
    if (peek().kind == TokenKind::dedent) take();
    return body;
  }

  ast::Statement conditional() {
    ast::Statement statement;
    statement.kind = StatementKind::conditional;
    statement.where = peek().where;
    do {
      ast::Statement branch = of_kind(StatementKind::branch);
      branch.value = named_expression();
      branch.body = block();
      statement.body.push_back(std::move(branch));
    } while (is_keyword("elif"));
    if (is_keyword("else")) {
      ast::Statement branch = of_kind(StatementKind::branch);
      branch.body = block();
      statement.body.push_back(std::move(branch));
    }
    return statement;
  }

  ast::Statement for_loop() {
    ast::Statement statement = of_kind(StatementKind::for_loop);
    statement.targets = {loop_target()};
    bind_names(statement.targets[0]);
    statement.value = expression_list();
    loop_body(statement);
    return statement;
  }

  ast::Statement while_loop() {
    ast::Statement statement = of_kind(StatementKind::while_loop);
    statement.value = named_expression();
    loop_body(statement);
    return statement;
  }

  void loop_body(ast::Statement& loop) {
    ++loops_;
    loop.body = block();
    --loops_;
    if (!is_keyword("else")) return;
    take();
    loop.other = block();
  }

  ast::Statement loop_exit(StatementKind kind) {
    if (loops_ == 0) fail(peek().where, fmt::format("'{}' outside a loop", peek().text));
    return of_kind(kind);
  }

  ast::Statement function() {
    ast::Statement statement = of_kind(StatementKind::define);
    statement.where = peek().where;
    ast::Function& function =
        new_function(expect_name("the function's name").text, statement.where);
    bind_name(function.name);
    statement.function = &function;
    expect("(");
    parameters(function, ")");
    expect(")");
    if (accept("->")) annotation();
    functions_.push_back(&function);
    const int outer_loops = std::exchange(loops_, 0);
    function.body = block();
    loops_ = outer_loops;
    functions_.pop_back();
    return statement;
  }

  // Simple statements.

  ast::Statement assertion() {
    ast::Statement statement = of_kind(StatementKind::assertion);
    statement.value = named_expression();
    if (accept(",")) statement.message = expression();
    return statement;
  }

  ast::Statement raise_statement() {
    ast::Statement statement = of_kind(StatementKind::failure);
    if (peek().kind != TokenKind::newline) statement.value = expression();
    return statement;
  }

  ast::Statement del_statement() {
    ast::Statement statement = of_kind(StatementKind::deletion);
    do {
      if (at_expression_end()) break;
      statement.targets.push_back(postfix());
      check_target(statement.targets.back());
      bind_names(statement.targets.back());
    } while (accept(","));
    if (statement.targets.empty()) fail(peek().where, "nothing to delete");
    return statement;
  }

  ast::Statement scope_statement() {
    const bool is_global = peek().text == "global";
    if (functions_.empty() && !is_global) fail(peek().where, "'nonlocal' outside a function");
    ast::Statement statement = of_kind(StatementKind::pass);
    do {
      const Token name = peek();
      expect_name("a variable");
      if (functions_.empty()) continue;
      ast::Function& function = *functions_.back();
      if (function.locals.contains(name.text)) {
        fail(name.where, fmt::format("'{}' is a local variable already", name.text));
      }
      (is_global ? function.globals : function.nonlocals).insert(name.text);
    } while (accept(","));
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
      bind_name(import.alias.empty() ? import.name.substr(0, import.name.find('.')) : import.alias);
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
      if (!functions_.empty()) fail(peek().where, "'import *' inside a function");
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
      bind_name(import.alias.empty() ? import.name : import.alias);
      statement.imports.push_back(std::move(import));
    } while (accept(","));
    if (parenthesised) expect(")");
    return statement;
  }

  ast::Statement return_statement() {
    if (functions_.empty()) fail(peek().where, "'return' outside a function");
    ast::Statement statement = of_kind(StatementKind::result);
    if (peek().kind != TokenKind::newline && !is_op(";")) statement.value = expression_list();
    return statement;
  }

  int loops_ = 0;  ///< around the statement that is being read, in its function
};

}  // namespace

ast::Module parse(const Source& source) { return Parser(source).run(); }

}  // namespace femsynth::fem
