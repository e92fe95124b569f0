#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "fem/elements/quadrature.hpp"
#include "synth/kernel/module.hpp"

/// Tables of reference basis functions at quadrature points, simplified: a table that is zero is
/// none, one that is the same at all points (on all facets) loses that axis, and equal tables are
/// stored once.
namespace femsynth::synth {

/// Quadrature of one integral: for cells one rule, for facets one a facet.
struct PointSet {
  meshes::CellType cell{};
  bool facets = false;
  std::vector<fem::QuadratureRule> rules;  ///< 1, or one a facet
  std::size_t points() const { return rules[0].size(); }
};
PointSet make_points(meshes::CellType cell, bool facets, int degree);

/// A table over [facet][point][tail...], axes dropped where nothing varies along them.
struct PointTable {
  std::string name;
  bool by_facet = false;
  bool by_point = false;
  /// The entry at the current facet and point (variables `facet` and `q`).
  Expression at(std::vector<Expression> tail) const;
};

/// Collects a module's tables.
class TableSet {
 public:
  /// Adds values given as [facet][point][tail] (facet axis of extent 1 for cells). nullopt if all
  /// are zero. An equal table is used again; `name` is made unique.
  std::optional<PointTable> add(const std::string& name, const std::string& comment,
                                const PointSet& points, const std::vector<int>& tail,
                                const std::vector<double>& values);
  /// Adds a table as it is, without dropping axes; the name it got.
  std::string add_plain(const std::string& name, const std::string& comment,
                        const std::vector<int>& dims, const std::vector<double>& values);
  /// Numbers in all tables.
  std::size_t entries() const;
  std::vector<Table> take() { return std::move(tables_); }

 private:
  std::vector<Table> tables_;
};

/// Tables of one scalar basis. Absent: zero.
struct BasisTables {
  std::string label;  ///< "P2", "DQ1": part of names
  int nodes = 0;
  std::optional<PointTable> value;     ///< [i]: φ_i
  bool ones = false;                   ///< φ ≡ 1 (degree 0)
  std::optional<PointTable> gradient;  ///< [i][e]: ∂φ_i/∂X_e
  std::optional<PointTable> hessian;   ///< [i][ef]: ∂²φ_i/∂X_e∂X_f, e ≤ f
};

/// Which derivatives of a basis are wanted.
struct JetOrders {
  bool value = false;
  bool first = false;
  bool second = false;
  bool any() const { return value || first || second; }
  JetOrders& operator|=(const JetOrders& other) {
    value = value || other.value;
    first = first || other.first;
    second = second || other.second;
    return *this;
  }
};

/// Tabulates the scalar sub-element of `element` at the points. `suffix` tells the integral.
BasisTables make_basis_tables(TableSet& tables, const fem::Element& element, JetOrders orders,
                              const PointSet& points, const std::string& suffix);

}  // namespace femsynth::synth
