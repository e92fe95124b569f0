#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fem/elements/derivatives.hpp"
#include "fem/elements/element.hpp"
#include "synth/kernel/module.hpp"
#include "synth/lower/points.hpp"

/// Tables of reference basis functions at quadrature points, simplified: a table that is zero is
/// none, one that is the same at all points (on all facets) loses that axis, and equal tables are
/// stored once.
namespace femsynth::synth {

/// A table over [place][point][tail...], axes dropped where nothing varies along them.
struct PointTable {
  std::string name;
  bool by_place = false;
  bool by_point = false;
  /// The entry at the current place and point of that side.
  Expression at(const Side& side, std::vector<Expression> tail) const;
};

/// Collects a module's tables.
class TableSet {
 public:
  /// Adds values given as [place][point][tail] over `places` places. nullopt if all are zero.
  /// An equal table is used again; `name` is made unique.
  std::optional<PointTable> add(const std::string& name, const std::string& comment,
                                std::size_t places, const std::vector<int>& tail,
                                const std::vector<double>& values);
  /// Adds a table as it is, without dropping axes; the name it got.
  std::string add_plain(const std::string& name, const std::string& comment,
                        const std::vector<int>& dims, const std::vector<double>& values,
                        ValueType type = ValueType::real);
  /// A short name of a basic element, "P2", "RT1", different from those of others.
  std::string label(const fem::Element& basic);
  /// Drops the tables from number `first` on that are not named.
  void keep(std::size_t first, const std::unordered_set<std::string>& names);
  /// Numbers in all tables.
  std::size_t entries() const;
  const std::vector<Table>& tables() const { return tables_; }
  std::vector<Table> take() { return std::move(tables_); }

 private:
  std::vector<Table> tables_;
  std::vector<std::pair<fem::Element, std::string>> labels_;
};

/// Which orders of derivatives are wanted; 0 is the value.
class JetOrders {
 public:
  JetOrders() = default;
  JetOrders(std::initializer_list<int> orders) {
    for (const int order : orders) set(order);
  }
  bool has(int order) const { return (bits_ >> order & 1U) != 0; }
  bool any() const { return bits_ != 0; }
  /// −1 if none is.
  int highest() const { return std::bit_width(bits_) - 1; }
  /// 32 if none is.
  int lowest() const { return std::countr_zero(bits_); }
  /// Those of derivatives proper.
  bool any_derivative() const { return highest() > 0; }
  void set(int order, bool wanted = true) {
    bits_ = wanted ? bits_ | 1U << order : bits_ & ~(1U << order);
  }
  JetOrders& operator|=(const JetOrders& other) {
    bits_ |= other.bits_;
    return *this;
  }

 private:
  unsigned bits_ = 0;
};

/// Tables of one basic element's functions on the reference cell. A reference value has 1, t or
/// t² components, row-major; one component has no axis. Absent: zero.
struct BasisTables {
  std::string label;  ///< "P2", "DQ1": part of names
  int nodes = 0;
  int components = 1;  ///< of a reference value
  bool ones = false;   ///< φ ≡ 1 (degree 0)
  /// By order of derivatives: [i][A] for the values φ_i; [i][A][k] for derivatives, k as in
  /// fem::Tabulation.
  std::array<std::optional<PointTable>, fem::max_tabulated_order + 1> of_order;

  /// Is a table of these orders different from point to point?
  bool varies(JetOrders orders) const;
};

/// Tabulates a basic element at the points: exactly the given orders. `suffix` tells the integral.
BasisTables make_basis_tables(TableSet& tables, const fem::Element& basic, JetOrders orders,
                              const PointSet& points, const std::string& suffix);

}  // namespace femsynth::synth
