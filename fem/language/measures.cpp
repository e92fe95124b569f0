#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/element_names.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"
#include "fem/language/modules.hpp"

// Measures, and the forms that they make.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

std::vector<int> subdomain_ids(Args& args, std::size_t k) {
  const Value& value = args[k];
  if (value.is<std::string>() && value.as<std::string>() == "everywhere") return {};
  std::vector<Value> items;
  if (const auto* sequence = value.get<Sequence>()) {
    items = *sequence->items;
    if (items.empty()) args.fail(k, "no subdomain ids");
  } else {
    items = {value};
  }
  std::vector<int> ids;
  for (const Value& item : items) {
    if (item.is<std::string>() && item.as<std::string>() == "otherwise") {
      args.fail(k, "the subdomain \"otherwise\" is not supported: give the ids");
    }
    const auto* id = item.get<std::int64_t>();
    if (id == nullptr) {
      args.fail(k, fmt::format("a subdomain id is an integer, not {}", kind_of(item)));
    }
    if (*id < 0 || *id > limits::subdomain_id) {
      args.fail(k, fmt::format("the subdomain id {} is not in 0 to {}", *id, limits::subdomain_id));
    }
    ids.push_back(static_cast<int>(*id));
  }
  std::ranges::sort(ids);
  const auto twice = std::ranges::adjacent_find(ids);
  if (twice != ids.end()) args.fail(k, fmt::format("the subdomain id {} is given twice", *twice));
  return ids;
}

/// A degree, or none where it is to be estimated: -1, None, "auto".
std::optional<int> degree_or_estimate(Args& args, std::size_t k, const Value& value) {
  if (value.is<None>()) return std::nullopt;
  if (value.is<std::string>() && value.as<std::string>() == "auto") return std::nullopt;
  if (value.is<std::int64_t>() && value.as<std::int64_t>() == -1) return std::nullopt;
  return quadrature_degree_argument(args, k, value);
}

void set_scheme(Args& args, std::size_t k, const Value& value, MeasureValue& measure) {
  measure.scheme = {};
  if (value.is<None>()) return;
  if (value.is<std::string>() && value.as<std::string>() == "custom") {
    args.fail(k,
              "the quadrature rule \"custom\" needs metadata that have quadrature_points and "
              "quadrature_weights, too");
  }
  measure.scheme.name = quadrature_scheme(args, k, value);
}

/// The scheme of given points and weights, whose dimension is what follows from their numbers.
QuadratureScheme custom_scheme(Args& args, std::size_t k, const Value& points,
                               const Value& weights) {
  QuadratureRule rule;
  append_numbers(args, k, points, rule.points);
  append_numbers(args, k, weights, rule.weights);
  const std::size_t count = rule.weights.size();
  if (count == 0 || rule.points.empty() || rule.points.size() % count != 0 ||
      rule.points.size() > 3 * count) {
    args.fail(k, fmt::format("{} coordinates of quadrature points and {} weights",
                             rule.points.size(), count));
  }
  const auto finite = [](double x) { return std::isfinite(x); };
  if (!std::ranges::all_of(rule.points, finite) || !std::ranges::all_of(rule.weights, finite)) {
    args.fail(k, "quadrature points and weights are finite numbers");
  }
  rule.dim = static_cast<int>(rule.points.size() / count);
  return {"custom", std::make_shared<const QuadratureRule>(std::move(rule))};
}

/// What metadata say of the rule. As in FFCx, points and weights belong to "custom" alone.
struct RuleEntries {
  const Value* name = nullptr;
  const Value* points = nullptr;
  const Value* weights = nullptr;
};

void apply_rule(Args& args, std::size_t k, const RuleEntries& rule, MeasureValue& measure) {
  const bool custom = rule.name != nullptr && rule.name->is<std::string>() &&
                      rule.name->as<std::string>() == "custom";
  const bool has_points = rule.points != nullptr || rule.weights != nullptr;
  if (has_points && !custom) {
    args.fail(k,
              "quadrature_points and quadrature_weights are read with the quadrature_rule "
              "\"custom\" alone");
  }
  if (custom && rule.points != nullptr && rule.weights != nullptr) {
    measure.scheme = custom_scheme(args, k, *rule.points, *rule.weights);
  } else if (rule.name != nullptr) {
    set_scheme(args, k, *rule.name, measure);
  }
}

/// As in ufl, metadata replace all that the measure had.
void apply_metadata(Args& args, std::size_t k, MeasureValue& measure) {
  const auto* dict = args[k].get<Dict>();
  if (dict == nullptr) {
    args.fail(k, fmt::format("metadata is a dictionary, not {}", kind_of(args[k])));
  }
  // What other compilers read and the values do not depend on.
  static constexpr std::array ignored = {"precision", "representation", "optimize",
                                         "sum_factorization"};
  measure.degree = std::nullopt;
  measure.scheme = {};
  RuleEntries rule;
  for (const auto& [name, value] : dict->table->entries) {
    const std::string key = name.is<std::string>() ? name.as<std::string>() : kind_of(name);
    if (key == "quadrature_degree" || key == "degree") {
      measure.degree = degree_or_estimate(args, k, value);
    } else if (key == "quadrature_rule" || key == "quadrature_scheme" || key == "scheme") {
      rule.name = &value;
    } else if (key == "quadrature_points") {
      rule.points = &value;
    } else if (key == "quadrature_weights") {
      rule.weights = &value;
    } else if (std::ranges::find(ignored, key) == ignored.end()) {
      const std::string nearest = nearest_name(
          key, {"quadrature_degree", "quadrature_rule", "quadrature_points", "quadrature_weights"});
      args.fail(k,
                fmt::format("the metadata '{}' is not supported{}", key,
                            nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
    }
  }
  apply_rule(args, k, rule, measure);
}

bool is_domain(const Value& value) {
  return value.is<MeshValue>() || value.is<SpaceValue>() || value.is<meshes::CellType>();
}

/// The domain is a mesh, or, in older files, a cell.
void use_domain(Evaluator& ev, Args& args, std::size_t k) {
  if (const auto* mesh = args[k].get<MeshValue>()) {
    ev.use_domain(mesh->domain, args.where(k));
  } else if (const auto* space = args[k].get<SpaceValue>()) {
    ev.use_domain(space->domain, args.where(k));
  } else if (const auto* cell = args[k].get<meshes::CellType>()) {
    ev.use_cell(*cell, args.where(k));
  } else {
    args.fail(k, fmt::format("the domain is a mesh, not {}", kind_of(args[k])));
  }
}

IntegralKind integral_kind(Args& args, std::size_t k) {
  const std::string type = args.text(k);
  static constexpr std::array known = {std::pair{"cell", IntegralKind::cell},
                                       std::pair{"exterior_facet", IntegralKind::exterior_facet},
                                       std::pair{"interior_facet", IntegralKind::interior_facet},
                                       std::pair{"vertex", IntegralKind::vertex}};
  for (const auto& [name, kind] : known) {
    if (type == name || type == measure_name(kind)) return kind;
  }
  args.fail(k, fmt::format("the measure \"{}\" is not supported (\"dx\", \"ds\", \"dS\" and "
                           "\"dP\" are)",
                           type));
}

Value new_measure(Evaluator& ev, Args& args) {
  MeasureValue measure;
  measure.kind = integral_kind(args, 0);
  if (given(args, 1)) use_domain(ev, args, 1);
  if (given(args, 2)) measure.subdomains = subdomain_ids(args, 2);
  if (given(args, 3)) apply_metadata(args, 3, measure);
  args.refuse(4, "subdomain_data");
  if (given(args, 5)) measure.degree = degree_or_estimate(args, 5, args[5]);
  if (given(args, 6)) set_scheme(args, 6, args[6], measure);
  return {measure};
}

constexpr Builtin table[] = {
    {"Measure",
     "integral_type, domain=, subdomain_id=, metadata=, subdomain_data=, degree=, scheme=",
     new_measure},
};

FormValue make_form(Evaluator& ev, std::vector<Integral> integrals, SourceLocation where) {
  if (integrals.size() > limits::integrals) {
    throw ev.error(where, fmt::format("a form of more than {} integrals", limits::integrals));
  }
  return {std::make_shared<const std::vector<Integral>>(std::move(integrals))};
}

bool is_constant_scalar(const ExprGraph& g, ExprId id) {
  if (!g[id].is_scalar() || !g[id].free.empty()) return false;
  return std::ranges::none_of(reachable(g, id), [&g](ExprId node) {
    const Op op = g[node].op;
    return op == Op::argument || op == Op::coefficient || op == Op::spatial_coordinate ||
           op == Op::facet_normal || op == Op::geometric_quantity || is_condition(op);
  });
}

}  // namespace

std::span<const Builtin> measure_builtins() { return table; }

Value measure_call(Evaluator& ev, const Value& value, CallArguments& args) {
  MeasureValue measure = value.as<MeasureValue>();
  bool bare = true;
  for (std::size_t k = 0; k < 6; ++k) bare = bare && !given(args, k);
  if (bare) measure.subdomains.clear();  // dx() is everywhere
  if (given(args, 0) && is_domain(args[0])) {
    if (given(args, 2)) args.fail(2, "the domain is given twice");
    use_domain(ev, args, 0);
    measure.subdomains.clear();
  } else if (given(args, 0)) {
    measure.subdomains = subdomain_ids(args, 0);
  }
  if (given(args, 4) || given(args, 5)) {  // they replace all metadata, too
    measure.degree = std::nullopt;
    measure.scheme = {};
  }
  if (given(args, 1)) apply_metadata(args, 1, measure);
  if (given(args, 2)) use_domain(ev, args, 2);
  args.refuse(3, "subdomain_data");
  if (given(args, 4)) measure.degree = degree_or_estimate(args, 4, args[4]);
  if (given(args, 5)) set_scheme(args, 5, args[5], measure);
  return {measure};
}

Value integrate(Evaluator& ev, ExprId integrand, const Value& value, SourceLocation where) {
  const ExprGraph& g = ev.graph();
  const auto* one = value.get<MeasureValue>();
  const std::vector<MeasureValue> measures =
      one != nullptr ? std::vector{*one} : value.as<MeasureSum>().measures;
  if (is_condition(g[integrand].op) || !g[integrand].is_scalar() || !g[integrand].free.empty()) {
    throw ev.error(where, fmt::format("the integrand of {} is {} (it must be a scalar without free "
                                      "indices)",
                                      measure_name(measures[0].kind), describe(g, integrand)));
  }
  std::vector<Integral> integrals;
  for (const MeasureValue& measure : measures) {
    if (is_zero(g, integrand)) continue;
    integrals.push_back(
        {measure.kind, measure.subdomains, measure.degree, integrand, where, measure.scheme});
  }
  return {make_form(ev, std::move(integrals), where)};
}

FormValue add_forms(Evaluator& ev, const FormValue& a, const FormValue& b, SourceLocation where) {
  std::vector<Integral> all = *a.integrals;
  all.insert(all.end(), b.integrals->begin(), b.integrals->end());
  return make_form(ev, std::move(all), where);
}

FormValue scale_form(Evaluator& ev, ExprId factor, const FormValue& form, SourceLocation where) {
  if (!is_constant_scalar(ev.graph(), factor)) {
    throw ev.error(where, fmt::format("a form can be multiplied by numbers and scalar constants, "
                                      "not by {}",
                                      describe(ev.graph(), factor)));
  }
  std::vector<Integral> scaled;
  for (Integral integral : *form.integrals) {
    integral.integrand =
        ev.located(where, [&] { return multiply(ev.graph(), factor, integral.integrand); });
    if (!is_zero(ev.graph(), integral.integrand)) scaled.push_back(std::move(integral));
  }
  return make_form(ev, std::move(scaled), where);
}

}  // namespace femsynth::fem
