#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "meshes/mesh.hpp"
#include "synth/run/assembly.hpp"

/// The meshes and inputs that a kernel is tried on: functions of a seed, the same everywhere.
namespace femsynth::solvers {

/// A mesh to verify on.
struct TrialMesh {
  std::string name;  ///< as a user reads it: "triangle:6x3 perturbed"
  meshes::Mesh mesh;
};

/// Ranges that random values are drawn from, uniformly. The default keeps coefficients away
/// from the singularities of ln, sqrt and division.
struct ValueRange {
  double low = 0.5;
  double high = 1.5;
};

/// How much work a cell is: a guess at the floating-point operations of its kernel.
double cell_work(const fem::FormModule& module, const synth::Program& program);

/// Three meshes of the form's domain, moved by `seed` and `variant`: a single cell, which is
/// affine with coordinates that are exact in any precision; a few cells; and a medium one. The
/// last two are perturbed everywhere: generic simplices of both orientations, non-affine
/// quadrilaterals, hexahedra with warped faces. On curved cells and manifolds the single cell is
/// one of a bent mesh; on manifolds all is numbered at random, so that neighbours run either way.
/// Their sizes fall with the work per cell, so that an emulated run stays cheap: 6–8 and 33–40
/// cells up to 5·10⁴ operations a cell, 4–6 and 8–12 up to 10⁶, 2–6 and 3–6 beyond. No size is a
/// multiple of a block. The subdomain ids that the form names occur next to others wherever there
/// are cells or facets enough.
std::vector<TrialMesh> trial_meshes(const fem::FormModule& module, const synth::Program& program,
                                    std::uint64_t seed, std::uint64_t variant);

/// Random values for everything that the form reads on that mesh. Trial functions x are drawn
/// from [−1, 1]. All values are exact in the program's precision.
synth::FormInputs random_inputs(const fem::FormModule& module, const synth::Program& program,
                                const synth::AssemblySpaces& spaces, const ValueRange& range,
                                std::uint64_t seed, std::uint64_t counter);

/// Rounds a mesh's coordinates and inputs to the precision of a program, as its kernels see
/// them.
void round_to(synth::Precision precision, std::vector<double>& values);

/// Uniform in [0, 1), a function of its arguments alone (SplitMix64).
double random_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t index);

/// Cell c of a mesh alone, without its tags; its points keep their order, so that entities are
/// oriented as before.
meshes::Mesh only_cell(const meshes::Mesh& mesh, std::size_t c);

}  // namespace femsynth::solvers
