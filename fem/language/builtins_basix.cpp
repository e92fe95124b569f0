#include <fmt/format.h>

#include <array>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "fem/language/builtins.hpp"
#include "fem/language/element_names.hpp"
#include "fem/language/elements.hpp"
#include "fem/language/evaluator.hpp"
#include "fem/language/limits.hpp"

// Functions of basix itself: elements' and quadrature rules' points.
namespace femsynth::fem {
namespace {

using Args = CallArguments;

Value create_element(Evaluator& ev, Args& args) {
  Element element = named_element(args, 0, cell_argument(args, 1), 2);
  if (given(args, 5) && args.flag(5)) make_discontinuous(element);
  set_lagrange_variant(args, 3, element);
  set_dpc_variant(args, 4, element);
  check_made(ev, args, given(args, 3) ? 3 : 2, element);
  return {element};
}

Value list_of(Evaluator& ev, const std::vector<double>& numbers, SourceLocation where) {
  std::vector<Value> values;
  for (const double number : numbers) values.push_back({number});
  return ev.list(std::move(values), where);
}

Value make_quadrature(Evaluator& ev, Args& args) {
  const meshes::CellType cell = cell_argument(args, 0);
  const int degree = quadrature_degree_argument(args, 1, args[1]);
  const std::string scheme = given(args, 2) ? quadrature_scheme(args, 2) : "default";
  const QuadratureRule rule = cell_quadrature(cell, degree, scheme);
  return ev.tuple({point_list(ev, rule.points, rule.dim, args.where()),
                   list_of(ev, rule.weights, args.where())},
                  args.where());
}

Value string_to_scheme(Evaluator&, Args& args) {
  return {EnumMember{"QuadratureType", quadrature_scheme(args, 0)}};
}

Value string_to_cell(Evaluator&, Args& args) {
  return {EnumMember{"CellType", std::string(meshes::name_of(cell_argument(args, 0)))}};
}

/// Its name, after a check that the cell has the family.
Value string_to_family(Evaluator&, Args& args) {
  static constexpr std::array names = {std::pair{Family::lagrange, "P"},
                                       std::pair{Family::raviart_thomas, "RT"},
                                       std::pair{Family::nedelec_first, "N1E"},
                                       std::pair{Family::bdm, "BDM"},
                                       std::pair{Family::nedelec_second, "N2E"},
                                       std::pair{Family::crouzeix_raviart, "CR"},
                                       std::pair{Family::regge, "Regge"},
                                       std::pair{Family::dpc, "DPC"},
                                       std::pair{Family::bubble, "bubble"},
                                       std::pair{Family::serendipity, "serendipity"},
                                       std::pair{Family::hhj, "HHJ"},
                                       std::pair{Family::hermite, "Hermite"},
                                       std::pair{Family::discontinuous_lagrange, "P"}};
  const Element element = named_family(args, 0, cell_argument(args, 1));
  for (const auto& [family, name] : names) {
    if (family == element.family) return {EnumMember{"ElementFamily", name}};
  }
  args.fail(0, fmt::format("basix has no family '{}'", args.text(0)));
}

constexpr Builtin table[] = {
    {"create_element",
     "family, celltype, degree, lagrange_variant=, dpc_variant=, discontinuous=, dof_ordering=, "
     "dtype=",
     create_element},
    {"create_tp_element",
     "family, celltype, degree, lagrange_variant=, dpc_variant=, discontinuous=, dtype=",
     create_element},
    {"make_quadrature", "cell, degree, rule=, polyset_type=", make_quadrature},
};

constexpr Builtin quadrature_table[] = {
    {"make_quadrature", "cell, degree, rule=, polyset_type=", make_quadrature},
    {"string_to_type", "rule", string_to_scheme},
};

constexpr Builtin finite_element_table[] = {
    {"create_element",
     "family, celltype, degree, lagrange_variant=, dpc_variant=, discontinuous=, dof_ordering=, "
     "dtype=",
     create_element},
    {"create_tp_element",
     "family, celltype, degree, lagrange_variant=, dpc_variant=, discontinuous=, dtype=",
     create_element},
    {"string_to_family", "family, cell", string_to_family},
};

constexpr Builtin cell_table[] = {{"string_to_type", "cell", string_to_cell}};

}  // namespace

int quadrature_degree_argument(const Args& args, std::size_t k, const Value& value) {
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

std::string quadrature_scheme(const Args& args, std::size_t k) {
  return quadrature_scheme(args, k, args[k]);
}

std::string quadrature_scheme(const Args& args, std::size_t k, const Value& value) {
  std::string name;
  if (const auto* member = value.get<EnumMember>();
      member != nullptr && member->enumeration == "QuadratureType") {
    name = member->name;
  } else if (value.is<std::string>()) {
    name = value.as<std::string>();
  } else {
    args.fail(k, fmt::format("expected the name of a quadrature rule but got {}", kind_of(value)));
  }
  // basix.quadrature.string_to_type's names.
  static constexpr std::array names = {std::pair{"default", "default"},
                                       std::pair{"Gauss-Jacobi", "gauss_jacobi"},
                                       std::pair{"gauss_jacobi", "gauss_jacobi"},
                                       std::pair{"GJ", "gauss_jacobi"},
                                       std::pair{"gll", "gll"},
                                       std::pair{"GLL", "gll"},
                                       std::pair{"Gauss-Lobatto-Legendre", "gll"},
                                       std::pair{"xiao_gimbutas", "xiao_gimbutas"},
                                       std::pair{"Xiao-Gimbutas", "xiao_gimbutas"},
                                       std::pair{"vertex", "vertex"}};
  for (const auto& [known, scheme] : names) {
    if (name == known) return scheme;
  }
  args.fail(k, fmt::format("unknown quadrature rule '{}' (default, gauss_jacobi, gll, "
                           "xiao_gimbutas and vertex are known)",
                           name));
}

Value point_list(Evaluator& ev, const std::vector<double>& points, int dim, SourceLocation where) {
  std::vector<Value> rows;
  const auto t = static_cast<std::ptrdiff_t>(dim);
  for (auto at = points.begin(); at != points.end(); at += t) {
    rows.push_back(list_of(ev, std::vector<double>(at, at + t), where));
  }
  return ev.list(std::move(rows), where);
}

std::span<const Builtin> basix_builtins() { return table; }
std::span<const Builtin> basix_quadrature_builtins() { return quadrature_table; }
std::span<const Builtin> basix_finite_element_builtins() { return finite_element_table; }
std::span<const Builtin> basix_cell_builtins() { return cell_table; }

}  // namespace femsynth::fem
