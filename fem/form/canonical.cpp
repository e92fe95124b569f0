#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <string_view>

#include "fem/form/form.hpp"

// Canonical text of a form.
//
// Free indices are named locally: a node numbers its free indices in the order in which its
// operands, read in canonical order, use them; it refers to an operand together with the numbers
// that the operand's free indices have here. So nodes that differ by the names of indices alone
// get one line. Operands of sums and products are ordered by a hash of their structure, in
// which a coefficient counts as its element and the way the whole form uses it, never as its
// name, its number or its place in the graph.
namespace femsynth::fem {
namespace {

class Hasher {
 public:
  Hasher& add(std::uint64_t x) {
    // SplitMix64's mixing step.
    x = (x ^ state_) + 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    state_ = x ^ (x >> 31);
    return *this;
  }
  Hasher& add(std::string_view text) {
    for (char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    return add(text.size());
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0;
};

std::uint64_t widen(std::int64_t x) { return static_cast<std::uint64_t>(x); }

/// " gll", or " custom" with the dimension, the points and the weights; "" of the default.
std::string scheme_text(const QuadratureScheme& scheme) {
  if (scheme.is_default()) return "";
  if (!scheme.custom) return " " + scheme.name;
  return fmt::format(" custom {} ({}) ({})", scheme.custom->dim,
                     fmt::join(scheme.custom->points, " "), fmt::join(scheme.custom->weights, " "));
}

/// What canonical order knows of a node.
struct Structure {
  std::uint64_t hash = 0;
  std::vector<std::int32_t> free;  ///< labels in the order of first use
};

/// Colours of the coefficients and constants, by number.
struct Colours {
  std::vector<std::uint64_t> coefficients;
  std::vector<std::uint64_t> constants;
};

/// Position of a label in a list that holds it.
std::size_t slot_of(const std::vector<std::int32_t>& labels, std::int32_t label) {
  return static_cast<std::size_t>(std::ranges::find(labels, label) - labels.begin());
}

/// A node's operator; inner() of scalars is their product, since corpus forms are real.
const char* operator_name(const ExprGraph& graph, const Node& node) {
  const bool scalars = node.op == Op::inner && graph[node.operands[0]].is_scalar();
  return name_of(scalars ? Op::product : node.op);
}

/// Whether Node::number tells nodes of the operator apart as it stands.
bool has_plain_number(Op op) {
  return op == Op::restricted || op == Op::geometric_quantity ||
         (op >= Op::bessel_j && op <= Op::bessel_k);
}

bool is_commutative(const ExprGraph& graph, const Node& node) {
  if (node.op == Op::sum || node.op == Op::inner) return true;
  return node.op == Op::product && graph[node.operands[1]].is_scalar();
}

class Canonical {
 public:
  Canonical(const ExprGraph& graph, const Form& form) : graph_(graph), form_(form) {
    nodes_ = reachable(graph, integrands(form));
    structures_.resize(nodes_.empty() ? 0 : raw(nodes_.back()) + std::size_t{1});
    colour();
  }

  std::string text() {
    const Domain& domain = graph_.domain();
    lines_ = domain == Domain(domain.cell)
                 ? fmt::format("(cell {})\n", meshes::name_of(domain.cell))
                 : fmt::format("(cell {} dim {} degree {})\n", meshes::name_of(domain.cell),
                               domain.geometric_dim, domain.degree);
    std::string integrals;
    for (std::size_t k : integral_order()) {
      const Integral& integral = form_.integrals[k];
      const ExprId integrand = real_value(integral.integrand);
      emit(integrand);
      integrals += fmt::format("({} ({}) {}{} %{})\n", measure_name(integral.kind),
                               fmt::join(integral.subdomains, " "),
                               integral.degree ? std::to_string(*integral.degree) : "-",
                               scheme_text(integral.scheme), line_of_[integrand]);
    }
    return lines_ + integrals;
  }

 private:
  const Structure& structure(ExprId id) const { return structures_[raw(id)]; }

  /// The operands in canonical order.
  std::vector<ExprId> ordered_operands(const Node& node) const {
    std::vector<ExprId> operands = node.operands;
    if (node.op == Op::index_sum) operands[0] = sum_body(operands[0]);
    for (ExprId& operand : operands) operand = real_value(operand);
    if (is_commutative(graph_, node) && structure(operands[1]).hash < structure(operands[0]).hash) {
      std::swap(operands[0], operands[1]);
    }
    return operands;
  }

  /// In a real form conj() and real() of a value are the value.
  ExprId real_value(ExprId id) const {
    while (graph_[id].op == Op::conj || graph_[id].op == Op::real_part) {
      id = graph_[id].operands[0];
    }
    return id;
  }

  /// Sums over several indices are one sum over a set of them: the body of the innermost.
  ExprId sum_body(ExprId id) const {
    while (graph_[id].op == Op::index_sum) id = graph_[id].operands[0];
    return id;
  }

  /// Slots, in `labels`, of the indices that the node binds; ascending for sums.
  std::vector<std::size_t> bound_slots(ExprId id, const std::vector<std::int32_t>& labels) const {
    std::vector<std::size_t> slots;
    if (graph_[id].op == Op::component_tensor) {
      for (const Index& index : graph_[id].indices) slots.push_back(slot_of(labels, index.value));
    }
    while (graph_[id].op == Op::index_sum) {
      slots.push_back(slot_of(labels, graph_[id].indices[0].value));
      id = graph_[id].operands[0];
      std::ranges::sort(slots);
    }
    return slots;
  }

  /// Labels in the order in which the operands, and then the node's own indices, use them.
  std::vector<std::int32_t> used_labels(const Node& node,
                                        const std::vector<ExprId>& operands) const {
    std::vector<std::int32_t> labels;
    const auto use = [&labels](std::int32_t label) {
      if (std::ranges::find(labels, label) == labels.end()) labels.push_back(label);
    };
    for (ExprId operand : operands) std::ranges::for_each(structure(operand).free, use);
    if (node.op == Op::indexed) {
      for (const Index& index : node.indices) {
        if (index.free) use(index.value);
      }
    }
    if (node.op == Op::zero) {
      std::vector<FreeIndex> free = node.free;
      std::ranges::stable_sort(free, {}, &FreeIndex::extent);
      for (const FreeIndex& index : free) use(index.label);
    }
    return labels;
  }

  std::uint64_t payload_hash(const Node& node, const std::vector<std::int32_t>& labels,
                             const Colours& colours) const {
    Hasher h;
    const auto number = static_cast<std::size_t>(node.number);
    if (node.op == Op::argument) {
      const Argument& argument = graph_.arguments()[number];
      h.add(widen(argument.number)).add(to_string(argument.element));
    } else if (node.op == Op::coefficient) {
      h.add(colours.coefficients[number]);
    } else if (node.op == Op::constant) {
      h.add(colours.constants[number]);
    } else if (node.op == Op::real) {
      h.add(std::bit_cast<std::uint64_t>(node.value));
    } else if (has_plain_number(node.op)) {
      h.add(widen(node.number));
    } else if (node.op == Op::indexed) {
      for (const Index& index : node.indices) {
        h.add(index.free ? 1 : 0);
        h.add(index.free ? slot_of(labels, index.value) : widen(index.value));
      }
    }
    return h.value();
  }

  void visit(ExprId id, const Colours& colours) {
    const Node& node = graph_[id];
    const std::vector<ExprId> operands = ordered_operands(node);
    const std::vector<std::int32_t> labels = used_labels(node, operands);
    Hasher h;
    h.add(operator_name(graph_, node)).add(payload_hash(node, labels, colours));
    for (int extent : node.shape) h.add(widen(extent));
    for (ExprId operand : operands) {
      h.add(structure(operand).hash);
      for (std::int32_t label : structure(operand).free) h.add(slot_of(labels, label));
    }
    const std::vector<std::size_t> bound = bound_slots(id, labels);
    for (std::size_t slot : bound) h.add(slot);
    Structure& s = structures_[raw(id)];
    s.hash = h.value();
    s.free.clear();
    for (std::size_t k = 0; k < labels.size(); ++k) {
      if (std::ranges::find(bound, k) == bound.end()) s.free.push_back(labels[k]);
    }
  }

  std::uint64_t integral_hash(const Integral& integral) const {
    Hasher h;
    h.add(measure_name(integral.kind));
    for (int id : integral.subdomains) h.add(widen(id));
    h.add(widen(integral.degree.value_or(-1)));
    if (!integral.scheme.is_default()) h.add(scheme_text(integral.scheme));
    return h.add(structure(real_value(integral.integrand)).hash).value();
  }

  /// Hash of the whole form, the order of its integrals aside.
  std::uint64_t form_hash(const Colours& colours) {
    for (ExprId id : nodes_) visit(id, colours);
    std::uint64_t sum = 0;
    for (const Integral& integral : form_.integrals) sum += integral_hash(integral);
    return sum;
  }

  /// Colours each coefficient and constant by its element or shape, and, where two have the
  /// same, by the hash of the form in which it alone is marked.
  void colour() {
    Colours base;
    for (const Coefficient& c : graph_.coefficients()) {
      base.coefficients.push_back(Hasher().add(to_string(c.element)).value());
    }
    for (const Constant& c : graph_.constants()) {
      base.constants.push_back(Hasher().add(to_string(c.shape)).value());
    }
    Colours refined = base;
    refine(&Colours::coefficients, used_coefficients(graph_, form_), base, refined);
    refine(&Colours::constants, used_constants(graph_, form_), base, refined);
    form_hash(refined);
  }

  void refine(std::vector<std::uint64_t> Colours::*kind, const std::vector<std::int32_t>& used,
              const Colours& base, Colours& refined) {
    for (std::int32_t number : used) {
      const auto k = static_cast<std::size_t>(number);
      const auto same = [&](std::int32_t other) {
        return (base.*kind)[static_cast<std::size_t>(other)] == (base.*kind)[k];
      };
      if (std::ranges::count_if(used, same) < 2) continue;
      Colours marked = base;
      (marked.*kind)[k] = Hasher().add((base.*kind)[k]).add("marked").value();
      (refined.*kind)[k] = form_hash(marked);
    }
  }

  std::vector<std::size_t> integral_order() const {
    std::vector<std::size_t> order(form_.integrals.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [this](std::size_t a, std::size_t b) {
      const Integral& x = form_.integrals[a];
      const Integral& y = form_.integrals[b];
      if (x.kind != y.kind) return x.kind < y.kind;
      if (x.subdomains != y.subdomains) return x.subdomains < y.subdomains;
      return integral_hash(x) < integral_hash(y);
    });
    return order;
  }

  /// Writes the lines of the nodes below `root`, operands first, in canonical order.
  void emit(ExprId root) {
    std::vector<std::pair<ExprId, bool>> stack{{root, false}};
    while (!stack.empty()) {
      const auto [id, operands_done] = stack.back();
      stack.pop_back();
      if (line_of_.contains(id)) continue;
      if (operands_done) {
        write_line(id);
        continue;
      }
      stack.emplace_back(id, true);
      const std::vector<ExprId> operands = ordered_operands(graph_[id]);
      for (auto it = operands.rbegin(); it != operands.rend(); ++it) {
        stack.emplace_back(*it, false);
      }
    }
  }

  void write_line(ExprId id) {
    const Node& node = graph_[id];
    const std::vector<ExprId> operands = ordered_operands(node);
    const std::vector<std::int32_t> labels = used_labels(node, operands);
    std::string line = operator_name(graph_, node);
    line += payload(node, labels);
    for (ExprId operand : operands) {
      line += fmt::format(" %{}", line_of_[operand]);
      const std::vector<std::int32_t>& free = structure(operand).free;
      if (free.empty()) continue;
      line += '[';
      for (std::size_t k = 0; k < free.size(); ++k) {
        line += fmt::format("{}{}", k > 0 ? " " : "", slot_of(labels, free[k]));
      }
      line += ']';
    }
    for (std::size_t slot : bound_slots(id, labels)) line += fmt::format(" i{}", slot);
    const auto [known, is_new] = numbers_.emplace(line, numbers_.size());
    if (is_new) lines_ += fmt::format("%{} = ({})\n", known->second, line);
    line_of_[id] = known->second;
  }

  std::string payload(const Node& node, const std::vector<std::int32_t>& labels) {
    const auto number = static_cast<std::size_t>(node.number);
    switch (node.op) {
      case Op::zero: {
        std::string text = fmt::format(" {}", to_string(node.shape));
        for (std::int32_t label : labels) {
          text +=
              fmt::format(" {}", std::ranges::find(node.free, label, &FreeIndex::label)->extent);
        }
        return text;
      }
      case Op::identity:
        return fmt::format(" {}", node.shape[0]);
      case Op::real:
        return fmt::format(" {}", node.value);
      case Op::argument: {
        const Argument& argument = graph_.arguments()[number];
        return fmt::format(" {} {}", argument.number, to_string(argument.element));
      }
      case Op::coefficient:
        return fmt::format(" {} {}",
                           coefficients_.emplace(node.number, coefficients_.size()).first->second,
                           to_string(graph_.coefficients()[number].element));
      case Op::constant:
        return fmt::format(" {} {}",
                           constants_.emplace(node.number, constants_.size()).first->second,
                           to_string(graph_.constants()[number].shape));
      case Op::indexed: {
        std::string text;
        for (const Index& index : node.indices) {
          text += index.free ? fmt::format(" i{}", slot_of(labels, index.value))
                             : fmt::format(" {}", index.value);
        }
        return text;
      }
      case Op::variable:
        return fmt::format(" {}", variables_.emplace(node.number, variables_.size()).first->second);
      default:
        return has_plain_number(node.op) ? fmt::format(" {}", node.number) : std::string();
    }
  }

  const ExprGraph& graph_;
  const Form& form_;
  std::vector<ExprId> nodes_;
  std::vector<Structure> structures_;  // by id
  std::map<ExprId, std::size_t> line_of_;
  std::map<std::string, std::size_t> numbers_;  // of the lines
  std::map<std::int32_t, std::size_t> coefficients_;
  std::map<std::int32_t, std::size_t> constants_;
  std::map<std::int32_t, std::size_t> variables_;
  std::string lines_;
};

}  // namespace

std::string canonical_text(const ExprGraph& graph, const Form& form) {
  return Canonical(graph, form).text();
}

}  // namespace femsynth::fem
