#include "synth/lower/contraction.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "synth/kernel/build.hpp"

namespace femsynth::synth {

using namespace build;  // NOLINT: the vocabulary of this file

std::vector<StripLayout> strips_of(const IntegralContext& context, std::size_t argument) {
  const FunctionSpace& space = context.arguments[argument];
  std::vector<StripLayout> strips;
  int nodes = 0;
  for (const Side& side : context.sides) {
    for (std::size_t k = 0; k < space.parts.size(); ++k) {
      const fem::SubElement& sub = space.parts[k].sub;
      strips.push_back({{k, side.number},
                        side.number * space.dofs + sub.dof_offset,
                        nodes,
                        sub.nodes,
                        sub.block_size});
      nodes += sub.nodes;
    }
  }
  return strips;
}

PointFunction input_function(const IntegralContext& context, int side, bool imaginary) {
  const std::string& ending = context.sides[static_cast<std::size_t>(side)].ending;
  return {(imaginary ? "im_u" : "u") + ending, &context.arguments[1]};
}

namespace {

Expression scaled(double literal, Expression value) {
  if (literal == 1) return value;
  if (literal == -1) return negate(std::move(value));
  return multiply(real(literal), std::move(value));
}

StripLayout layout_of(const IntegralContext& context, std::size_t argument, const Strip& strip) {
  for (const StripLayout& layout : strips_of(context, argument)) {
    if (layout.strip == strip) return layout;
  }
  throw InternalError("a strip has no place");
}

}  // namespace

std::vector<Contraction::Place> Contraction::places(std::size_t argument, const Jet& jet) const {
  const FunctionSpace& space = context_.arguments[argument];
  std::vector<Place> result;
  for (const FunctionSpace::Source& source : space.sources(jet.component)) {
    const int size = space.parts[source.part].sub.value_size;
    result.push_back({{source.part, jet.side},
                      source.component / size,
                      source.component % size,
                      jet.derivative});
  }
  return result;
}

Expression Contraction::coefficient(const ScaledTerm& term) const {
  return scaled(term.literal, at("C", {integer(term.k)}));
}

Expression Contraction::basis_jet(std::size_t argument, const Place& place,
                                  const char* node) const {
  return basis_.jet(context_.arguments[argument].parts[place.strip.part], place.strip.side,
                    var(node), place.component, place.derivative);
}

Expression Contraction::dof(std::size_t argument, const Strip& strip, int block,
                            const char* node) const {
  const StripLayout layout = layout_of(context_, argument, strip);
  return add(integer(layout.first_dof),
             add(multiply(integer(layout.block), var(node)), integer(block)));
}

Expression Contraction::target(const char* name, std::vector<Expression> indices,
                               const Slot& slot) const {
  if (context_.expression) indices.insert(indices.begin(), integer(slot.component));
  if (context_.complex) indices.push_back(integer(slot.imaginary ? 1 : 0));
  return at(name, std::move(indices));
}

/// target += Σ of products, each row; a sum that several rows share gets a name.
Statements Contraction::accumulate_rows(const std::vector<Row>& rows) const {
  const auto key_of = [](const Sum& sum) {
    std::string key;
    for (const auto& [text, expression] : sum) key += text + ";";
    return key;
  };
  std::map<std::string, int> occurrences;
  for (const Row& row : rows) ++occurrences[key_of(row.sum)];
  std::map<std::string, std::string> names;
  Statements out;
  for (const Row& row : rows) {
    const std::string key = key_of(row.sum);
    std::vector<Expression> summands;
    for (const auto& [text, expression] : row.sum) summands.push_back(expression);
    if (occurrences[key] == 1) {
      out.push_back(accumulate(row.target, sum_of(std::move(summands))));
      continue;
    }
    const auto [at, fresh] = names.try_emplace(key, fmt::format("S{}", names.size()));
    if (fresh) out.push_back(let(ValueType::real, at->second, sum_of(std::move(summands))));
    out.push_back(accumulate(row.target, var(at->second)));
  }
  return out;
}

Statements Contraction::functional() const {
  std::map<Slot, std::vector<Expression>> sums;
  for (const ScaledTerm& term : integrand_.terms) {
    sums[{term.component, term.imaginary}].push_back(coefficient(term));
  }
  Statements out;
  for (auto& [slot, terms] : sums) {
    const Expression place =
        context_.expression ? target("E", {}, slot) : target("M", {integer(0)}, slot);
    out.push_back(accumulate(place, sum_of(std::move(terms))));
  }
  return out;
}

Statements Contraction::linear() const {
  std::map<Strip, std::map<std::pair<int, Slot>, Sum>> strips;
  for (const ScaledTerm& term : integrand_.terms) {
    for (const Place& place : places(0, term.test)) {
      const Expression basis = basis_jet(0, place, "i");
      if (is_real(basis, 0)) continue;
      strips[place.strip][{place.block, {term.component, term.imaginary}}].emplace_back(
          fmt::format("{},{},{},{}", term.literal, term.k, place.component, place.derivative),
          times(coefficient(term), basis));
    }
  }
  Statements out;
  for (auto& [strip, sums] : strips) {
    std::vector<Row> rows;
    for (auto& [key, sum] : sums) {
      const auto& [block, slot] = key;
      rows.push_back({target(context_.expression ? "E" : "b", {dof(0, strip, block, "i")}, slot),
                      std::move(sum)});
    }
    out.push_back(
        loop("i", integer(0), integer(layout_of(context_, 0, strip).nodes), accumulate_rows(rows)));
  }
  return out;
}

Statements Contraction::matrix_free() const {
  // What multiplies each jet of the test function, real and imaginary part:
  // (C + iC′)(u + iu′) = Cu − C′u′ + i(Cu′ + C′u).
  std::map<std::pair<Jet, bool>, std::vector<Expression>> flux;
  for (const ScaledTerm& term : integrand_.terms) {
    for (int part = 0; part < context_.parts(); ++part) {
      const PointFunction u = input_function(context_, term.trial.side, part == 1);
      Expression product =
          multiply(coefficient(term), jet_component(u, term.trial, context_.domain));
      if (term.imaginary && part == 1) product = negate(std::move(product));
      flux[{term.test, term.imaginary != (part == 1)}].push_back(std::move(product));
    }
  }
  Statements out;
  std::map<Strip, std::map<std::pair<int, Slot>, Sum>> strips;
  int count = 0;
  for (auto& [key, terms] : flux) {
    const auto& [test, imaginary] = key;
    const std::string name = fmt::format("F{}", count++);
    out.push_back(let(ValueType::real, name, sum_of(std::move(terms)),
                      count == 1 ? "what multiplies the test function's jet" : ""));
    for (const Place& place : places(0, test)) {
      const Expression basis = basis_jet(0, place, "i");
      if (is_real(basis, 0)) continue;
      strips[place.strip][{place.block, {0, imaginary}}].emplace_back(
          fmt::format("{},{},{}", name, place.component, place.derivative),
          times(var(name), basis));
    }
  }
  for (auto& [strip, sums] : strips) {
    std::vector<Row> rows;
    for (auto& [key, sum] : sums) {
      rows.push_back({target("b", {dof(0, strip, key.first, "i")}, key.second), std::move(sum)});
    }
    out.push_back(
        loop("i", integer(0), integer(layout_of(context_, 0, strip).nodes), accumulate_rows(rows)));
  }
  return out;
}

namespace {

/// Names sums that differ, but for their sign, once each.
class NamedSums {
 public:
  /// Text that tells equal ones, and the sum: a variable or its negative.
  std::pair<std::string, Expression> of(const std::string& text, const std::string& negated,
                                        std::vector<Expression> summands) {
    const auto opposite = names_.find(negated);
    if (opposite != names_.end()) return {"-" + opposite->second, negate(var(opposite->second))};
    const auto [name, fresh] = names_.try_emplace(text, fmt::format("F{}", names_.size()));
    if (fresh) {
      lets_.push_back(let(ValueType::real, name->second, sum_of(std::move(summands)),
                          names_.size() == 1 ? "what multiplies the test function's jet" : ""));
    }
    return {name->second, var(name->second)};
  }
  Statements take() { return std::move(lets_); }

 private:
  std::map<std::string, std::string> names_;
  Statements lets_;
};

}  // namespace

/// One trial function j (in one block): its fluxes F = Σ_β C ∂^β φ_j, one for each test jet, where
/// sums that are equal or opposite share a name, and their products with the test functions.
Statements Contraction::trial_strip(const Strip& trial) const {
  const char* node = column_variable();
  struct Factor {
    const ScaledTerm* term;
    Place place;
  };
  std::map<std::tuple<int, Jet, bool>, std::vector<Factor>> flux;  // by block, test jet, part
  for (const ScaledTerm& term : integrand_.terms) {
    for (const Place& place : places(1, term.trial)) {
      if (place.strip != trial || is_real(basis_jet(1, place, node), 0)) continue;
      flux[{place.block, term.test, term.imaginary}].push_back({&term, place});
    }
  }
  NamedSums fluxes;
  // Test strip → (test block, trial block, part) → summands.
  std::map<Strip, std::map<std::tuple<int, int, Slot>, Sum>> strips;
  for (const auto& [key, factors] : flux) {
    const auto& [trial_block, test, imaginary] = key;
    std::vector<Expression> summands;
    std::string text, negated;
    for (const Factor& factor : factors) {
      const ScaledTerm& term = *factor.term;
      const std::string rest =
          fmt::format("{},{},{};", term.k, factor.place.component, factor.place.derivative);
      text += fmt::format("{},{}", term.literal, rest);
      negated += fmt::format("{},{}", -term.literal, rest);
      summands.push_back(times(coefficient(term), basis_jet(1, factor.place, node)));
    }
    const auto [name, sum] = fluxes.of(text, negated, std::move(summands));
    for (const Place& place : places(0, test)) {
      const Expression basis = basis_jet(0, place, "i");
      if (is_real(basis, 0)) continue;
      strips[place.strip][{place.block, trial_block, Slot{0, imaginary}}].emplace_back(
          fmt::format("{},{},{}", name, place.component, place.derivative), times(sum, basis));
    }
  }
  Statements body = fluxes.take();
  for (auto& [strip, sums] : strips) {
    std::vector<Row> rows;
    for (auto& [key, summed] : sums) {
      const auto& [test_block, trial_block, slot] = key;
      const Expression column =
          context_.by_columns ? integer(trial_block) : dof(1, trial, trial_block, "j");
      rows.push_back(
          {target("A", {dof(0, strip, test_block, "i"), column}, slot), std::move(summed)});
    }
    body.push_back(
        loop("i", integer(0), integer(layout_of(context_, 0, strip).nodes), accumulate_rows(rows)));
  }
  return body;
}

/// The variable that holds the trial function's node within its strip.
const char* Contraction::column_variable() const {
  if (!context_.by_columns) return "j";
  return strips_of(context_, 1).size() == 1 ? "column" : "trial_node";
}

Statements Contraction::matrix() const {
  Statements out;
  const std::vector<StripLayout> strips = strips_of(context_, 1);
  for (const StripLayout& layout : strips) {
    Statements body = trial_strip(layout.strip);
    if (body.empty()) continue;
    if (!context_.by_columns) {
      out.push_back(loop("j", integer(0), integer(layout.nodes), std::move(body)));
      continue;
    }
    if (strips.size() == 1) return body;
    body.insert(body.begin(), let(ValueType::integer, "trial_node",
                                  subtract(var("column"), integer(layout.first_node))));
    const Expression begins =
        binary(ExpressionKind::greater_equal, var("column"), integer(layout.first_node));
    const Expression ends =
        binary(ExpressionKind::less, var("column"), integer(layout.first_node + layout.nodes));
    out.push_back(branch(binary(ExpressionKind::logical_and, begins, ends), std::move(body)));
  }
  return out;
}

Statements Contraction::statements() const {
  if (context_.rank == 0) return functional();
  if (context_.rank == 1) return linear();
  return context_.has_matrix() ? matrix() : matrix_free();
}

}  // namespace femsynth::synth
