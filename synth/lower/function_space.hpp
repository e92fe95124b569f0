#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fem/elements/element.hpp"
#include "synth/lower/multilinear.hpp"
#include "synth/lower/tables.hpp"

/// Elements as lowering sees them: lists of basic elements, each with the tables that are read.
namespace femsynth::synth {

/// A basic element within an argument's or coefficient's element.
struct SubSpace {
  fem::SubElement sub;
  fem::PullBack pull_back = fem::PullBack::identity;
  JetOrders orders;   ///< what the integrand reads of it; nothing: there are no tables
  BasisTables basis;  ///< of what that needs on the reference cell

  bool piola() const { return pull_back != fem::PullBack::identity; }
  /// Components of all copies: block · value_size + component of the copy.
  int components() const { return sub.block_size * sub.value_size; }
};

/// An argument's or coefficient's element.
struct FunctionSpace {
  fem::Element element;
  int dofs = 0;  ///< of a cell
  std::vector<SubSpace> parts;

  /// The dof map's nodes carry that many dofs each: dof = node · map_block() + block.
  int map_block() const { return element.block_size(); }
  int map_nodes() const { return dofs / map_block(); }

  /// Where a component of the whole comes from: a part, and the component among its copies'.
  struct Source {
    std::size_t part = 0;
    int component = 0;
  };
  /// More than one where parts of an enriched element add up.
  std::vector<Source> sources(int component) const;
};

/// The space of an element, without tables. d: geometric dimension.
FunctionSpace make_function_space(const fem::Element& element, int d);

/// Notes that the integrand reads a jet of that function.
void add_jet(FunctionSpace& space, const Jet& jet, const fem::Domain& domain);

/// Orders on the reference cell that physical ones of `orders` need. On a curved map a derivative
/// reads all lower ones, that of a Piola-mapped function the value too.
JetOrders reference_orders(JetOrders orders, fem::PullBack pull_back, bool affine);

}  // namespace femsynth::synth
