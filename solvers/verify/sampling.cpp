#include "solvers/verify/sampling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "fem/elements/quadrature.hpp"
#include "fem/elements/tabulate.hpp"
#include "meshes/generate.hpp"
#include "meshes/topology.hpp"

namespace femsynth::solvers {
namespace {

using meshes::CellType;
using meshes::Mesh;

std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

/// Streams of random numbers, so that no two uses share one.
enum Stream : std::uint64_t {
  shape = 1,
  cell_tags,
  facet_tags,
  trial,
  inner_tags,
  coefficients = 1000,
  constants = 1000000
};

constexpr double kPerturb = 0.25;

/// Sizes of the few-cell and the medium mesh, by how cheap a cell is.
std::array<const char*, 2> sizes_of(CellType cell, double work) {
  const std::size_t row = work <= 2e4 ? 0 : work <= 1e5 ? 1 : 2;
  using Pair = std::array<const char*, 2>;
  switch (cell) {
    case CellType::interval:
      return std::array{Pair{"7", "37"}, Pair{"5", "11"}, Pair{"3", "5"}}[row];
    case CellType::triangle:
      return std::array{Pair{"3x1", "6x3"}, Pair{"3x1", "5x1"}, Pair{"1x1", "3x1"}}[row];
    case CellType::tetrahedron:
      return std::array{Pair{"1x1x1", "3x2x1"}, Pair{"1x1x1", "2x1x1"},
                        Pair{"1x1x1", "1x1x1"}}[row];
    case CellType::quadrilateral:
      return std::array{Pair{"3x2", "7x5"}, Pair{"3x2", "3x3"}, Pair{"2x1", "3x1"}}[row];
    case CellType::hexahedron:
      return std::array{Pair{"3x2x1", "4x3x3"}, Pair{"2x2x1", "3x3x1"},
                        Pair{"2x1x1", "3x1x1"}}[row];
    case CellType::prism:
      return std::array{Pair{"1x1x1", "4x2x2"}, Pair{"1x1x1", "2x2x1"},
                        Pair{"1x1x1", "2x1x1"}}[row];
    case CellType::pyramid:
      return std::array{Pair{"1x1x1", "3x2x1"}, Pair{"1x1x1", "2x1x1"},
                        Pair{"1x1x1", "1x1x1"}}[row];
  }
  throw InternalError("an unknown cell type");
}

/// One cell, the image of the reference cell under x = A X + b; entries are multiples of 2⁻⁸,
/// so that sums of them are exact in either precision and the map is affine to the bit.
TrialMesh single_cell(CellType cell, std::uint64_t seed, std::uint64_t variant) {
  TrialMesh result{fmt::format("one {}, affine", meshes::name_of(cell)),
                   meshes::generate_mesh(fmt::format("reference:{}", meshes::name_of(cell)))};
  Mesh& mesh = result.mesh;
  const auto d = static_cast<std::size_t>(mesh.dim());
  std::uint64_t counter = 0;
  const auto draw = [&](double size) {
    const double r = 2.0 * random_unit(seed, mix(variant) ^ Stream::shape, counter++) - 1.0;
    return static_cast<double>(static_cast<int>(256.0 * size * r)) / 256.0;
  };
  std::array<std::array<double, 4>, 3> map{};
  for (std::size_t i = 0; i < d; ++i) {
    // Diagonally dominant, so never singular.
    for (std::size_t j = 0; j < d; ++j) map[i][j] = i == j ? 0.75 + draw(0.25) : draw(0.2);
    map[i][3] = draw(0.5);
  }
  // Half of the simplices are reflected.
  if (meshes::is_simplex(cell) && variant % 2 == 1) {
    for (std::size_t j = 0; j < d; ++j) map[0][j] = -map[0][j];
  }
  for (std::size_t v = 0; v < mesh.vertices(); ++v) {
    const std::vector<double> X(mesh.vertex(v).begin(), mesh.vertex(v).end());
    for (std::size_t i = 0; i < d; ++i) {
      double x = map[i][3];
      for (std::size_t j = 0; j < d; ++j) x += map[i][j] * X[j];
      mesh.coordinates[v * d + i] = x;
    }
  }
  return result;
}

/// What a specification says of curved cells and manifolds.
std::string suffix_of(const fem::Domain& domain) {
  std::string suffix;
  if (domain.degree > 1) suffix += fmt::format("+{}", domain.degree);
  if (domain.is_manifold()) suffix += fmt::format("@{}", domain.geometric_dim);
  return suffix;
}

/// One cell of a curved mesh or manifold.
TrialMesh single_bent_cell(const fem::Domain& domain, std::uint64_t seed) {
  const char* size = meshes::dimension(domain.cell) == 1   ? "1"
                     : meshes::dimension(domain.cell) == 2 ? "1x1"
                                                           : "1x1x1";
  const std::string spec =
      fmt::format("{}:{}{}", meshes::name_of(domain.cell), size, suffix_of(domain));
  return {fmt::format("one cell of {}", spec),
          only_cell(meshes::generate_mesh(spec, {kPerturb, seed, true}), 0)};
}

TrialMesh perturbed(const fem::Domain& domain, const char* size, std::uint64_t seed) {
  const std::string spec =
      fmt::format("{}:{}{}", meshes::name_of(domain.cell), size, suffix_of(domain));
  TrialMesh result{spec + " perturbed", meshes::generate_mesh(spec, {kPerturb, seed, true})};
  // On a manifold neighbours may run either way: nothing but the numbering says which.
  if (domain.is_manifold()) result.mesh = meshes::renumbered(result.mesh, mix(seed));
  return result;
}

/// Ids that integrals of a kind name.
std::vector<int> named_ids(const synth::Program& program, fem::IntegralKind kind) {
  std::set<int> ids;
  for (const fem::Integral& integral : program.form.integrals) {
    if (integral.kind == kind) ids.insert(integral.subdomains.begin(), integral.subdomains.end());
  }
  return {ids.begin(), ids.end()};
}

/// Tags for `count` entities: the ids one after another and one that nobody names, from a
/// random start, so that all occur where there are enough entities, then at random.
std::vector<int> draw_tags(std::vector<int> ids, std::size_t count, std::uint64_t seed,
                           std::uint64_t stream) {
  std::vector<int> tags(count, 0);
  if (ids.empty()) return tags;
  const std::size_t named = ids.size();
  ids.push_back(ids.back() + 1);
  const auto pick = [&](std::uint64_t i, std::size_t n) {
    return static_cast<std::size_t>(random_unit(seed, stream, i) * static_cast<double>(n));
  };
  for (std::size_t i = 0; i < count; ++i) {
    // The first entity always has an id that the form names.
    tags[i] = i < ids.size() ? ids[i % ids.size()] : ids[pick(i, ids.size())];
  }
  // A rotation among the first, so that no id sticks to the first entity.
  const std::size_t head = std::min(count, named);
  std::rotate(tags.begin(), tags.begin() + static_cast<std::ptrdiff_t>(pick(count, head)),
              tags.begin() + static_cast<std::ptrdiff_t>(head));
  return tags;
}

void set_tags(Mesh& mesh, const synth::Program& program, std::uint64_t seed) {
  const auto cells = draw_tags(named_ids(program, fem::IntegralKind::cell), mesh.cell_count(), seed,
                               Stream::cell_tags);
  mesh.cell_tags.assign(cells.begin(), cells.end());
  const auto inner = draw_tags(named_ids(program, fem::IntegralKind::interior_facet),
                               meshes::interior_facets(mesh).size(), seed, Stream::inner_tags);
  mesh.interior_facet_tags.assign(inner.begin(), inner.end());
  const auto facets = draw_tags(named_ids(program, fem::IntegralKind::exterior_facet),
                                mesh.exterior_facets.size(), seed, Stream::facet_tags);
  for (std::size_t i = 0; i < facets.size(); ++i) mesh.exterior_facets[i].tag = facets[i];
}

}  // namespace

Mesh only_cell(const Mesh& mesh, std::size_t c) {
  Mesh result;
  result.cell_type = mesh.cell_type;
  result.geometric_dim = mesh.geometric_dim;
  result.geometry_degree = mesh.geometry_degree;
  const auto vertices = mesh.cell(c);
  const auto nodes = mesh.geometry(c);
  std::map<std::int32_t, std::int32_t> numbers;  // vertices first, then other geometry nodes
  const auto number = [&](std::span<const std::int32_t> points) {
    std::vector<std::int32_t> sorted(points.begin(), points.end());
    std::sort(sorted.begin(), sorted.end());
    for (const std::int32_t p : sorted) {
      const auto next = static_cast<std::int32_t>(numbers.size());
      if (!numbers.try_emplace(p, next).second) continue;
      const auto d = static_cast<std::size_t>(mesh.dim());
      const auto begin =
          mesh.coordinates.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(p) * d);
      result.coordinates.insert(result.coordinates.end(), begin,
                                begin + static_cast<std::ptrdiff_t>(d));
    }
  };
  number(vertices);
  if (mesh.geometry_degree > 1) {
    result.curved_vertices = numbers.size();
    number(nodes);
    for (const std::int32_t p : nodes) result.geometry_nodes.push_back(numbers.at(p));
  }
  for (const std::int32_t v : vertices) result.cells.push_back(numbers.at(v));
  result.cell_tags = {0};
  result.exterior_facets = meshes::exterior_facets(result);
  return result;
}

double random_unit(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  return static_cast<double>(mix(mix(mix(seed) ^ stream) ^ index) >> 11) * 0x1p-53;
}

void round_to(synth::Precision precision, std::vector<double>& values) {
  if (!synth::is_single(precision)) return;
  for (double& value : values) value = static_cast<double>(static_cast<float>(value));
}

double cell_work(const fem::FormModule& module, const synth::Program& program) {
  double dofs = 1.0;
  for (const fem::Element& element : fem::argument_elements(module.graph, program.form)) {
    dofs *= fem::dof_count(element);
  }
  double points = 0.0;
  for (const fem::IntegralGroup& group : program.integrals) {
    const double sides = group.kind == fem::IntegralKind::interior_facet ? 2.0 : 1.0;
    if (group.kind == fem::IntegralKind::vertex) {
      points += 1.0;
    } else if (group.kind == fem::IntegralKind::cell) {
      const auto rule = fem::cell_quadrature(module.graph.cell(), group.degree, group.scheme);
      points += static_cast<double>(rule.size());
    } else {
      const auto rule = fem::facet_quadrature(module.graph.cell(), 0, group.degree, group.scheme);
      points += sides * static_cast<double>(rule.size());
    }
  }
  const double dim = module.graph.dim();
  return dofs * points * (1.0 + dim);
}

std::vector<TrialMesh> trial_meshes(const fem::FormModule& module, const synth::Program& program,
                                    std::uint64_t seed, std::uint64_t variant) {
  const CellType cell = module.graph.cell();
  const auto sizes = sizes_of(cell, cell_work(module, program));
  std::vector<TrialMesh> trials;
  const fem::Domain& domain = module.graph.domain();
  const bool bent = domain.degree > 1 || domain.is_manifold();
  trials.push_back(bent ? single_bent_cell(domain, mix(seed ^ mix(2 * variant + 4)))
                        : single_cell(cell, seed, variant));
  const std::uint64_t seeds[] = {mix(seed ^ mix(2 * variant + 2)),
                                 mix(seed ^ mix(2 * variant + 3))};
  for (std::size_t k = 0; k < 2; ++k) trials.push_back(perturbed(domain, sizes[k], seeds[k]));
  for (std::size_t i = 0; i < trials.size(); ++i) {
    set_tags(trials[i].mesh, program, mix(seed + i));
    round_to(program.schedule.precision, trials[i].mesh.coordinates);
  }
  return trials;
}

synth::FormInputs random_inputs(const fem::FormModule& module, const synth::Program& program,
                                const synth::AssemblySpaces& spaces, const ValueRange& range,
                                std::uint64_t seed, std::uint64_t counter) {
  synth::FormInputs inputs;
  const std::uint64_t key = mix(seed) ^ mix(~counter);
  const auto draw = [&](std::uint64_t stream, std::size_t n, double low, double high) {
    std::vector<double> values(n);
    for (std::size_t i = 0; i < n; ++i) {
      values[i] = low + (high - low) * random_unit(key, stream, i);
    }
    round_to(program.schedule.precision, values);
    return values;
  };
  const std::size_t width = synth::is_complex(program.schedule.precision) ? 2 : 1;
  inputs.coefficients.resize(module.graph.coefficients().size());
  for (const std::int32_t k : fem::used_coefficients(module.graph, program.form)) {
    const auto number = static_cast<std::size_t>(k);
    inputs.coefficients[number] =
        draw(Stream::coefficients + number, width * spaces.coefficients[number].dof_count(),
             range.low, range.high);
  }
  inputs.constants.resize(module.graph.constants().size());
  for (std::size_t k = 0; k < inputs.constants.size(); ++k) {
    const auto size = static_cast<std::size_t>(fem::size_of(module.graph.constants()[k].shape));
    inputs.constants[k] = draw(Stream::constants + k, width * size, range.low, range.high);
  }
  if (program.rank == 2) {
    inputs.x = draw(Stream::trial, width * spaces.arguments[1].dof_count(), -1.0, 1.0);
  }
  return inputs;
}

}  // namespace femsynth::solvers
