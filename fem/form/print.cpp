#include <fmt/format.h>

#include "fem/form/algebra.hpp"
#include "fem/form/form.hpp"

// UFL-like text of expressions and forms.
namespace femsynth::fem {
namespace {

/// Binding strength of an expression's outermost operator, as Python's.
enum class Precedence { sum, product, unary, power, atom };

struct Text {
  std::string text;
  Precedence precedence = Precedence::atom;
};

/// UFL's name of an operator that is written as a call.
const char* call_name(Op op) {
  switch (op) {
    case Op::trace:
      return "tr";
    case Op::determinant:
      return "det";
    case Op::inverse:
      return "inv";
    case Op::logical_and:
      return "And";
    case Op::logical_or:
      return "Or";
    case Op::logical_not:
      return "Not";
    case Op::identity:
      return "Identity";
    case Op::spatial_coordinate:
      return "x";
    case Op::facet_normal:
      return "n";
    case Op::imaginary_unit:
      return "1j";
    case Op::cofactor:
      return "cofac";
    case Op::real_part:
      return "real";
    case Op::imag_part:
      return "imag";
    case Op::variable_derivative:
      return "diff";
    case Op::gateaux_derivative:
      return "derivative";
    case Op::bessel_j:
      return "bessel_J";
    case Op::bessel_y:
      return "bessel_Y";
    case Op::bessel_i:
      return "bessel_I";
    case Op::bessel_k:
      return "bessel_K";
    default:
      return name_of(op);
  }
}

std::string label_name(std::int32_t label) { return fmt::format("i_{}", label); }

class Printer {
 public:
  explicit Printer(const ExprGraph& graph) : graph_(graph) {}

  /// Writes the nodes in order; operands must have been written before.
  void write(std::span<const ExprId> ids) {
    for (ExprId id : ids) {
      Text text = node_text(id);
      if (text.text.size() > max_inline) {
        const std::string name = fmt::format("t{}", definitions_++);
        lines_ += fmt::format("{} = {}\n", name, text.text);
        text = {name, Precedence::atom};
      }
      if (texts_.size() <= raw(id)) texts_.resize(raw(id) + std::size_t{1});
      texts_[raw(id)] = std::move(text);
    }
  }

  /// Definitions of long subexpressions, a line each.
  const std::string& definitions() const { return lines_; }
  /// Text of a node, in parentheses if it binds weaker than `least`.
  std::string at_least(ExprId id, Precedence least) const {
    const Text& t = texts_[raw(id)];
    return t.precedence < least ? fmt::format("({})", t.text) : t.text;
  }

 private:
  static constexpr std::size_t max_inline = 400;

  std::string call(const char* name, const Node& node) const {
    std::string text = name;
    text += '(';
    for (std::size_t k = 0; k < node.operands.size(); ++k) {
      if (k > 0) text += ", ";
      text += at_least(node.operands[k], Precedence::sum);
    }
    return text + ')';
  }

  /// x of (−1)·x, if the node is that.
  const ExprId* negated(const Node& node) const {
    if (node.op != Op::product) return nullptr;
    const Node& factor = graph_[node.operands[0]];
    return factor.op == Op::real && factor.value == -1 ? &node.operands[1] : nullptr;
  }

  std::string index_list(const Node& node) const {
    std::string text;
    for (std::size_t k = 0; k < node.indices.size(); ++k) {
      if (k > 0) text += ", ";
      const Index& index = node.indices[k];
      text += index.free ? label_name(index.value) : std::to_string(index.value);
    }
    return text;
  }

  Text terminal(const Node& node) const {
    const auto number = static_cast<std::size_t>(node.number);
    switch (node.op) {
      case Op::zero:
        if (node.shape.empty()) return {"0", Precedence::atom};
        return {fmt::format("zero({})", to_string(node.shape)), Precedence::atom};
      case Op::real: {
        const bool plain = node.value > 0;
        return {fmt::format("{}", node.value), plain ? Precedence::atom : Precedence::unary};
      }
      case Op::identity:
        return {fmt::format("Identity({})", node.shape[0]), Precedence::atom};
      case Op::argument: {
        const Argument& argument = graph_.arguments()[number];
        const std::string part = argument.part ? fmt::format("^{}", *argument.part) : "";
        return {fmt::format("v_{}{}", argument.number, part), Precedence::atom};
      }
      case Op::coefficient:
        return {graph_.coefficients()[number].name, Precedence::atom};
      case Op::constant:
        return {graph_.constants()[number].name, Precedence::atom};
      case Op::geometric_quantity:
        return {name_of(static_cast<GeometricQuantity>(node.number)), Precedence::atom};
      default:
        return {call_name(node.op), Precedence::atom};
    }
  }

  Text arithmetic(const Node& node) const {
    const ExprId a = node.operands[0];
    const ExprId b = node.operands[1];
    using enum Precedence;
    switch (node.op) {
      case Op::sum:
        if (const ExprId* minus = negated(graph_[b]); minus != nullptr && !is_definition(b)) {
          return {fmt::format("{} - {}", at_least(a, sum), at_least(*minus, product)), sum};
        }
        return {fmt::format("{} + {}", at_least(a, sum), at_least(b, product)), sum};
      case Op::product:
        if (const ExprId* minus = negated(node)) {
          return {fmt::format("-{}", at_least(*minus, unary)), unary};
        }
        return {fmt::format("{} * {}", at_least(a, product), at_least(b, unary)), product};
      case Op::division:
        return {fmt::format("{} / {}", at_least(a, product), at_least(b, unary)), product};
      default:
        return {fmt::format("{} ** {}", at_least(a, atom), at_least(b, unary)), power};
    }
  }

  /// Whether the node's text is the name of a definition.
  bool is_definition(ExprId id) const {
    return texts_[raw(id)].precedence == Precedence::atom && graph_[id].op == Op::product;
  }

  Text node_text(ExprId id) const {
    const Node& node = graph_[id];
    using enum Precedence;
    if (node.operands.empty()) return terminal(node);
    switch (node.op) {
      case Op::sum:
      case Op::product:
      case Op::division:
      case Op::power:
        return arithmetic(node);
      case Op::indexed:
        return {fmt::format("{}[{}]", at_least(node.operands[0], atom), index_list(node)), atom};
      case Op::index_sum:
        return {fmt::format("sum({}, {})", at_least(node.operands[0], sum), index_list(node)),
                atom};
      case Op::component_tensor:
        return {fmt::format("as_tensor({}, ({}{}))", at_least(node.operands[0], sum),
                            index_list(node), node.indices.size() == 1 ? "," : ""),
                atom};
      case Op::list_tensor: {
        const std::string items = call("", node);
        return {fmt::format("{}([{}])", node.shape.size() == 1 ? "as_vector" : "as_tensor",
                            items.substr(1, items.size() - 2)),
                atom};
      }
      case Op::restricted:
        return {
            fmt::format("{}('{}')", at_least(node.operands[0], atom), node.number == 0 ? '+' : '-'),
            atom};
      case Op::bessel_j:
      case Op::bessel_y:
      case Op::bessel_i:
      case Op::bessel_k:
        return {fmt::format("{}({}, {})", call_name(node.op), node.number,
                            at_least(node.operands[0], sum)),
                atom};
      default:
        return {call(call_name(node.op), node), atom};
    }
  }

  const ExprGraph& graph_;
  std::vector<Text> texts_;  // by id
  std::string lines_;
  int definitions_ = 0;
};

/// scheme="gll", or the points and weights as metadata.
std::string scheme_text(const QuadratureScheme& scheme) {
  if (!scheme.custom) return fmt::format("scheme=\"{}\"", scheme.name);
  const QuadratureRule& rule = *scheme.custom;
  std::vector<std::string> points;
  for (auto x = rule.points.begin(); x != rule.points.end(); x += rule.dim) {
    points.push_back(fmt::format("[{}]", fmt::join(x, x + rule.dim, ", ")));
  }
  return fmt::format(
      "metadata={{\"quadrature_rule\": \"custom\", \"quadrature_points\": [{}], "
      "\"quadrature_weights\": [{}]}}",
      fmt::join(points, ", "), fmt::join(rule.weights, ", "));
}

std::string measure_text(const Integral& integral) {
  std::string ids;
  if (integral.subdomains.size() == 1) ids = std::to_string(integral.subdomains[0]);
  if (integral.subdomains.size() > 1) {
    ids = fmt::format("({})", fmt::join(integral.subdomains, ", "));
  }
  if (integral.degree) {
    ids += fmt::format("{}degree={}", ids.empty() ? "" : ", ", *integral.degree);
  }
  if (!integral.scheme.is_default()) {
    ids += fmt::format("{}{}", ids.empty() ? "" : ", ", scheme_text(integral.scheme));
  }
  return ids.empty() ? measure_name(integral.kind)
                     : fmt::format("{}({})", measure_name(integral.kind), ids);
}

}  // namespace

std::string to_string(const ExprGraph& graph, ExprId id) {
  Printer printer(graph);
  printer.write(reachable(graph, id));
  return printer.definitions() + printer.at_least(id, Precedence::sum);
}

std::string to_string(const ExprGraph& graph, const Form& form) {
  Printer printer(graph);
  printer.write(reachable(graph, integrands(form)));
  std::string text = printer.definitions();
  for (const Integral& integral : form.integrals) {
    text += fmt::format("{} * {}\n", printer.at_least(integral.integrand, Precedence::product),
                        measure_text(integral));
  }
  return text;
}

}  // namespace femsynth::fem
