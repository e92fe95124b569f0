#include "synth/lower/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "fem/elements/tabulate.hpp"
#include "synth/kernel/build.hpp"
#include "synth/lower/derivatives.hpp"

namespace femsynth::synth {
namespace {

/// Is values[a][b][c] the same for all b? Extents (n_a, n_b, n_c).
bool uniform_along_middle(const std::vector<double>& values, std::size_t n_a, std::size_t n_b,
                          std::size_t n_c) {
  for (std::size_t a = 0; a < n_a; ++a) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(a * n_b * n_c);
    for (std::size_t b = 1; b < n_b; ++b) {
      const auto other = first + static_cast<std::ptrdiff_t>(b * n_c);
      if (!std::equal(first, first + static_cast<std::ptrdiff_t>(n_c), other)) return false;
    }
  }
  return true;
}

/// values[a][0][c] of values[a][b][c].
std::vector<double> first_of_middle(const std::vector<double>& values, std::size_t n_a,
                                    std::size_t n_b, std::size_t n_c) {
  std::vector<double> result;
  for (std::size_t a = 0; a < n_a; ++a) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(a * n_b * n_c);
    result.insert(result.end(), first, first + static_cast<std::ptrdiff_t>(n_c));
  }
  return result;
}

/// Short name of a family.
const char* family_name(fem::Family family) {
  switch (family) {
    case fem::Family::lagrange:
    case fem::Family::discontinuous_lagrange:
      return "P";
    case fem::Family::dpc:
      return "DPC";
    case fem::Family::serendipity:
      return "S";
    case fem::Family::bubble:
      return "B";
    case fem::Family::crouzeix_raviart:
      return "CR";
    case fem::Family::hermite:
      return "Hermite";
    case fem::Family::raviart_thomas:
      return "RT";
    case fem::Family::bdm:
      return "BDM";
    case fem::Family::nedelec_first:
      return "N1curl";
    case fem::Family::nedelec_second:
      return "N2curl";
    case fem::Family::regge:
      return "Regge";
    case fem::Family::hhj:
      return "HHJ";
    case fem::Family::quadrature:
      return "quadrature";
    case fem::Family::real:
      return "R";
    case fem::Family::mixed:
    case fem::Family::enriched:
      break;
  }
  throw InternalError("a composed element has no tables of its own");
}

std::string short_name(const fem::Element& element) {
  std::string family = family_name(element.family);
  if (family == "P" && !meshes::is_simplex(element.cell)) family = "Q";
  const bool discontinuous =
      element.family == fem::Family::discontinuous_lagrange || element.discontinuous;
  return fmt::format("{}{}{}", discontinuous ? "D" : "", family, element.degree);
}

/// [place][point][node][component][entry] of the derivatives `first` … `first + count − 1`.
std::vector<double> gather(const std::vector<fem::Tabulation>& tabulations, std::size_t first,
                           std::size_t count) {
  std::vector<double> values;
  for (const fem::Tabulation& t : tabulations) {
    for (std::size_t p = 0; p < t.points; ++p) {
      for (std::size_t i = 0; i < t.nodes; ++i) {
        for (std::size_t a = 0; a < t.components; ++a) {
          for (std::size_t k = 0; k < count; ++k) values.push_back(t.at(first + k, p, i, a));
        }
      }
    }
  }
  return values;
}

}  // namespace

Expression PointTable::at(const Side& side, std::vector<Expression> tail) const {
  std::vector<Expression> indices;
  if (by_place) indices.push_back(build::var(side.place));
  if (by_point) indices.push_back(build::var(side.point));
  for (Expression& index : tail) indices.push_back(std::move(index));
  if (indices.empty()) indices.push_back(build::integer(0));
  return build::at(name, std::move(indices));
}

std::optional<PointTable> TableSet::add(const std::string& name, const std::string& comment,
                                        std::size_t places, const std::vector<int>& tail,
                                        const std::vector<double>& values) {
  if (std::all_of(values.begin(), values.end(), [](double v) { return v == 0; })) {
    return std::nullopt;
  }
  std::size_t n_tail = 1;
  for (const int extent : tail) n_tail *= static_cast<std::size_t>(extent);
  const std::size_t n_points = values.size() / (places * n_tail);
  PointTable table{name, false, false};
  std::vector<double> kept = values;
  std::vector<int> dims = tail;
  table.by_point = !uniform_along_middle(kept, places, n_points, n_tail);
  std::size_t inner = n_points * n_tail;
  if (table.by_point) {
    dims.insert(dims.begin(), static_cast<int>(n_points));
  } else {
    kept = first_of_middle(kept, places, n_points, n_tail);
    inner = n_tail;
  }
  table.by_place = !uniform_along_middle(kept, 1, places, inner);
  if (table.by_place) {
    dims.insert(dims.begin(), static_cast<int>(places));
  } else {
    kept = first_of_middle(kept, 1, places, inner);
  }
  if (dims.empty()) dims = {1};
  table.name = add_plain(name, comment, dims, kept);
  return table;
}

std::string TableSet::add_plain(const std::string& name, const std::string& comment,
                                const std::vector<int>& dims, const std::vector<double>& values,
                                ValueType type) {
  bool taken = false;
  for (const Table& table : tables_) {
    if (table.type == type && table.dims == dims && table.values == values) return table.name;
    taken = taken || table.name == name;
  }
  std::string unique = name;
  for (int k = 1; taken; ++k) {
    unique = fmt::format("{}_{}", name, k);
    taken = std::any_of(tables_.begin(), tables_.end(),
                        [&](const Table& table) { return table.name == unique; });
  }
  tables_.push_back({unique, comment, type, dims, values});
  return unique;
}

void TableSet::keep(std::size_t first, const std::unordered_set<std::string>& names) {
  tables_.erase(std::remove_if(tables_.begin() + static_cast<std::ptrdiff_t>(first), tables_.end(),
                               [&](const Table& table) { return !names.contains(table.name); }),
                tables_.end());
}

std::size_t TableSet::entries() const {
  std::size_t sum = 0;
  for (const Table& table : tables_) sum += table.values.size();
  return sum;
}

std::string TableSet::label(const fem::Element& basic) {
  const std::string wish = short_name(basic);
  std::string name = wish;
  int others = 0;
  for (const auto& [element, label] : labels_) {
    if (element == basic) return label;
    if (short_name(element) == wish) name = fmt::format("{}_{}", wish, ++others);
  }
  labels_.emplace_back(basic, name);
  return name;
}

bool BasisTables::varies(JetOrders orders) const {
  for (int order = 0; order <= fem::max_tabulated_order; ++order) {
    const std::optional<PointTable>& table = of_order[static_cast<std::size_t>(order)];
    if (orders.has(order) && table && table->by_point) return true;
  }
  return false;
}

namespace {

/// What a table of that order of derivatives holds: "∂²φ_i/∂X_e∂X_f at X_q, e ≤ f".
std::string contents(int order, const std::string& where) {
  if (order == 0) return fmt::format("φ_i({})", where);
  const std::string letters(reference_letters, static_cast<std::size_t>(order));
  return fmt::format("{} at {}{}{}", derivative_text("φ_i", order, "X", letters), where,
                     order == 1 ? "" : ", ",
                     order == 1 ? "" : fmt::format("{}", fmt::join(letters, " ≤ ")));
}

}  // namespace

BasisTables make_basis_tables(TableSet& tables, const fem::Element& basic, JetOrders orders,
                              const PointSet& points, const std::string& suffix) {
  std::vector<fem::Tabulation> tabulations;
  for (const std::vector<double>& place : points.points) {
    tabulations.push_back(fem::tabulate(basic, std::max(orders.highest(), 0), place));
  }
  BasisTables result;
  result.label = tables.label(basic);
  result.nodes = fem::dimension(basic);
  result.components = static_cast<int>(tabulations[0].components);
  const auto dim = static_cast<std::size_t>(meshes::dimension(basic.cell));
  const std::string where = points.on_facets() ? "X_q on each facet" : "X_q";
  for (int order = 0; order <= orders.highest(); ++order) {
    if (!orders.has(order)) continue;
    const std::size_t count = fem::derivatives_of_order(dim, order);
    const std::vector<double> values =
        gather(tabulations, fem::derivative_count(dim, order - 1), count);
    result.ones =
        result.ones || (order == 0 && result.components == 1 &&
                        std::all_of(values.begin(), values.end(), [](double v) { return v == 1; }));
    if (order == 0 && result.ones) continue;
    std::vector<int> tail{result.nodes};
    if (result.components > 1) tail.push_back(result.components);
    if (order > 0) tail.push_back(static_cast<int>(count));
    result.of_order[static_cast<std::size_t>(order)] =
        tables.add(fmt::format("{}phi_{}_{}", std::string(static_cast<std::size_t>(order), 'd'),
                               result.label, suffix),
                   fmt::format("{}, {} basis", contents(order, where), result.label),
                   points.places(), tail, values);
  }
  return result;
}

}  // namespace femsynth::synth
