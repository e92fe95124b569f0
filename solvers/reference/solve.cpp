#include "solvers/reference/solve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "fem/elements/tabulate.hpp"
#include "meshes/support/error.hpp"
#include "solvers/reference/entity_walk.hpp"

namespace femsynth::solvers {
namespace {

using Integral = ReferenceForm::Integral;
using Source = ReferenceForm::Source;

/// Adds up the element tensors of a form, cell by cell, from deal.II's points and shape functions.
/// Plain sums: a solved system is judged by its condition number, not by running bounds.
class ElementTensors {
 public:
  ElementTensors(BackendMesh& backend, const meshes::Mesh& mesh, ReferenceForm& form,
                 const ReferenceProblem& problem)
      : backend_(backend), form_(form), problem_(problem) {
    block_ = static_cast<std::size_t>(form.arguments()[0].block_size());
    dofs_ = static_cast<std::size_t>(fem::dimension(form.arguments()[0])) * block_;
    for (Integral& integral : form.integrals()) prepare(integral, mesh);
  }

  /// The tensor of cell `c`, row-major, dofs node-major in our element's order.
  std::vector<double> of_cell(std::size_t c) {
    std::vector<double> tensor(form_.rank() == 2 ? dofs_ * dofs_ : dofs_, 0.0);
    for (Part& part : parts_) {
      const auto [first, last] = part.entities.equal_range(c);
      for (auto it = first; it != last; ++it) {
        add(*part.integral,
            it->second < 0 ? backend_.at_cell(part.handle, c)
                           : backend_.at_facet(part.handle, c, it->second),
            c, tensor);
      }
    }
    return tensor;
  }

 private:
  struct Part {
    Integral* integral;
    std::size_t handle;
    std::multimap<std::size_t, int> entities;  ///< cell → local facet, or −1 for the cell itself
  };

  void prepare(Integral& integral, const meshes::Mesh& mesh) {
    if (integral.terms.empty()) return;
    std::vector<ShapeRequest> requests;
    for (const ReferenceForm::Shape& shape : integral.shapes) {
      requests.push_back({shape.element, fem::nodes(shape.element), shape.derivatives});
    }
    Part part{&integral, backend_.prepare(integral.kind, integral.rule, requests), {}};
    const auto wanted = [&](int tag) {
      const auto& ids = integral.subdomains;
      return ids.empty() || std::find(ids.begin(), ids.end(), tag) != ids.end();
    };
    if (integral.kind == fem::IntegralKind::cell) {
      for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
        if (wanted(mesh.cell_tags[c])) part.entities.emplace(c, -1);
      }
    } else {
      for (const meshes::ExteriorFacet& facet : mesh.exterior_facets) {
        if (!wanted(facet.tag)) continue;
        part.entities.emplace(static_cast<std::size_t>(facet.cell), facet.local_facet);
      }
    }
    parts_.push_back(std::move(part));
  }

  void add(Integral& integral, const EntityPoints& points, std::size_t c,
           std::vector<double>& tensor) {
    std::vector<Lanes> leaves;
    for (const Source& source : integral.inputs) leaves.push_back(read(source, points, c));
    std::vector<Lanes> factors(integral.terms.size(), Lanes(points.count));
    integral.program.run(leaves, factors, 0x1p-53);
    std::vector<double> weighted(points.count);
    for (std::size_t k = 0; k < integral.terms.size(); ++k) {
      for (std::size_t q = 0; q < points.count; ++q) {
        weighted[q] = factors[k].value()[q] * points.JxW[q];
      }
      add_term(integral, integral.terms[k], points, weighted, tensor);
    }
  }

  void add_term(const Integral& integral, const ReferenceForm::Term& term,
                const EntityPoints& points, const std::vector<double>& weighted,
                std::vector<double>& tensor) const {
    const Source& test = integral.tests[static_cast<std::size_t>(term.test)];
    for (std::size_t i = 0; i < dofs_ / block_; ++i) {
      const double* row = shape(points, test, i);
      const std::size_t dof = i * block_ + static_cast<std::size_t>(test.parts.at(0).block);
      if (form_.rank() == 1) {
        for (std::size_t q = 0; q < points.count; ++q) tensor[dof] += weighted[q] * row[q];
        continue;
      }
      const Source& trial = integral.trials[static_cast<std::size_t>(term.trial)];
      for (std::size_t j = 0; j < dofs_ / block_; ++j) {
        const double* column = shape(points, trial, j);
        double sum = 0.0;
        for (std::size_t q = 0; q < points.count; ++q) sum += weighted[q] * row[q] * column[q];
        tensor[dof * dofs_ + j * block_ + static_cast<std::size_t>(trial.parts.at(0).block)] += sum;
      }
    }
  }

  /// Basis function `node` of a function, or its derivative, at the points.
  static const double* shape(const EntityPoints& points, const Source& source, std::size_t node) {
    const ShapeTable& table = points.shapes[source.parts.at(0).shape];
    const auto slot = static_cast<std::size_t>(source.slot);
    return &table.physical[(slot * static_cast<std::size_t>(table.nodes) + node) * points.count];
  }

  /// What an integrand reads, at the points.
  Lanes read(const Source& source, const EntityPoints& points, std::size_t c) const {
    Lanes lanes(points.count);
    const auto number = static_cast<std::size_t>(source.leaf.number);
    const auto component = static_cast<std::size_t>(source.leaf.component);
    const auto d = static_cast<std::size_t>(form_.dim());
    for (std::size_t q = 0; q < points.count; ++q) {
      double value = 0.0;
      switch (source.leaf.op) {
        case fem::Op::coefficient: {
          const fem::DofMap& map = *problem_.spaces.coefficients[number];
          const ReferenceForm::Part& part = source.parts.at(0);
          for (int k = 0; k < points.shapes[part.shape].nodes; ++k) {
            const std::size_t dof = global_dof(map, c, part.dof(k));
            value += shape(points, source, static_cast<std::size_t>(k))[q] *
                     problem_.inputs.coefficients[number][dof];
          }
          break;
        }
        case fem::Op::constant:
          value = problem_.inputs.constants[number][component];
          break;
        case fem::Op::spatial_coordinate:
          value = points.x[q * d + component];
          break;
        case fem::Op::facet_normal:
          value = points.normal[q * d + component];
          break;
        default:
          throw InternalError(fmt::format("the oracle reads a {}", fem::name_of(source.leaf.op)));
      }
      lanes.set(q, {value, std::abs(value), 0.0});
    }
    return lanes;
  }

  BackendMesh& backend_;
  ReferenceForm& form_;
  const ReferenceProblem& problem_;
  std::size_t block_ = 1;
  std::size_t dofs_ = 0;
  std::vector<Part> parts_;
};

/// Throws MissingComponent for what the oracle can evaluate but not solve with.
void require_classical(const meshes::Mesh& mesh, const ReferenceProblem& problem) {
  const auto refuse = [](const char* what) {
    throw MissingComponent(fmt::format(
        "deal.II solves problems of Lagrange elements on straight cells here, not with {}", what));
  };
  if (!is_classical(mesh)) refuse("prisms, pyramids, curved cells or manifolds");
  for (ReferenceForm* form : {problem.bilinear, problem.linear}) {
    for (const Integral& integral : form->integrals()) {
      const bool classical = integral.kind == fem::IntegralKind::cell ||
                             integral.kind == fem::IntegralKind::exterior_facet;
      if (!classical) refuse("integrals over interior facets or vertices");
      for (const ReferenceForm::Shape& shape : integral.shapes) {
        if (!has_nodal_basis(shape.element)) refuse("other families");
        if (shape.derivatives > kLibraryDerivatives) refuse("derivatives of order 3 and more");
      }
      for (const Source& source : integral.inputs) {
        if (source.leaf.op == fem::Op::geometric_quantity) refuse("geometric quantities");
        if (source.leaf.op == fem::Op::facet_normal && source.leaf.order() > 0) {
          refuse("derivatives of FacetNormal");
        }
        if (source.parts.size() > 1) refuse("enriched elements");
      }
    }
    for (const fem::Element& element : form->arguments()) {
      if (element.is_composed()) refuse("mixed or enriched elements");
      if (!has_nodal_basis(element)) refuse("other families");
    }
  }
}

}  // namespace

ReferenceSolution solve_reference(Backend& backend, const meshes::Mesh& mesh,
                                  const ReferenceProblem& problem) {
  require_classical(mesh, problem);
  const auto grid = backend.open(mesh);
  const fem::Element& element = problem.bilinear->arguments().at(0);
  const auto system = grid->make_system(element, fem::nodes(element));
  for (const ReferenceCondition& condition : problem.conditions) {
    for (const meshes::ExteriorFacet& facet : condition.facets) {
      system->constrain(static_cast<std::size_t>(facet.cell), facet.local_facet, condition.value);
    }
  }
  system->begin_assembly();
  ElementTensors matrices(*grid, mesh, *problem.bilinear, problem);
  ElementTensors vectors(*grid, mesh, *problem.linear, problem);
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    system->add_cell(c, matrices.of_cell(c), vectors.of_cell(c));
  }
  system->solve();
  ReferenceSolution solution;
  solution.dofs = system->dof_count();
  for (std::size_t c = 0; c < mesh.cell_count(); ++c) {
    const std::vector<double> values = system->at_nodes(c);
    solution.at_nodes.insert(solution.at_nodes.end(), values.begin(), values.end());
  }
  return solution;
}

}  // namespace femsynth::solvers
