#include "synth/emit/cuda.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "meshes/support/error.hpp"
#include "synth/emit/bessel.hpp"
#include "synth/emit/line_wrap.hpp"
#include "synth/emit/unroll.hpp"
#include "synth/kernel/print_expression.hpp"

namespace femsynth::synth {
namespace {

/// CUDA's spelling of literals and functions in one precision.
class CudaStyle final : public ExpressionStyle {
 public:
  explicit CudaStyle(bool single) : single_(single) {}

  std::string real_literal(double value) const override {
    const double held = single_ ? static_cast<double>(static_cast<float>(value)) : value;
    if (!std::isfinite(held)) return not_finite(held);
    return single_ ? shortest_decimal_single(value) + 'f' : shortest_decimal(value);
  }

  std::string integer_literal(std::int32_t value) const override {
    // -2147483648 would be the negation of a 64-bit literal.
    if (value == std::numeric_limits<std::int32_t>::min()) return "(-2147483647 - 1)";
    return std::to_string(value);
  }

  std::string builtin(Builtin b) const override {
    switch (b) {
      case Builtin::thread:
        return "int(blockIdx.x * blockDim.x + threadIdx.x)";
      case Builtin::local_thread:
        return "int(threadIdx.x)";
      case Builtin::block:
        return "int(blockIdx.x)";
      case Builtin::block_size:
        return "int(blockDim.x)";
      case Builtin::grid_size:
        return "int(gridDim.x)";
    }
    throw InternalError("emit_cuda: unknown builtin");
  }

  std::string function(const std::string& name) const override {
    if (name == "sign") return "sign";                          // defined in the source, see kSign
    if (name == "bessel_i" || name == "bessel_k") return name;  // defined in the source: bessel.hpp
    const std::string base = name == "abs"        ? "fabs"
                             : name == "bessel_j" ? "jn"
                             : name == "bessel_y" ? "yn"
                                                  : name;
    const bool suffixed = base.back() == 'f' && base != "erf";
    return single_ && !suffixed ? base + 'f' : base;
  }

  std::string_view real() const { return single_ ? "float" : "double"; }

 private:
  std::string not_finite(double value) const {
    const std::string bits = std::isnan(value) ? "7ff8" : value < 0 ? "fff0" : "7ff0";
    if (!single_) return "__longlong_as_double(0x" + bits + "000000000000LL)";
    const std::string word = std::isnan(value) ? "7fc0" : value < 0 ? "ff80" : "7f80";
    return "__int_as_float(0x" + word + "0000)";
  }

  bool single_;
};

/// Does it call that mathematical function?
bool uses(const Expression& e, std::string_view function) {
  if (e.kind == ExpressionKind::call && e.name == function) return true;
  for (const Expression& operand : e.operands) {
    if (uses(operand, function)) return true;
  }
  return false;
}

bool uses(const std::vector<Statement>& body, std::string_view function) {
  for (const Statement& s : body) {
    for (const Expression* e : {&s.begin, &s.end, &s.target, &s.value}) {
      if (uses(*e, function)) return true;
    }
    for (const Expression& argument : s.arguments) {
      if (uses(argument, function)) return true;
    }
    if (uses(s.body, function)) return true;
  }
  return false;
}

class CudaEmitter {
 public:
  explicit CudaEmitter(const Module& module)
      : module_(module), style_(module.single_precision), unroll_(module) {}

  std::string run() {
    out_ += module_.comment.empty() ? "" : comment_lines(module_.comment, 0) + '\n';
    for (const Table& table : module_.tables) emit_table(table);
    emit_sign();
    emit_bessel();
    for (std::size_t i = 0; i < module_.functions.size(); ++i) {
      if (i > 0) out_ += '\n';
      emit_function(module_.functions[i]);
    }
    return std::move(out_);
  }

 private:
  std::string_view type_name(ValueType type) const {
    return type == ValueType::real ? style_.real() : std::string_view("int");
  }

  std::string print(const Expression& e) const { return print_expression(e, style_); }

  static std::string extents(const std::vector<int>& dims) {
    std::string text;
    for (const int extent : dims) text += '[' + std::to_string(extent) + ']';
    return text;
  }

  bool module_uses(std::string_view function) const {
    return std::any_of(module_.functions.begin(), module_.functions.end(),
                       [&](const Function& f) { return uses(f.body, function); });
  }

  void emit_bessel() {
    if (module_uses("bessel_i")) out_ += kBesselI;
    if (module_uses("bessel_k")) out_ += kBesselK;
  }

  void emit_sign() {
    if (!module_uses("sign")) return;
    const std::string real(style_.real());
    const std::string zero = style_.real_literal(0), one = style_.real_literal(1);
    out_ += "// 1, -1 or 0 with the sign of x.\n";
    out_ += "__device__ __forceinline__ " + real + " sign(" + real + " x) {\n";
    out_ += "  return x > " + zero + " ? " + one + " : x < " + zero + " ? -" + one + " : x;\n}\n\n";
  }

  void emit_table(const Table& table) {
    const std::size_t width = table.type == ValueType::integer || module_.single_precision ? 4 : 8;
    const std::size_t bytes = table.values.size() * width;
    const bool constant = constant_bytes_ + bytes <= kConstantMemoryBytes;
    if (constant) constant_bytes_ += bytes;
    if (!table.comment.empty()) out_ += comment_lines(table.comment, 0);
    std::string head = constant ? "__constant__ const " : "__device__ const ";
    head += type_name(table.type);
    head += ' ' + table.name + extents(table.dims) + " = ";
    std::size_t next = 0;
    if (table.dims.size() < 2) {
      out_ += wrap_line(head + row(table, next) + ';', 0) + '\n';
      return;
    }
    out_ += head;
    emit_rows(table, 0, next, 0);
    out_ += ";\n\n";
  }

  std::string table_entry(const Table& table, std::size_t i) const {
    const double value = table.values.at(i);
    return table.type == ValueType::real ? style_.real_literal(value)
                                         : style_.integer_literal(static_cast<std::int32_t>(value));
  }

  /// The last dimension in braces.
  std::string row(const Table& table, std::size_t& next) const {
    const int extent = table.dims.empty() ? 1 : table.dims.back();
    std::string text = "{";
    for (int i = 0; i < extent; ++i) text += (i > 0 ? ", " : "") + table_entry(table, next++);
    return text + '}';
  }

  /// Appends a row, broken before it exceeds `width` columns, as wrap_line would break it: tables
  /// are most of a long source, and this is done in one go.
  void append_row(const Table& table, std::size_t& next, int indent, int width) {
    const int extent = table.dims.back();
    out_.append(static_cast<std::size_t>(indent), ' ') += '{';
    std::size_t room = static_cast<std::size_t>(width - indent);
    std::size_t used = 1;
    for (int i = 0; i < extent; ++i) {
      const std::string entry = table_entry(table, next++);
      const std::size_t size = entry.size() + 1;  // with its comma or brace
      if (i > 0 && used + 1 + size > room) {
        out_ += '\n';
        out_.append(static_cast<std::size_t>(indent) + 4, ' ');
        room = static_cast<std::size_t>(width - indent) - 4;
        used = 0;
      } else if (i > 0) {
        out_ += ' ';
        ++used;
      }
      out_ += entry;
      out_ += i + 1 < extent ? ',' : '}';
      used += size;
    }
  }

  /// Braced rows of the table from dimension `axis` on, each on its own lines.
  void emit_rows(const Table& table, std::size_t axis, std::size_t& next, int indent) {
    if (axis + 1 == table.dims.size()) {
      // Commas and closing braces follow.
      append_row(table, next, indent, 100 - static_cast<int>(table.dims.size()));
      return;
    }
    if (axis > 0) out_.append(static_cast<std::size_t>(indent), ' ');
    out_ += "{\n";
    for (int i = 0; i < table.dims[axis]; ++i) {
      emit_rows(table, axis + 1, next, indent + 4);
      out_ += i + 1 < table.dims[axis] ? ",\n" : "}";
    }
  }

  std::string parameter(const FunctionParameter& p) const {
    std::string text = p.output || (!p.pointer && p.dims.empty()) ? "" : "const ";
    text += type_name(p.type);
    if (p.pointer) return text + "* __restrict__ " + p.name;
    if (!p.dims.empty()) return text + " (&" + p.name + ')' + extents(p.dims);
    return text + (p.output ? "& " : " ") + p.name;
  }

  void emit_function(const Function& f) {
    if (!f.comment.empty()) out_ += comment_lines(f.comment, 0);
    std::string head;
    if (f.kernel) {
      head = "extern \"C\" __global__ void ";
      if (f.block_size > 0) head += "__launch_bounds__(" + std::to_string(f.block_size) + ") ";
    } else {
      head = f.noinline ? "__device__ __noinline__ void " : "__device__ __forceinline__ void ";
    }
    head += f.name + '(';
    for (std::size_t i = 0; i < f.parameters.size(); ++i) {
      head += (i > 0 ? ", " : "") + parameter(f.parameters[i]);
    }
    out_ += wrap_line(head + ") {", 0);
    emit_body(f.body, 2);
    out_ += "}\n";
  }

  void emit_body(const std::vector<Statement>& body, int indent) {
    for (std::size_t i = 0; i < body.size(); ++i) {
      const bool heading = body[i].kind == StatementKind::comment;
      if (heading && i > 0 && body[i - 1].kind != StatementKind::comment) out_ += '\n';
      emit_statement(body[i], indent);
    }
  }

  /// A line with a comment beside it, or above it where both do not fit.
  void line(const std::string& code, int indent, const std::string& text = {}) {
    const bool beside = text.find('\n') == std::string::npos && !text.ends_with('\\') &&
                        indent + code.size() + text.size() + 5 <= 100;
    if (!text.empty() && !beside) out_ += comment_lines(text, indent);
    out_ += wrap_line(code, indent);
    if (!text.empty() && beside) {
      out_.pop_back();
      out_ += "  // " + text + '\n';
    }
  }

  void emit_block(const std::string& head, const std::vector<Statement>& body, int indent) {
    line(head + " {", indent);
    emit_body(body, indent + 2);
    line("}", indent);
  }

  void emit_loop(const Statement& s, int indent) {
    if (s.unroll) {
      line("#pragma unroll", indent);
    } else if (unroll_.keep_rolled(s)) {
      line("#pragma unroll 1", indent);
    }
    emit_block("for (int " + s.name + " = " + print(s.begin) + "; " + s.name + " < " +
                   print(s.end) + "; ++" + s.name + ')',
               s.body, indent);
  }

  void emit_statement(const Statement& s, int indent) {
    const std::string type(type_name(s.type));
    switch (s.kind) {
      case StatementKind::loop:
        emit_loop(s, indent);
        return;
      case StatementKind::let:
        line("const " + type + ' ' + s.name + " = " + print(s.value) + ';', indent, s.text);
        return;
      case StatementKind::array:
        line((s.shared ? "__shared__ " : "") + type + ' ' + s.name + extents(s.dims) + ';', indent,
             s.text);
        return;
      case StatementKind::assign:
        line(print(s.target) + " = " + print(s.value) + ';', indent);
        return;
      case StatementKind::accumulate:
        line(print(s.target) + " += " + print(s.value) + ';', indent);
        return;
      case StatementKind::atomic_add:
        line("atomicAdd(&" + print(s.target) + ", " + print(s.value) + ");", indent);
        return;
      case StatementKind::branch:
        emit_block("if (" + print(s.value) + ')', s.body, indent);
        return;
      case StatementKind::call: {
        std::string arguments;
        for (const Expression& a : s.arguments) {
          arguments += (arguments.empty() ? "" : ", ") + print(a);
        }
        line(s.name + '(' + arguments + ");", indent);
        return;
      }
      case StatementKind::barrier:
        line("__syncthreads();", indent);
        return;
      case StatementKind::comment:
        out_ += comment_lines(s.text, indent);
        return;
    }
  }

  const Module& module_;
  CudaStyle style_;
  UnrollPolicy unroll_;
  std::string out_;
  std::size_t constant_bytes_ = 0;
};

}  // namespace

std::string emit_cuda(const Module& module) { return CudaEmitter(module).run(); }

}  // namespace femsynth::synth
