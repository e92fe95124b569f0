#pragma once

#include <string>
#include <vector>

#include "fem/form/form.hpp"
#include "fem/passes/integrals.hpp"
#include "synth/lower/factorise.hpp"
#include "synth/lower/names.hpp"
#include "synth/lower/tables.hpp"
#include "synth/program.hpp"

namespace femsynth::synth {

/// A coefficient that an integral reads.
struct CoefficientUse {
  std::int32_t number = 0;
  std::string name;  ///< identifier in generated code
  fem::Element element;
  JetOrders orders;
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

/// What lowering knows about one integral.
struct IntegralContext {
  meshes::CellType cell{};
  int dim = 0;
  bool affine = false;  ///< one Jacobian a cell
  bool facets = false;
  int rank = 0;
  Strategy strategy{};
  int block_size = 0;
  std::string suffix;  ///< "dx", or "dx0" where a form has several: part of names
  std::string form_name;
  std::vector<fem::Element> arguments;  ///< test, trial
  std::vector<JetOrders> argument_orders;
  std::vector<BasisTables> argument_basis;
  PointSet points;
  Integrand integrand;
  std::vector<CoefficientUse> coefficients;
  std::vector<BasisTables> coefficient_basis;  ///< beside `coefficients`
  std::vector<ConstantUse> constants;
  bool uses_x = false;
  bool uses_normal = false;
  /// Element matrix made one block column at a time: the whole would not fit in local memory.
  bool by_columns = false;

  bool has_matrix() const { return rank == 2 && strategy != Strategy::matrix_free; }
  int test_dofs() const { return rank >= 1 ? argument_basis[0].nodes * block(0) : 1; }
  int trial_dofs() const { return rank == 2 ? argument_basis[1].nodes * block(1) : 1; }
  int block(std::size_t argument) const { return arguments[argument].block_size(); }
};

/// Largest element matrix, in entries, that is kept whole in a thread's local memory.
constexpr int max_whole_matrix = 4096;

/// Gathers everything about one group of integrals; adds its tables to `tables`. `integrand` is
/// the group's, factorised, with at least one term.
IntegralContext make_context(const fem::ExprGraph& graph, const fem::Form& form,
                             const fem::IntegralGroup& group, Integrand integrand,
                             const Schedule& schedule, const FormNames& names,
                             const std::string& suffix, TableSet& tables);

}  // namespace femsynth::synth
