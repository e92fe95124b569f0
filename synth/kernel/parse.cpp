#include "synth/kernel/parse.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "synth/kernel/lexer.hpp"

namespace femsynth::synth {
namespace {

using Kind = ExpressionKind;

// Bounds what a text can make the recursion (here, and of destructors) do.
constexpr int kDepthLimit = 1000;
constexpr int kOperationLimit = 10000;
// 64 Mi entries: more than any table that fits a device's constant or global tables sensibly.
constexpr std::int64_t kTableLimit = std::int64_t{1} << 26;

struct BinaryOperator {
  std::string_view symbol;
  Kind kind;
  int level;
};

constexpr int kUnaryLevel = 7;
constexpr BinaryOperator kOperators[] = {
    {"||", Kind::logical_or, 1}, {"&&", Kind::logical_and, 2},   {"==", Kind::equal, 3},
    {"!=", Kind::not_equal, 3},  {"<", Kind::less, 4},           {"<=", Kind::less_equal, 4},
    {">", Kind::greater, 4},     {">=", Kind::greater_equal, 4}, {"+", Kind::add, 5},
    {"-", Kind::subtract, 5},    {"*", Kind::multiply, 6},       {"/", Kind::divide, 6},
};

constexpr std::pair<std::string_view, Builtin> kBuiltins[] = {
    {"thread", Builtin::thread},       {"local_thread", Builtin::local_thread},
    {"block", Builtin::block},         {"block_size", Builtin::block_size},
    {"grid_size", Builtin::grid_size},
};

Expression make(Kind kind, std::vector<Expression> operands) {
  Expression e;
  e.kind = kind;
  e.operands = std::move(operands);
  return e;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view name) : lexer_(text, name) {}

  Module module() {
    Module m;
    m.comment = heading();
    expect_word("module");
    m.name = identifier("a module name");
    const Token precision = lexer_.next();
    if (precision.spelling != "f32" && precision.spelling != "f64") {
      lexer_.fail(precision.where, "expected the precision, f32 or f64");
    }
    m.single_precision = precision.spelling == "f32";
    while (lexer_.peek().kind != TokenKind::end) {
      const std::string comment = heading();
      const Token head = lexer_.next();
      if (head.kind == TokenKind::identifier && head.spelling == "table") {
        if (!m.functions.empty()) lexer_.fail(head.where, "tables stand before functions");
        m.tables.push_back(table(comment));
      } else if (head.kind == TokenKind::identifier &&
                 (head.spelling == "device" || head.spelling == "kernel")) {
        m.functions.push_back(function(comment, head.spelling == "kernel"));
      } else {
        lexer_.fail(head.where, "expected table, device or kernel");
      }
    }
    return m;
  }

 private:
  bool at_symbol(std::string_view s) const {
    return lexer_.peek().kind == TokenKind::symbol && lexer_.peek().spelling == s;
  }
  bool at_word(std::string_view s) const {
    return lexer_.peek().kind == TokenKind::identifier && lexer_.peek().spelling == s;
  }
  bool accept(std::string_view symbol) {
    if (!at_symbol(symbol)) return false;
    lexer_.next();
    return true;
  }
  bool accept_word(std::string_view word) {
    if (!at_word(word)) return false;
    lexer_.next();
    return true;
  }
  void expect(std::string_view symbol) {
    if (!accept(symbol)) {
      lexer_.fail(lexer_.peek().where, "expected '" + std::string(symbol) + "'");
    }
  }
  void expect_word(std::string_view word) {
    if (!accept_word(word)) {
      lexer_.fail(lexer_.peek().where, "expected '" + std::string(word) + "'");
    }
  }

  std::string identifier(const char* what) {
    const Token t = lexer_.next();
    if (t.kind != TokenKind::identifier) {
      lexer_.fail(t.where, std::string("expected ") + what);
    }
    return std::string(t.spelling);
  }

  /// Comment lines above a module, table or function.
  std::string heading() {
    std::string text;
    for (bool first = true; lexer_.peek().kind == TokenKind::comment; first = false) {
      if (!first) text += '\n';
      text += lexer_.next().spelling;
    }
    return text;
  }

  /// The rest of a comment's lines.
  std::string continued(std::string text) {
    while (lexer_.peek().kind == TokenKind::comment && lexer_.peek().continued) {
      text += '\n';
      text += lexer_.next().spelling;
    }
    return text;
  }

  /// The comment on the line on which the statement ended.
  std::string beside() {
    const Token& t = lexer_.peek();
    if (t.kind != TokenKind::comment || t.where.line != t.line_end) return {};
    return continued(std::string(lexer_.next().spelling));
  }

  ValueType type() {
    const Token t = lexer_.next();
    if (t.spelling == "real") return ValueType::real;
    if (t.spelling == "int") return ValueType::integer;
    lexer_.fail(t.where, "expected a type, real or int");
  }

  std::vector<int> extents() {
    std::vector<int> dims;
    while (accept("[")) {
      dims.push_back(integer(false));
      expect("]");
    }
    return dims;
  }

  std::int32_t integer(bool negative) {
    const Token t = lexer_.next();
    if (t.kind != TokenKind::integer) lexer_.fail(t.where, "expected an integer");
    std::int64_t value = 0;
    const auto result =
        std::from_chars(t.spelling.data(), t.spelling.data() + t.spelling.size(), value);
    if (negative) value = -value;
    if (result.ec != std::errc{} || value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
      lexer_.fail(t.where, "the integer does not fit 32 bits");
    }
    return static_cast<std::int32_t>(value);
  }

  double real(bool negative) {
    const Token t = lexer_.next();
    double value = 0;
    if (t.spelling == "inf") {
      value = std::numeric_limits<double>::infinity();
    } else if (t.spelling == "nan") {
      value = std::numeric_limits<double>::quiet_NaN();
    } else if (t.kind != TokenKind::real) {
      lexer_.fail(t.where, "expected a real number, with a point or an exponent");
    } else {
      const auto result =
          std::from_chars(t.spelling.data(), t.spelling.data() + t.spelling.size(), value);
      if (result.ec != std::errc{}) lexer_.fail(t.where, "the number does not fit a double");
    }
    return negative ? -value : value;
  }

  Table table(const std::string& comment) {
    Table t;
    t.comment = comment;
    t.name = identifier("the table's name");
    expect(":");
    t.type = type();
    const SourceLocation where = lexer_.peek().where;
    t.dims = extents();
    std::int64_t size = 1;
    for (const int extent : t.dims) {
      size *= extent;
      if (size == 0 || size > kTableLimit) lexer_.fail(where, "a table of this size is refused");
    }
    if (t.dims.size() > kMaximumRank) lexer_.fail(where, "a table of this rank is refused");
    expect("=");
    values(t, 0);
    return t;
  }

  void values(Table& t, std::size_t axis) {
    expect("{");
    const int extent = t.dims.empty() ? 1 : t.dims[axis];
    for (int i = 0; i < extent; ++i) {
      if (i > 0) expect(",");
      if (axis + 1 < t.dims.size()) {
        values(t, axis + 1);
      } else {
        const bool negative = accept("-");
        t.values.push_back(t.type == ValueType::real ? real(negative) : integer(negative));
      }
    }
    expect("}");
  }

  FunctionParameter parameter() {
    FunctionParameter p;
    p.name = identifier("a parameter's name");
    expect(":");
    p.output = accept_word("out");
    p.type = type();
    p.pointer = accept("*");
    if (!p.pointer) p.dims = extents();
    return p;
  }

  Function function(const std::string& comment, bool kernel) {
    Function f;
    f.comment = comment;
    f.kernel = kernel;
    f.noinline = !kernel && accept_word("noinline");
    f.name = identifier("the function's name");
    expect("(");
    if (!at_symbol(")")) {
      do {
        f.parameters.push_back(parameter());
      } while (accept(","));
    }
    expect(")");
    if (kernel) {
      expect_word("block");
      f.block_size = integer(false);
    }
    f.body = block();
    return f;
  }

  std::vector<Statement> block() {
    const Deeper deeper(*this);
    std::vector<Statement> body;
    expect("{");
    while (!accept("}")) body.push_back(statement());
    return body;
  }

  Statement statement() {
    Statement s;
    operations_ = 0;
    if (lexer_.peek().kind == TokenKind::comment) {
      s.text = continued(std::string(lexer_.next().spelling));
      return s;
    }
    if (accept_word("for")) return loop();
    if (accept_word("let")) {
      s.kind = StatementKind::let;
      s.name = identifier("a name");
      expect(":");
      s.type = type();
      expect("=");
      s.value = expression();
      s.text = beside();
      return s;
    }
    if (at_word("array") || at_word("shared")) {
      s.kind = StatementKind::array;
      s.shared = lexer_.next().spelling == "shared";
      s.name = identifier("a name");
      expect(":");
      s.type = type();
      s.dims = extents();
      s.text = beside();
      return s;
    }
    if (accept_word("if")) {
      s.kind = StatementKind::branch;
      s.value = expression();
      s.body = block();
      return s;
    }
    if (accept_word("barrier")) {
      s.kind = StatementKind::barrier;
      return s;
    }
    return accept_word("atomic") ? store(true) : store_or_call();
  }

  Statement loop() {
    Statement s;
    s.kind = StatementKind::loop;
    s.type = ValueType::integer;
    s.name = identifier("a loop variable");
    expect_word("in");
    s.begin = expression();
    expect("..");
    s.end = expression();
    s.unroll = accept_word("unroll");
    s.body = block();
    return s;
  }

  Statement store_or_call() {
    const Token name = lexer_.peek();
    if (name.kind != TokenKind::identifier) lexer_.fail(name.where, "expected a statement");
    lexer_.next();
    if (!at_symbol("(")) return store(false, name);
    Statement s;
    s.kind = StatementKind::call;
    s.name = std::string(name.spelling);
    s.arguments = arguments();
    return s;
  }

  Statement store(bool atomic, std::optional<Token> name = {}) {
    Statement s;
    if (!name) name = lexer_.next();
    if (name->kind != TokenKind::identifier) lexer_.fail(name->where, "expected a name");
    s.target = variable_or_element(*name);
    if (accept("+=")) {
      s.kind = atomic ? StatementKind::atomic_add : StatementKind::accumulate;
    } else {
      if (atomic) lexer_.fail(lexer_.peek().where, "expected '+='");
      expect("=");
      s.kind = StatementKind::assign;
    }
    s.value = expression();
    return s;
  }

  std::vector<Expression> arguments() {
    std::vector<Expression> list;
    expect("(");
    if (accept(")")) return list;
    do {
      list.push_back(expression());
    } while (accept(","));
    expect(")");
    return list;
  }

  Expression expression() {
    const Deeper deeper(*this);
    Expression condition = operation(1);
    if (!accept("?")) return condition;
    Expression yes = operation(1);
    expect(":");
    Expression no = expression();
    return make(Kind::select, {std::move(condition), std::move(yes), std::move(no)});
  }

  std::optional<BinaryOperator> operator_at(int level) const {
    if (lexer_.peek().kind != TokenKind::symbol) return std::nullopt;
    for (const BinaryOperator& o : kOperators) {
      if (o.level == level && o.symbol == lexer_.peek().spelling) return o;
    }
    return std::nullopt;
  }

  Expression operation(int level) {
    if (level == kUnaryLevel) return unary();
    Expression left = operation(level + 1);
    while (const auto o = operator_at(level)) {
      if (++operations_ > kOperationLimit) {
        lexer_.fail(lexer_.peek().where, "more than 10000 operations in a statement");
      }
      lexer_.next();
      left = make(o->kind, two(std::move(left), operation(level + 1)));
    }
    return left;
  }

  static std::vector<Expression> two(Expression a, Expression b) {
    std::vector<Expression> list;
    list.reserve(2);
    list.push_back(std::move(a));
    list.push_back(std::move(b));
    return list;
  }

  static std::vector<Expression> one(Expression a) {
    std::vector<Expression> list;
    list.push_back(std::move(a));
    return list;
  }

  Expression unary() {
    const Deeper deeper(*this);
    if (accept("!")) return make(Kind::logical_not, one(unary()));
    if (!accept("-")) return primary(false);
    const Token& t = lexer_.peek();
    const bool number = t.kind == TokenKind::integer || t.kind == TokenKind::real ||
                        t.spelling == "inf" || t.spelling == "nan";
    if (number) return primary(true);  // -2.0 is a literal, -(2.0) an operation
    return make(Kind::negate, one(unary()));
  }

  Expression primary(bool negative) {
    Expression e;
    const Token& t = lexer_.peek();
    if (t.kind == TokenKind::integer) {
      e.kind = Kind::integer_literal;
      e.integer = integer(negative);
      return e;
    }
    if (t.kind == TokenKind::real || t.spelling == "inf" || t.spelling == "nan") {
      e.kind = Kind::real_literal;
      e.value = real(negative);
      return e;
    }
    if (accept("(")) {
      e = expression();
      expect(")");
      return e;
    }
    if (t.kind != TokenKind::identifier) lexer_.fail(t.where, "expected an expression");
    const Token name = lexer_.next();
    for (const auto& [word, which] : kBuiltins) {
      if (word != name.spelling) continue;
      e.kind = Kind::builtin;
      e.builtin = which;
      return e;
    }
    if (!at_symbol("(")) return variable_or_element(name);
    e.kind = Kind::call;
    e.name = std::string(name.spelling);
    e.operands = arguments();
    return e;
  }

  Expression variable_or_element(const Token& name) {
    Expression e;
    e.name = std::string(name.spelling);
    e.kind = at_symbol("[") ? Kind::element : Kind::variable;
    while (accept("[")) {
      e.operands.push_back(expression());
      expect("]");
    }
    return e;
  }

  /// Counts one level of recursion while it lives.
  class Deeper {
   public:
    explicit Deeper(Parser& parser) : depth_(parser.depth_) {
      if (depth_ == kDepthLimit) {
        parser.lexer_.fail(parser.lexer_.peek().where, "nested more than 1000 deep");
      }
      ++depth_;
    }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    int& depth_;
  };

  static constexpr std::size_t kMaximumRank = 16;

  Lexer lexer_;
  int depth_ = 0;
  int operations_ = 0;  // binary ones in the current statement
};

}  // namespace

Module parse_module(std::string_view text, std::string_view name) {
  return Parser(text, name).module();
}

}  // namespace femsynth::synth
