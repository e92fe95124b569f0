#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/pipeline.hpp"

/// What `compile --level report` says about a form or an expression.
namespace femsynth::cli {

/// Name, rank, schedule, quadrature with its reason (of an expression: points, components and
/// dofs), kernels with operations and bytes for one
/// cell (facet), resources, sizes of the sources, times.
nlohmann::ordered_json report_json(const fem::FormModule& module, const CompiledForm& form,
                                   const std::string& arch);
/// The same for a person; without times where the document has no "seconds".
std::string report_text(const nlohmann::ordered_json& report);

}  // namespace femsynth::cli
