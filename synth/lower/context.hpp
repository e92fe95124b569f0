#pragma once

#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/passes/integrals.hpp"
#include "synth/lower/factorise.hpp"
#include "synth/lower/function_space.hpp"
#include "synth/lower/names.hpp"
#include "synth/lower/tables.hpp"
#include "synth/program.hpp"

namespace femsynth::synth {

/// What is read of one coefficient on one side: its real or its imaginary part.
struct CoefficientCopy {
  std::int32_t side = 0;
  bool imaginary = false;
  auto operator<=>(const CoefficientCopy&) const = default;
};

/// A coefficient that an integral reads.
struct CoefficientUse {
  std::int32_t number = 0;
  std::string name;  ///< identifier in generated code
  FunctionSpace space;
  std::vector<CoefficientCopy> copies;  ///< ascending
};

/// A constant of the form: its components stand from `offset` in the kernels' `constants`.
struct ConstantUse {
  std::int32_t number = 0;
  std::string name;
  fem::Shape shape;
  int offset = 0;
};

/// Names that all kernels of a form share.
struct FormNames {
  std::vector<std::string> coefficients;  ///< by number in the graph; empty where unused
  std::vector<ConstantUse> constants;     ///< used by the form, ascending by number
};
FormNames name_inputs(const fem::ExprGraph& graph, const std::vector<std::int32_t>& coefficients,
                      const std::vector<std::int32_t>& constants);

/// What lowering knows about one integral, or about an expression that is tabulated at points.
struct IntegralContext {
  fem::Domain domain{meshes::CellType::interval};
  int dim = 0;          ///< geometric dimension d
  int tdim = 0;         ///< the cell's dimension t
  bool affine = false;  ///< one Jacobian a cell
  bool complex = false;
  bool expression = false;  ///< values at points, no integral
  int rank = 0;
  Strategy strategy{};
  int block_size = 0;
  std::string suffix;  ///< "dx", or "dx0" where a form has several: part of names
  std::string form_name;
  std::vector<FunctionSpace> arguments;  ///< test, trial
  PointSet points;
  std::vector<Side> sides;  ///< one, or two of an interior facet
  ScalarGraph scalars;
  /// The factorised integrand, real and imaginary part; of an expression, one a component.
  std::vector<Multilinear> real, imaginary;
  std::vector<CoefficientUse> coefficients;
  std::vector<ConstantUse> constants;
  std::vector<Symbol> symbols;  ///< that are read: coordinates, normals and geometry, ascending
  /// Does something read the orientation of a manifold's cells?
  bool oriented = false;
  /// Element matrix made one block column at a time: the whole would not fit in local memory.
  bool by_columns = false;

  bool has_matrix() const { return rank == 2 && strategy != Strategy::matrix_free; }
  bool interior() const { return sides.size() == 2; }
  /// Dofs of an argument on all sides of an entity; 1 where there is no such argument.
  int dofs(std::size_t argument) const {
    if (argument >= arguments.size()) return 1;
    return arguments[argument].dofs * static_cast<int>(sides.size());
  }
  int test_dofs() const { return dofs(0); }
  int trial_dofs() const { return dofs(1); }
  /// Real numbers of a scalar: 2 of a complex form.
  int parts() const { return complex ? 2 : 1; }
  /// Is a coordinate, normal or geometric quantity read on that side?
  bool reads(Symbol::Kind kind, int side) const;
  /// Nodes of the geometry map.
  int geometry_nodes() const;
  /// The geometry's element.
  fem::Element geometry_element() const;
};

/// Largest element matrix, in entries, that is kept whole in a thread's local memory.
constexpr int max_whole_matrix = 4096;

/// What all integrals of a form share.
struct FormSettings {
  const fem::ExprGraph& graph;
  const std::vector<fem::Element>& arguments;
  std::string name;
  const Schedule& schedule;
  const FormNames& names;
};

/// Gathers everything about one group of integrals but the tables of its functions. `integrand` is
/// the group's, factorised, with at least one term. Throws InputError for what is not lowered.
IntegralContext make_context(const FormSettings& form, const fem::IntegralGroup& group,
                             Integrand integrand, const std::string& suffix, TableSet& tables);

/// The numbers that tabulate_functions() would add at most: axes along which nothing varies count.
std::size_t table_entries(const IntegralContext& context);

/// Tabulates the basis functions that the integrand reads at its points, as the method of
/// quadrature needs them.
void tabulate_functions(IntegralContext& context, TableSet& tables);

/// The same of an expression at points of the reference cell, n × t, with its tables.
IntegralContext make_context(const FormSettings& form, const std::vector<double>& points,
                             FactorisedTensor value, TableSet& tables);

}  // namespace femsynth::synth
