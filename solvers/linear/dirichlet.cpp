#include "solvers/linear/dirichlet.hpp"

#include <fmt/format.h>

#include "meshes/support/error.hpp"

namespace femsynth::solvers {
namespace {

constexpr std::int32_t kPrescribed = -1;

void check_sizes(const LinearSystem& system, const PrescribedValues& prescribed) {
  const auto rows = static_cast<std::size_t>(system.pattern.rows);
  if (system.pattern.rows != system.pattern.cols || system.rhs.size() != rows ||
      system.values.size() != system.pattern.nonzeros()) {
    throw InternalError(fmt::format(
        "a {} x {} system with {} values of {} and {} of the right side", system.pattern.rows,
        system.pattern.cols, system.values.size(), system.pattern.nonzeros(), system.rhs.size()));
  }
  for (const auto& [dof, unused] : prescribed) {
    if (dof < 0 || dof >= system.pattern.rows) {
      throw InternalError(fmt::format("dof {} of {} is prescribed", dof, rows));
    }
  }
}

}  // namespace

ReducedSystem reduce(const LinearSystem& system, const PrescribedValues& prescribed) {
  check_sizes(system, prescribed);
  const fem::CsrPattern& pattern = system.pattern;
  std::vector<std::int32_t> unknown(static_cast<std::size_t>(pattern.rows), 0);
  std::vector<double> lifted(unknown.size(), 0.0);
  for (const auto& [dof, value] : prescribed) {
    unknown[static_cast<std::size_t>(dof)] = kPrescribed;
    lifted[static_cast<std::size_t>(dof)] = value;
  }
  ReducedSystem reduced;
  for (std::int32_t dof = 0; dof < pattern.rows; ++dof) {
    if (unknown[static_cast<std::size_t>(dof)] == kPrescribed) continue;
    unknown[static_cast<std::size_t>(dof)] = static_cast<std::int32_t>(reduced.free_dofs.size());
    reduced.free_dofs.push_back(dof);
  }
  LinearSystem& result = reduced.system;
  result.pattern.rows = result.pattern.cols = static_cast<std::int32_t>(reduced.free_dofs.size());
  result.pattern.row_offsets.push_back(0);
  for (const std::int32_t dof : reduced.free_dofs) {
    const auto row = static_cast<std::size_t>(dof);
    double rhs = system.rhs[row];
    const auto end = static_cast<std::size_t>(pattern.row_offsets[row + 1]);
    for (auto k = static_cast<std::size_t>(pattern.row_offsets[row]); k < end; ++k) {
      const auto column = static_cast<std::size_t>(pattern.columns[k]);
      if (unknown[column] == kPrescribed) {
        rhs -= system.values[k] * lifted[column];
        continue;
      }
      result.pattern.columns.push_back(unknown[column]);
      result.values.push_back(system.values[k]);
    }
    result.pattern.row_offsets.push_back(static_cast<std::int32_t>(result.values.size()));
    result.rhs.push_back(rhs);
  }
  return reduced;
}

std::vector<double> expand(const ReducedSystem& reduced, std::span<const double> free_values,
                           const PrescribedValues& prescribed) {
  if (free_values.size() != reduced.free_dofs.size()) {
    throw InternalError(
        fmt::format("{} values for {} unknowns", free_values.size(), reduced.free_dofs.size()));
  }
  std::vector<double> all(reduced.free_dofs.size() + prescribed.size(), 0.0);
  for (std::size_t k = 0; k < free_values.size(); ++k) {
    all.at(static_cast<std::size_t>(reduced.free_dofs[k])) = free_values[k];
  }
  for (const auto& [dof, value] : prescribed) all.at(static_cast<std::size_t>(dof)) = value;
  return all;
}

}  // namespace femsynth::solvers
