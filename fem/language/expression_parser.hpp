#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fem/language/ast.hpp"
#include "fem/language/lexer.hpp"

namespace femsynth::fem {

/// "the end of the line", "'+'", …, for messages.
std::string described(const Token& token);

/// Recursive descent over the tokens of a form file: its expressions. (Parser adds statements.)
class ExpressionParser {
 public:
  explicit ExpressionParser(const Source& source) : source_(source), tokens_(tokenize(source)) {}

 protected:
  using Kind = ast::Kind;
  using NodeId = ast::NodeId;

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

  NodeId add(ast::Node node);
  NodeId add(Kind kind, const Token& token, std::vector<NodeId> children = {});
  void check_depth(SourceLocation where, int depth) const;
  /// Counts the recursion of the parser itself.
  class Nesting {
   public:
    explicit Nesting(ExpressionParser& parser) : parser_(parser) {
      parser.check_depth(parser.peek().where, ++parser.nesting_);
    }
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    ExpressionParser& parser_;
  };

  // Expressions, from the weakest binding to the strongest (expression_parser.cpp).

  bool at_expression_end() const;
  /// An expression, or several with commas: a tuple.
  NodeId expression_list();
  /// What follows the first of perhaps several expressions.
  NodeId rest_of_list(const Token& first, NodeId head);
  /// A token of the same place with another text.
  static Token at(const Token& token, std::string text) {
    return {TokenKind::op, std::move(text), 0, 0, token.where};
  }
  /// An expression or `*expression`.
  NodeId item();
  /// An expression or `name := expression`.
  NodeId named_expression();
  NodeId expression();
  NodeId disjunction();
  NodeId conjunction();
  NodeId negation();
  NodeId comparison();
  /// "<", "in", "not in", …; empty if none is next.
  std::string comparison_operator();
  NodeId sum();
  NodeId product();
  void refuse_bit_operator() const;
  /// Signs: −a**b is −(a**b).
  NodeId prefix();
  NodeId postfix();
  NodeId call(NodeId callee);
  void argument(ast::Node& call);
  NodeId subscript_index();
  NodeId subscript_item();

  // What stands for itself (atom_parser.cpp).

  NodeId atom();
  /// Adjacent strings are one string.
  NodeId string();
  /// The parts of an f-string or of a format specification, up to its end.
  void format_parts(std::vector<NodeId>& parts);
  NodeId format_field();
  NodeId parenthesised();
  NodeId list();
  NodeId dict();
  /// `for target in iterable if condition …`, after the item (or key and value).
  NodeId comprehension(const Token& first, const char* type, std::vector<NodeId> items);
  /// The target of a `for`: up to `in`.
  NodeId loop_target();
  NodeId target_item();
  /// Variables, components, and nested tuples of them can be assigned to.
  void check_target(NodeId id, bool names_only = false) const;

  // Functions (atom_parser.cpp).

  NodeId lambda();
  /// Parameters up to the closing token; only those of a `def` have annotations.
  void parameters(ast::Function& function, std::string_view end);
  void parameter(ast::Function& function, bool& keyword_only, bool with_annotation);
  /// A type, which is read and dropped.
  void annotation();
  /// Makes a variable that of the function that is being read.
  void bind_name(const std::string& name);
  void bind_names(NodeId target);
  ast::Function& new_function(std::string name, SourceLocation where);

  const Source& source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  bool in_annotation_ = false;
  std::vector<ast::Function*> functions_;  ///< those that are being read, the outermost first
  ast::Module module_;
};

}  // namespace femsynth::fem
