#include "synth/lower/reference_tensor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/basis_functions.hpp"
#include "synth/lower/contraction.hpp"
#include "synth/lower/derivatives.hpp"
#include "synth/lower/element_function.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

namespace {

/// Reference jets of test and trial function, as in fem::Tabulation.
using JetPair = std::pair<int, int>;

/// Summands of an entry of the geometry tensor, with text that tells equal ones.
struct Summands {
  std::vector<std::string> texts;
  std::vector<Expression> values;
  std::string key() const {
    std::vector<std::string> sorted = texts;
    std::sort(sorted.begin(), sorted.end());
    return fmt::format("{}", fmt::join(sorted, " "));
  }
};

/// Geometry tensor of one pair of components.
using GeometryTensor = std::map<JetPair, Summands>;

/// Pairs of parts, and of components of their copies.
using PartPair = std::pair<std::size_t, std::size_t>;
using BlockPair = std::pair<int, int>;

class ReferenceTensor {
 public:
  ReferenceTensor(const IntegralContext& context, const IntegrandFunction& integrand,
                  const Geometry& geometry, TableSet& tables)
      : context_(context), integrand_(integrand), geometry_(geometry), tables_(tables) {
    for (const FunctionSpace& space : context.arguments) {
      for (const SubSpace& part : space.parts) order_ = std::max(order_, part.orders.highest());
    }
    for (const ScaledTerm& term : integrand.terms) add(term);
  }

  Statements statements() {
    Statements out{let(ValueType::real, "scale", geometry_.measure())};
    for (const CoefficientUse& use : context_.coefficients) {
      for (const CoefficientCopy& copy : use.copies) append(out, jets(use, copy));
    }
    out.push_back(array("C", {integrand_.coefficients}));
    out.push_back(invoke(integrand_.function.name, integrand_.arguments));
    append(out, std::move(products_));
    for (const auto& [parts, blocks] : tensors_) append(out, contract(parts, blocks));
    return out;
  }

 private:
  /// What is read of a coefficient, the same in the whole cell.
  Statements jets(const CoefficientUse& use, const CoefficientCopy& copy) const {
    const PointFunction function = point_function(context_, use, copy);
    Statements out;
    for (std::size_t k = 0; k < use.space.parts.size(); ++k) {
      const SubSpace& part = use.space.parts[k];
      if (!part.orders.any()) continue;
      append(out,
             function_jets(geometry_, function.part_name(k), local_array(function.name), part));
    }
    return out;
  }

  void add(const ScaledTerm& term) {
    for (const FunctionSpace::Source& test : context_.arguments[0].sources(term.test.component)) {
      for (const FunctionSpace::Source& trial :
           context_.arguments[1].sources(term.trial.component)) {
        add(term, tensors_[{test.part, trial.part}][{test.component, trial.component}]);
      }
    }
  }

  /// A term's part of the geometry tensor.
  void add(const ScaledTerm& term, GeometryTensor& tensor) {
    const std::vector<ReferenceJet> betas = reference_jets(term.trial);
    for (const auto& [alpha, of_test] : reference_jets(term.test)) {
      for (const auto& [beta, of_trial] : betas) {
        Expression value = at("C", {integer(term.k)});
        if (term.literal != 1) value = multiply(real(term.literal), std::move(value));
        std::vector<std::string> factors;
        for (const std::optional<Expression>& factor : {of_test, of_trial}) {
          if (!factor) continue;
          factors.push_back(factor->name);
          value = multiply(std::move(value), *factor);
        }
        std::sort(factors.begin(), factors.end());
        Summands& entry = tensor[{alpha, beta}];
        entry.texts.push_back(
            fmt::format("{}:{}:{}", term.literal, term.k, fmt::join(factors, "*")));
        entry.values.push_back(std::move(value));
      }
    }
  }

  /// A reference derivative and the variable that it is multiplied with in a physical one.
  struct ReferenceJet {
    int place = 0;
    std::optional<Expression> factor;  ///< none of a value
  };
  /// ∂/∂x_k = Σ_e K_ek ∂/∂X_e, as often as the function is differentiated.
  std::vector<ReferenceJet> reference_jets(const Jet& jet) {
    const int order = order_of(context_.domain, jet.derivative);
    if (order == 0) return {{0, std::nullopt}};
    const auto number =
        static_cast<std::size_t>(jet.derivative - first_of_order(context_.domain, order));
    const fem::Directions axes = fem::directions_of_order(context_.dim, order)[number];
    const auto t = static_cast<std::size_t>(context_.tdim);
    std::vector<ReferenceJet> jets;
    for (const fem::Directions& along : fem::directions_of_order(context_.tdim, order)) {
      const Expression factor = order == 1 ? geometry_.K(along[0], axes[0]) : product(along, axes);
      jets.push_back({static_cast<int>(fem::derivative_index(t, along)), factor});
    }
    return jets;
  }

  /// The variable of Σ Π_i K_{e_i k_i} over the ways e to order `along`; new ones are declared.
  Expression product(fem::Directions along, const fem::Directions& axes) {
    Expression name = var(fmt::format("K_{}_{}", digits(along), digits(axes)));
    const bool known = std::any_of(products_.begin(), products_.end(),
                                   [&](const Statement& s) { return s.name == name.name; });
    if (known) return name;
    std::vector<Expression> terms;
    do {
      Expression term = geometry_.K(along[0], axes[0]);
      for (std::size_t k = 1; k < along.size(); ++k) {
        term = multiply(std::move(term), geometry_.K(along[k], axes[k]));
      }
      terms.push_back(std::move(term));
    } while (std::next_permutation(along.begin(), along.end()));
    products_.push_back(let(ValueType::real, name.name, sum_of(std::move(terms)),
                            products_.empty() ? "of higher derivatives" : ""));
    return name;
  }

  /// Do (α, β) and (β, α) always have the same coefficient, so that one sum serves both?
  static bool is_symmetric(const std::map<BlockPair, GeometryTensor>& blocks, JetPair pair) {
    return std::all_of(blocks.begin(), blocks.end(), [&](const auto& block) {
      const auto a = block.second.find(pair);
      const auto b = block.second.find({pair.second, pair.first});
      const bool none = a == block.second.end() && b == block.second.end();
      return none || (a != block.second.end() && b != block.second.end() &&
                      a->second.key() == b->second.key());
    });
  }

  /// A basis at the integral's points, tabulated once.
  const fem::Tabulation& tabulation(const fem::Element& basic) {
    const auto [at, fresh] = tabulations_.try_emplace(basic);
    if (fresh) at->second = fem::tabulate(basic, order_, context_.points.points[0]);
    return at->second;
  }

  /// ∫ ∂_α φ_i ∂_β φ_j dX for all i, j, row-major.
  std::vector<double> integrals(const PartPair& parts, JetPair pair) {
    const fem::Tabulation& phi = tabulation(context_.arguments[0].parts[parts.first].sub.basic);
    const fem::Tabulation& psi = tabulation(context_.arguments[1].parts[parts.second].sub.basic);
    std::vector<double> result(phi.nodes * psi.nodes, 0.0);
    for (std::size_t q = 0; q < context_.points.count; ++q) {
      const double weight = context_.points.weights[0][q];
      for (std::size_t i = 0; i < phi.nodes; ++i) {
        const double left = weight * phi.at(static_cast<std::size_t>(pair.first), q, i);
        for (std::size_t j = 0; j < psi.nodes; ++j) {
          result[i * psi.nodes + j] += left * psi.at(static_cast<std::size_t>(pair.second), q, j);
        }
      }
    }
    return result;
  }

  /// A column of the table R[i][j][…]: which jets it integrates.
  struct Column {
    JetPair pair;
    std::vector<double> values;
  };

  std::vector<Column> columns_of(const PartPair& parts,
                                 const std::map<BlockPair, GeometryTensor>& blocks) {
    std::set<JetPair> pairs;
    for (const auto& [block, tensor] : blocks) {
      for (const auto& [pair, summands] : tensor) pairs.insert(pair);
    }
    std::vector<Column> columns;
    for (const JetPair& pair : pairs) {
      const JetPair swapped{pair.second, pair.first};
      const bool twice = pair != swapped && pairs.contains(swapped) && is_symmetric(blocks, pair);
      if (twice && pair > swapped) continue;
      Column column{pair, integrals(parts, pair)};
      if (twice) {
        const std::vector<double> other = integrals(parts, swapped);
        for (std::size_t k = 0; k < other.size(); ++k) column.values[k] += other[k];
      }
      if (clean(column.values)) columns.push_back(std::move(column));
    }
    return columns;
  }

  /// Sets what is zero but for rounding to zero; false if nothing is left.
  static bool clean(std::vector<double>& values) {
    double largest = 0;
    for (const double v : values) largest = std::max(largest, std::abs(v));
    for (double& v : values) {
      if (std::abs(v) <= 64 * std::numeric_limits<double>::epsilon() * largest) v = 0;
    }
    return largest > 1e-14;
  }

  std::string add_table(const PartPair& parts, const std::vector<Column>& columns) {
    const int n = context_.arguments[0].parts[parts.first].sub.nodes;
    const int m = context_.arguments[1].parts[parts.second].sub.nodes;
    std::vector<double> values;
    for (std::size_t k = 0; k < columns[0].values.size(); ++k) {
      for (const Column& column : columns) values.push_back(column.values[k]);
    }
    return tables_.add_plain(
        fmt::format("R{}{}_{}", parts.first, parts.second, context_.suffix),
        "reference tensor: integrals of products of basis functions and their derivatives",
        {n, m, static_cast<int>(columns.size())}, values);
  }

  Statements contract(const PartPair& parts, const std::map<BlockPair, GeometryTensor>& blocks) {
    const std::vector<Column> columns = columns_of(parts, blocks);
    if (columns.empty()) return {};
    const std::string table = add_table(parts, columns);
    Statements out;
    Statements body;
    std::map<std::string, std::string> sums;  // text of Σ_p G_p R_p → its name
    std::vector<std::pair<BlockPair, std::string>> keys;
    std::map<std::string, int> uses;
    std::map<std::string, std::vector<Expression>> values;
    for (const auto& [block, tensor] : blocks) {
      std::string key;
      std::vector<Expression> terms;
      for (std::size_t p = 0; p < columns.size(); ++p) {
        const auto entry = tensor.find(columns[p].pair);
        if (entry == tensor.end()) continue;
        const std::string name = geometry_entry(entry->second, out);
        key += fmt::format("{}:{} ", p, name);
        terms.push_back(
            multiply(var(name), at(table, {var("i"), var("j"), integer(static_cast<int>(p))})));
      }
      if (terms.empty()) continue;
      keys.emplace_back(block, key);
      ++uses[key];
      values.try_emplace(key, std::move(terms));
    }
    for (const auto& [block, key] : keys) {
      Expression value = sum_of(values.at(key));
      if (uses.at(key) > 1) {
        const auto [at, fresh] = sums.try_emplace(key, fmt::format("S{}", sums.size()));
        if (fresh) body.push_back(let(ValueType::real, at->second, std::move(value)));
        value = var(at->second);
      }
      body.push_back(accumulate(
          at("A", {dof(0, parts.first, block.first, "i"), dof(1, parts.second, block.second, "j")}),
          std::move(value)));
    }
    const int n = context_.arguments[0].parts[parts.first].sub.nodes;
    const int m = context_.arguments[1].parts[parts.second].sub.nodes;
    out.push_back(
        loop("i", integer(0), integer(n), {loop("j", integer(0), integer(m), std::move(body))}));
    return out;
  }

  /// The name of an entry of G; declared in `out` when it is new.
  std::string geometry_entry(const Summands& summands, Statements& out) {
    const auto [at, fresh] =
        entries_.try_emplace(summands.key(), fmt::format("G{}", entries_.size()));
    if (fresh) {
      out.push_back(let(ValueType::real, at->second, sum_of(summands.values),
                        entries_.size() == 1 ? "geometry tensor" : ""));
    }
    return at->second;
  }

  Expression dof(std::size_t argument, std::size_t part, int block, const char* node) const {
    const StripLayout layout = strips_of(context_, argument)[part];
    return build::add(integer(layout.first_dof),
                      build::add(multiply(integer(layout.block), var(node)), integer(block)));
  }

  const IntegralContext& context_;
  const IntegrandFunction& integrand_;
  const Geometry& geometry_;
  TableSet& tables_;
  std::map<PartPair, std::map<BlockPair, GeometryTensor>> tensors_;
  std::map<fem::Element, fem::Tabulation> tabulations_;
  std::map<std::string, std::string> entries_;  // text of an entry of G → its name
  int order_ = 0;                               // the highest that is read of the arguments
  Statements products_;                         // of entries of K, for higher derivatives
};

}  // namespace

namespace {

/// Is what is read of a part the same in a whole affine cell: constants, gradients of P1, …?
bool is_constant(const SubSpace& part) {
  if (!part.orders.any()) return true;
  const bool lagrange = part.sub.basic.family == fem::Family::lagrange ||
                        part.sub.basic.family == fem::Family::discontinuous_lagrange;
  return lagrange && part.orders.lowest() >= part.sub.basic.degree;
}

}  // namespace

std::string why_no_reference_tensor(const IntegralContext& context) {
  if (context.points.kind != fem::IntegralKind::cell || context.expression) {
    return "only integrals over cells have one";
  }
  if (!context.affine) return "the Jacobian varies in a cell";
  if (!context.has_matrix()) return "only element matrices have one";
  if (context.by_columns) return "the element matrix is made by columns";
  if (context.complex) return "the form is complex";
  for (const CoefficientUse& use : context.coefficients) {
    if (!std::all_of(use.space.parts.begin(), use.space.parts.end(), is_constant)) {
      return "a coefficient varies in a cell";
    }
  }
  for (const Symbol& symbol : context.symbols) {
    if (symbol.kind == Symbol::Kind::coordinate) return "the integrand depends on x";
    if (symbol.kind == Symbol::Kind::geometry &&
        (symbol.number == static_cast<int>(fem::GeometricQuantity::cell_coordinate) ||
         symbol.number == static_cast<int>(fem::GeometricQuantity::quadrature_weight))) {
      return "the integrand depends on X";
    }
  }
  for (const FunctionSpace& space : context.arguments) {
    for (const SubSpace& part : space.parts) {
      if (part.piola() && part.orders.any()) return "an argument is Piola-mapped";
      if (part.sub.basic.family == fem::Family::quadrature) return "a quadrature element";
    }
  }
  return "";
}

Statements reference_tensor(const IntegralContext& context, const IntegrandFunction& integrand,
                            const Geometry& geometry, TableSet& tables) {
  return ReferenceTensor(context, integrand, geometry, tables).statements();
}

}  // namespace femsynth::synth
