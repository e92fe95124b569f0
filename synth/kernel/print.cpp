#include "synth/kernel/print.hpp"

#include <string_view>

#include "meshes/support/error.hpp"
#include "synth/kernel/print_expression.hpp"

namespace femsynth::synth {
namespace {

class TextStyle final : public ExpressionStyle {
 public:
  std::string real_literal(double value) const override { return shortest_decimal(value); }
  std::string integer_literal(std::int32_t value) const override { return std::to_string(value); }
  std::string builtin(Builtin b) const override {
    switch (b) {
      case Builtin::thread:
        return "thread";
      case Builtin::local_thread:
        return "local_thread";
      case Builtin::block:
        return "block";
      case Builtin::block_size:
        return "block_size";
      case Builtin::grid_size:
        return "grid_size";
    }
    throw InternalError("to_text: unknown builtin");
  }
  std::string function(const std::string& name) const override { return name; }
};

std::string type_text(ValueType type) { return type == ValueType::real ? "real" : "int"; }

std::string extents(const std::vector<int>& dims) {
  std::string text;
  for (const int extent : dims) text += '[' + std::to_string(extent) + ']';
  return text;
}

/// `// first line`, then `more`-prefixed lines; each but the first indented.
std::string comment_text(std::string_view text, std::string_view more, int indent) {
  std::string out;
  std::string_view prefix = "//";
  while (true) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    out += prefix;
    if (!line.empty()) out.append(" ").append(line);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
    out.append("\n").append(static_cast<std::size_t>(indent), ' ');
    prefix = more;
  }
}

class TextPrinter {
 public:
  std::string take() { return std::move(out_); }

  void module(const Module& m) {
    heading(m.comment);
    out_ += "module " + m.name + (m.single_precision ? " f32\n" : " f64\n");
    for (const Table& t : m.tables) table(t);
    for (const Function& f : m.functions) function(f);
  }

  void statement(const Statement& s, int indent) {
    out_.append(static_cast<std::size_t>(indent), ' ');
    switch (s.kind) {
      case StatementKind::loop:
        out_ += "for " + s.name + " in " + text(s.begin) + ".." + text(s.end);
        if (s.unroll) out_ += " unroll";
        block(s.body, indent);
        break;
      case StatementKind::let:
        out_ += "let " + s.name + ": " + type_text(s.type) + " = " + text(s.value);
        beside(s.text, indent);
        break;
      case StatementKind::array:
        out_ += (s.shared ? "shared " : "array ") + s.name + ": " + type_text(s.type);
        out_ += extents(s.dims);
        beside(s.text, indent);
        break;
      case StatementKind::assign:
        out_ += text(s.target) + " = " + text(s.value);
        break;
      case StatementKind::accumulate:
        out_ += text(s.target) + " += " + text(s.value);
        break;
      case StatementKind::atomic_add:
        out_ += "atomic " + text(s.target) + " += " + text(s.value);
        break;
      case StatementKind::branch:
        out_ += "if " + text(s.value);
        block(s.body, indent);
        break;
      case StatementKind::call:
        out_ += s.name + '(';
        for (std::size_t i = 0; i < s.arguments.size(); ++i) {
          out_ += (i > 0 ? ", " : "") + text(s.arguments[i]);
        }
        out_ += ')';
        break;
      case StatementKind::barrier:
        out_ += "barrier";
        break;
      case StatementKind::comment:
        out_ += comment_text(s.text, "//|", indent);
        break;
    }
    out_ += '\n';
  }

  std::string text(const Expression& e) const { return print_expression(e, style_); }

 private:
  void heading(const std::string& comment) {
    if (!comment.empty()) out_ += comment_text(comment, "//", 0) + '\n';
  }

  void beside(const std::string& words, int indent) {
    if (!words.empty()) out_ += "  " + comment_text(words, "//|", indent);
  }

  void block(const std::vector<Statement>& body, int indent) {
    out_ += " {\n";
    for (const Statement& s : body) statement(s, indent + 2);
    out_.append(static_cast<std::size_t>(indent), ' ') += '}';
  }

  void table(const Table& t) {
    out_ += '\n';
    heading(t.comment);
    out_ += "table " + t.name + ": " + type_text(t.type) + extents(t.dims) + " = ";
    std::size_t next = 0;
    values(t, 0, next, 0);
    out_ += '\n';
  }

  void values(const Table& t, std::size_t axis, std::size_t& next, int indent) {
    const bool innermost = axis + 1 >= t.dims.size();
    const int extent = t.dims.empty() ? 1 : t.dims[axis];
    out_ += '{';
    for (int i = 0; i < extent; ++i) {
      if (innermost) {
        const double value = t.values.at(next++);
        out_ += i > 0 ? ", " : "";
        out_ += t.type == ValueType::real ? style_.real_literal(value)
                                          : std::to_string(static_cast<std::int32_t>(value));
      } else {
        out_ += i > 0 ? ",\n" : "\n";
        out_.append(static_cast<std::size_t>(indent) + 2, ' ');
        values(t, axis + 1, next, indent + 2);
      }
    }
    out_ += '}';
  }

  static std::string parameter(const FunctionParameter& p) {
    return p.name + ": " + (p.output ? "out " : "") + type_text(p.type) + (p.pointer ? "*" : "") +
           extents(p.dims);
  }

  void function(const Function& f) {
    out_ += '\n';
    heading(f.comment);
    out_ += f.kernel ? "kernel " : f.noinline ? "device noinline " : "device ";
    out_ += f.name + '(';
    for (std::size_t i = 0; i < f.parameters.size(); ++i) {
      out_ += (i > 0 ? ", " : "") + parameter(f.parameters[i]);
    }
    out_ += ')';
    if (f.kernel) out_ += " block " + std::to_string(f.block_size);
    block(f.body, 0);
    out_ += '\n';
  }

  TextStyle style_;
  std::string out_;
};

}  // namespace

std::string to_text(const Module& module) {
  TextPrinter printer;
  printer.module(module);
  return printer.take();
}

std::string to_text(const Statement& statement) {
  TextPrinter printer;
  printer.statement(statement, 0);
  return printer.take();
}

std::string to_text(const Expression& expression) { return TextPrinter().text(expression); }

}  // namespace femsynth::synth
