#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "meshes/support/error.hpp"
#include "synth/ptx/ast.hpp"
#include "synth/ptx/lexer.hpp"

namespace femsynth::synth::ptx {

const char* name_of(Space space) {
  static constexpr std::array<const char*, 6> names{"generic", "global", "const",
                                                    "shared",  "local",  "param"};
  return names[static_cast<std::size_t>(space)];
}

namespace {

constexpr std::size_t kMaxNesting = 64;
constexpr std::uint64_t kMaxRegisters = 1'000'000;  // of one declaration
constexpr std::uint64_t kMaxVariableBytes = std::uint64_t{1} << 30;

/// Bytes of a fundamental type (".f64" → 8), or 0 if it is none.
std::size_t type_bytes(std::string_view type) {
  if (type == ".pred") return 1;
  if (type.size() < 3 || type[0] != '.') return 0;
  static constexpr std::string_view kinds = "bsuf";
  if (kinds.find(type[1]) == std::string_view::npos) return 0;
  const std::string_view bits = type.substr(2);
  if (bits == "8") return 1;
  if (bits == "16") return 2;
  if (bits == "32") return 4;
  if (bits == "64") return 8;
  return 0;
}

/// Names that are visible in a scope of a body.
struct Scope {
  std::map<std::string_view, std::size_t> registers;  // exact names
  std::map<std::string_view, std::pair<std::size_t, std::size_t>>
      register_ranges;  // %r<n>: first, n
  std::map<std::string_view, std::size_t> params;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) { advance(); }

  Module module() {
    while (token_.kind != TokenKind::end) top_level();
    return std::move(module_);
  }

 private:
  // --- tokens ---
  void advance() { token_ = lexer_.next(); }
  [[noreturn]] void fail(const std::string& message, int line = 0) const {
    throw LocatedError("PTX", {line != 0 ? line : token_.line, 1}, message, std::string(text_));
  }
  std::string shown() const {
    return token_.kind == TokenKind::end ? "the end" : "'" + std::string(token_.text) + "'";
  }
  void expect(char c) {
    if (!token_.is(c)) fail(std::string("expected '") + c + "' before " + shown());
    advance();
  }
  bool accept(char c) {
    if (!token_.is(c)) return false;
    advance();
    return true;
  }
  bool accept(std::string_view word) {
    if (!token_.is(word)) return false;
    advance();
    return true;
  }
  std::string_view word() {
    if (token_.kind != TokenKind::word) fail("expected a name before " + shown());
    const std::string_view text = token_.text;
    advance();
    return text;
  }

  // --- literals ---
  Operand number(bool negative) {
    const std::string_view text = token_.text;
    Operand operand;
    if (token_.kind != TokenKind::number) fail("expected a number before " + shown());
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'd' || text[1] == 'D')) {
      operand.kind = OperandKind::f64;
      operand.value = static_cast<std::int64_t>(digits(text.substr(2), 16));
      if (negative) operand.value ^= std::int64_t{1} << 63;
    } else if (text.size() > 2 && text[0] == '0' && (text[1] == 'f' || text[1] == 'F')) {
      operand.kind = OperandKind::f32;
      operand.value = static_cast<std::int64_t>(digits(text.substr(2), 16));
      if (negative) operand.value ^= std::int64_t{1} << 31;
    } else {
      operand.kind = OperandKind::integer;
      const std::uint64_t value = unsigned_literal(text);
      operand.value = static_cast<std::int64_t>(negative ? std::uint64_t{0} - value : value);
    }
    advance();
    return operand;
  }
  std::uint64_t digits(std::string_view text, int base) const {
    std::uint64_t value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (status != std::errc() || end != text.data() + text.size()) fail("bad number " + shown());
    return value;
  }
  std::uint64_t unsigned_literal(std::string_view text) const {
    if (text.size() > 1 && text.back() == 'U') text.remove_suffix(1);
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
      return digits(text.substr(2), 16);
    }
    if (text.size() > 2 && text[0] == '0' && (text[1] == 'b' || text[1] == 'B')) {
      return digits(text.substr(2), 2);
    }
    if (text.size() > 1 && text[0] == '0') return digits(text.substr(1), 8);
    return digits(text, 10);
  }
  std::uint64_t count() {
    if (token_.kind != TokenKind::number) fail("expected a number before " + shown());
    const std::uint64_t value = unsigned_literal(token_.text);
    advance();
    return value;
  }

  // --- module scope ---
  void top_level() {
    if (accept(".version")) {
      module_.version = token_.text;
      advance();
      return;
    }
    if (accept(".target")) {
      module_.target = word();
      while (accept(',')) word();
      return;
    }
    if (accept(".address_size")) {
      if (count() != 64) fail("only .address_size 64 is supported");
      return;
    }
    if (token_.is(".file") || token_.is(".loc")) return skip_line();
    if (token_.is(".section")) return skip_section();
    bool external = false;
    while (token_.is(".visible") || token_.is(".weak") || token_.is(".common") ||
           token_.is(".extern")) {
      external = external || token_.is(".extern");
      advance();
    }
    if (token_.is(".entry") || token_.is(".func")) return function();
    if (external) fail("external variables are not supported");
    if (token_.is(".global") || token_.is(".const")) {
      const Space space = token_.is(".const") ? Space::constant : Space::global;
      advance();
      variables(space, module_.variables);
      return;
    }
    if (token_.is(".shared")) {
      advance();
      variables(Space::shared, module_.variables);
      return;
    }
    fail("unsupported directive " + shown());
  }
  void skip_line() {
    const int line = token_.line;
    while (token_.kind != TokenKind::end && token_.line == line) advance();
  }
  void skip_section() {
    while (token_.kind != TokenKind::end && !token_.is('{')) advance();
    while (token_.kind != TokenKind::end && !token_.is('}')) advance();
    expect('}');
  }

  /// `.align 8 .b8 name[16]` up to the initialiser; the space is already read.
  Variable declarator(Space space) {
    Variable variable;
    variable.space = space;
    std::uint64_t align = 0;
    std::uint64_t lanes = 1;
    std::size_t bytes = 0;
    while (token_.kind == TokenKind::word && token_.text[0] == '.') {
      if (accept(".align")) {
        align = count();
      } else if (accept(".v2")) {
        lanes = 2;
      } else if (accept(".v4")) {
        lanes = 4;
      } else if (accept(".ptr")) {
        pointer_attribute();
      } else if ((bytes = type_bytes(token_.text)) != 0) {
        advance();
        if (token_.is(".ptr")) {
          advance();
          pointer_attribute();
        }
        break;
      } else {
        fail("unsupported attribute or type " + shown());
      }
    }
    if (bytes == 0) fail("expected a type before " + shown());
    element_bytes_ = bytes;
    variable.line = token_.line;
    variable.name = word();
    std::uint64_t elements = lanes;
    while (accept('[')) {
      if (token_.is(']')) fail("arrays of unknown size are not supported");
      const std::uint64_t extent = count();
      if (extent != 0 && elements > kMaxVariableBytes / extent) fail("variable too large");
      elements *= extent;
      expect(']');
    }
    if (elements > kMaxVariableBytes / bytes) fail("variable too large");
    variable.size = elements * bytes;
    variable.align = align != 0 ? align : bytes * lanes;
    if ((variable.align & (variable.align - 1)) != 0 || variable.align > 4096) {
      fail("bad alignment of " + std::string(variable.name));
    }
    return variable;
  }
  /// What may follow `.ptr` on a kernel parameter: `.global .align 8`.
  void pointer_attribute() {
    while (token_.is(".global") || token_.is(".const") || token_.is(".shared") ||
           token_.is(".local") || token_.is(".align")) {
      const bool align = token_.is(".align");
      advance();
      if (align) count();
    }
  }
  void variables(Space space, std::vector<Variable>& out) {
    Variable variable = declarator(space);
    if (accept('=')) initialiser(variable);
    out.push_back(std::move(variable));
    expect(';');
  }
  void initialiser(Variable& variable) {
    if (variable.space == Space::shared || variable.space == Space::local) {
      fail("." + std::string(name_of(variable.space)) + " variables take no initialiser");
    }
    const std::size_t bytes = element_bytes_;
    int depth = 0;
    do {
      if (accept('{')) {
        ++depth;
      } else if (accept('}')) {
        --depth;
      } else if (!accept(',')) {
        const bool negative = accept('-');
        if (token_.kind == TokenKind::word) fail("addresses in initialisers are not supported");
        const Operand value = number(negative);
        if ((value.kind == OperandKind::f64 && bytes != 8) ||
            (value.kind == OperandKind::f32 && bytes != 4)) {
          fail("initialiser does not fit the type");
        }
        if (variable.initial.size() + bytes > variable.size) fail("too many initialisers");
        std::byte raw[8];
        std::memcpy(raw, &value.value, 8);  // little endian, as the device
        variable.initial.insert(variable.initial.end(), raw, raw + bytes);
      }
    } while (depth > 0 && token_.kind != TokenKind::end);
  }

  // --- functions ---
  void function() {
    Function function;
    function.entry = token_.is(".entry");
    function.line = token_.line;
    advance();
    function_ = &function;
    scopes_.assign(1, Scope{});
    if (token_.is('(')) {
      parameter_list();
      function.result_count = function.params.size();
    }
    function.name = word();
    if (token_.is('(')) parameter_list();
    function.input_count = function.params.size() - function.result_count;
    while (token_.kind == TokenKind::word && token_.text[0] == '.') performance_directive();
    if (accept(';')) return;  // a forward declaration
    if (!token_.is('{')) fail("expected the body of " + std::string(function.name));
    advance();
    statements();
    module_.functions.push_back(std::move(function));
  }
  void performance_directive() {
    static constexpr std::array<std::string_view, 8> known{
        ".maxntid", ".reqntid",  ".minnctapersm",   ".maxnctapersm",
        ".maxnreg", ".noreturn", ".maxclusterrank", ".explicitcluster"};
    for (const std::string_view name : known) {
      if (!token_.is(name)) continue;
      advance();
      while (token_.kind == TokenKind::number || token_.is(',')) advance();
      return;
    }
    if (accept(".pragma")) {
      advance();
      expect(';');
      return;
    }
    fail("unsupported directive " + shown());
  }
  void parameter_list() {
    expect('(');
    while (!token_.is(')')) {
      if (accept(".reg")) fail("register parameters are not supported");
      if (!accept(".param")) fail("expected .param before " + shown());
      declare_param();
      if (!accept(',')) break;
    }
    expect(')');
  }
  void declare_param() {
    Variable variable = declarator(Space::param);
    scopes_.back().params[variable.name] = function_->params.size();
    function_->params.push_back(std::move(variable));
  }

  void statements() {
    if (scopes_.size() > kMaxNesting) fail("blocks are nested too deeply");
    scopes_.emplace_back();
    while (!token_.is('}')) {
      if (token_.kind == TokenKind::end) fail("the body ends early");
      statement();
    }
    advance();
    scopes_.pop_back();
  }
  void statement() {
    if (accept('{')) return statements();
    if (accept(';')) return;
    if (token_.is('@')) return instruction();
    if (token_.kind != TokenKind::word) fail("expected a statement before " + shown());
    if (token_.text[0] == '.') return body_directive();
    const Token first = token_;
    advance();
    if (accept(':')) return label(first);
    instruction_after(first, -1, false);
  }
  void label(const Token& name) {
    if (token_.is(".branchtargets")) {
      advance();
      BranchTargets targets{name.text, {}};
      do {
        targets.labels.push_back(word());
      } while (accept(','));
      expect(';');
      function_->branch_targets.push_back(std::move(targets));
      return;
    }
    function_->labels.push_back({name.text, function_->instructions.size(), name.line});
  }
  void body_directive() {
    if (accept(".reg")) return declare_registers();
    if (accept(".local")) return variables(Space::local, function_->variables);
    if (accept(".shared")) return variables(Space::shared, function_->variables);
    if (accept(".param")) {
      declare_param();
      expect(';');
      return;
    }
    if (accept(".pragma")) {
      advance();
      expect(';');
      return;
    }
    if (token_.is(".loc")) return skip_line();
    fail("unsupported directive " + shown());
  }
  void declare_registers() {
    const std::string_view type = word();
    const std::size_t bytes = type_bytes(type);
    if (bytes == 0) fail("unsupported register type '" + std::string(type) + "'");
    Register reg;
    reg.bits = type == ".pred" ? 1 : static_cast<int>(bytes * 8);
    reg.cls = type == ".pred" ? RegClass::pred : bytes == 8 ? RegClass::b64 : RegClass::b32;
    do {
      reg.name = word();
      const std::size_t first = function_->registers.size();
      if (accept('<')) {
        const std::uint64_t n = count();
        if (n > kMaxRegisters) fail("too many registers");
        expect('>');
        scopes_.back().register_ranges[reg.name] = {first, n};
        function_->registers.insert(function_->registers.end(), n, reg);
      } else {
        scopes_.back().registers[reg.name] = first;
        function_->registers.push_back(reg);
      }
    } while (accept(','));
    expect(';');
  }

  std::optional<std::size_t> find_register(std::string_view name) const {
    std::size_t stem = name.size();
    while (stem > 0 && name[stem - 1] >= '0' && name[stem - 1] <= '9') --stem;
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      if (stem < name.size()) {
        const auto range = scope->register_ranges.find(name.substr(0, stem));
        if (range != scope->register_ranges.end()) {
          const std::uint64_t index = digits(name.substr(stem), 10);
          if (index < range->second.second) return range->second.first + index;
        }
      }
      const auto exact = scope->registers.find(name);
      if (exact != scope->registers.end()) return exact->second;
    }
    return std::nullopt;
  }

  // --- instructions ---
  void instruction() {
    expect('@');
    const bool negated = accept('!');
    const std::string_view name = word();
    const auto guard = find_register(name);
    if (!guard || function_->registers[*guard].cls != RegClass::pred) {
      fail("'" + std::string(name) + "' is no predicate");
    }
    const Token opcode = token_;
    word();
    instruction_after(opcode, static_cast<std::int64_t>(*guard), negated);
  }
  void instruction_after(const Token& opcode, std::int64_t guard, bool guard_negated) {
    Instruction instruction;
    instruction.opcode = opcode.text;
    instruction.line = opcode.line;
    instruction.guard = guard;
    instruction.guard_negated = guard_negated;
    while (!token_.is(';')) {
      if (token_.kind == TokenKind::end) fail("the instruction is not finished");
      instruction.operands.push_back(operand());
      if (!accept(',') && !token_.is(';')) fail("expected ',' or ';' before " + shown());
    }
    advance();
    function_->instructions.push_back(std::move(instruction));
  }
  Operand operand() {
    Operand first = simple_operand();
    if (!accept('|')) return first;
    Operand pair;
    pair.kind = OperandKind::pair;
    pair.parts.push_back(std::move(first));
    pair.parts.push_back(simple_operand());
    return pair;
  }
  Operand simple_operand() {
    if (++depth_ > kMaxNesting) fail("operands are nested too deeply");
    Operand out = operand_within();
    --depth_;
    return out;
  }
  Operand operand_within() {
    if (token_.is('{') || token_.is('(')) return list(token_.is('{') ? '}' : ')');
    if (accept('[')) return address();
    if (accept('!')) {
      Operand inner = simple_operand();
      inner.negated = !inner.negated;
      return inner;
    }
    if (accept('-')) return number(true);
    if (token_.kind == TokenKind::number) return number(false);
    return named(word());
  }
  Operand list(char close) {
    advance();
    Operand out;
    out.kind = OperandKind::list;
    while (!token_.is(close)) {
      out.parts.push_back(simple_operand());
      if (!accept(',')) break;
    }
    expect(close);
    return out;
  }
  Operand address() {
    Operand out;
    out.kind = OperandKind::address;
    if (token_.kind == TokenKind::word) {
      out.parts.push_back(named(word()));
      while (token_.is('+') || token_.is('-')) {
        bool negative = token_.is('-');
        advance();
        if (accept('-')) negative = !negative;
        out.value += number(negative).value;
      }
    } else {
      const bool negative = accept('-');
      out.value = number(negative).value;
    }
    expect(']');
    return out;
  }
  Operand named(std::string_view name) {
    Operand out;
    out.text = name;
    if (name == "_") {
      out.kind = OperandKind::sink;
      return out;
    }
    if (const auto reg = find_register(name)) {
      out.kind = OperandKind::reg;
      out.value = static_cast<std::int64_t>(*reg);
      return out;
    }
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto param = scope->params.find(name);
      if (param == scope->params.end()) continue;
      out.kind = OperandKind::parameter;
      out.value = static_cast<std::int64_t>(param->second);
      return out;
    }
    out.kind = name[0] == '%' ? OperandKind::special : OperandKind::symbol;
    return out;
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  Module module_;
  Function* function_ = nullptr;
  std::vector<Scope> scopes_;
  std::size_t depth_ = 0;          // of nested operands
  std::size_t element_bytes_ = 1;  // of the variable whose initialiser is being read
};

}  // namespace

Module parse(std::string_view text) { return Parser(text).module(); }

}  // namespace femsynth::synth::ptx
