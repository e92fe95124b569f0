#include <fmt/format.h>

#include <algorithm>

#include "fem/form/algebra.hpp"
#include "fem/form/operands.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

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

int quadrature_degree(Args& args, std::size_t k, const Value& value) {
  const auto* degree = value.get<std::int64_t>();
  if (degree == nullptr) {
    args.fail(k, fmt::format("a quadrature degree is an integer, not {}", kind_of(value)));
  }
  if (*degree < 0 || *degree > limits::quadrature_degree) {
    args.fail(k, fmt::format("the quadrature degree {} is not in 0 to {}", *degree,
                             limits::quadrature_degree));
  }
  return static_cast<int>(*degree);
}

void require_default_scheme(Args& args, std::size_t k, const Value& value) {
  if (value.is<None>()) return;
  if (!value.is<std::string>() || value.as<std::string>() != "default") {
    args.fail(k, "only the quadrature scheme \"default\" is supported");
  }
}

void apply_metadata(Args& args, std::size_t k, MeasureValue& measure) {
  const auto* dict = args[k].get<Dict>();
  if (dict == nullptr) {
    args.fail(k, fmt::format("metadata is a dictionary, not {}", kind_of(args[k])));
  }
  for (const auto& [name, value] : dict->table->entries) {
    const std::string key = name.is<std::string>() ? name.as<std::string>() : kind_of(name);
    if (key == "quadrature_degree" || key == "degree") {
      measure.degree = quadrature_degree(args, k, value);
    } else if (key == "quadrature_rule" || key == "quadrature_scheme" || key == "scheme") {
      require_default_scheme(args, k, value);
    } else {
      args.fail(k, fmt::format("the metadata '{}' is not supported", key));
    }
  }
}

/// The domain is a mesh, or, in older files, a cell.
void use_domain(Evaluator& ev, Args& args, std::size_t k) {
  if (const auto* mesh = args[k].get<MeshValue>()) {
    ev.use_cell(mesh->cell, args.where(k));
  } else if (const auto* cell = args[k].get<meshes::CellType>()) {
    ev.use_cell(*cell, args.where(k));
  } else {
    args.fail(k, fmt::format("the domain is a mesh, not {}", kind_of(args[k])));
  }
}

bool given(const Args& args, std::size_t k) { return args.has(k) && !args[k].is<None>(); }

Value new_measure(Evaluator& ev, Args& args) {
  MeasureValue measure;
  const std::string type = args.text(0);
  if (type == "dx" || type == "cell") {
    measure.kind = IntegralKind::cell;
  } else if (type == "ds" || type == "exterior_facet") {
    measure.kind = IntegralKind::exterior_facet;
  } else {
    args.fail(0, fmt::format("the measure \"{}\" is not supported (\"dx\" and \"ds\" are)", type));
  }
  if (given(args, 1)) use_domain(ev, args, 1);
  if (given(args, 2)) measure.subdomains = subdomain_ids(args, 2);
  if (given(args, 3)) apply_metadata(args, 3, measure);
  args.refuse(4, "subdomain_data");
  return {measure};
}

constexpr Builtin table[] = {
    {"Measure", "integral_type, domain=, subdomain_id=, metadata=, subdomain_data=", new_measure},
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
           op == Op::facet_normal || is_condition(op);
  });
}

}  // namespace

std::span<const Builtin> measure_builtins() { return table; }

Value measure_call(Evaluator& ev, const Value& value, CallArguments& args) {
  MeasureValue measure = value.as<MeasureValue>();
  if (given(args, 0)) {
    if (args[0].is<MeshValue>()) {
      use_domain(ev, args, 0);
    } else {
      measure.subdomains = subdomain_ids(args, 0);
    }
  }
  if (given(args, 1)) apply_metadata(args, 1, measure);
  if (given(args, 2)) use_domain(ev, args, 2);
  args.refuse(3, "subdomain_data");
  if (given(args, 4)) measure.degree = quadrature_degree(args, 4, args[4]);
  if (given(args, 5)) require_default_scheme(args, 5, args[5]);
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
    integrals.push_back({measure.kind, measure.subdomains, measure.degree, integrand, where});
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
