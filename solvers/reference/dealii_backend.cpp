#include <deal.II/base/config.h>
#include <deal.II/base/multithread_info.h>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <memory>
#include <span>
#include <string>

#include "meshes/support/error.hpp"
#include "solvers/reference/dealii_grid.hpp"
#include "solvers/reference/dealii_library.hpp"
#include "solvers/reference/dealii_numbering.hpp"
#include "solvers/reference/dealii_points.hpp"
#include "solvers/reference/dealii_reference.hpp"
#include "solvers/reference/dealii_system.hpp"

namespace femsynth::solvers {
namespace {

using meshes::Mesh;

template <int dim>
class DealiiMesh final : public BackendMesh {
 public:
  DealiiMesh(DealiiLibrary<dim>& library, const Mesh& mesh)
      : library_(library), grid_(mesh), points_(library, grid_) {}

  std::size_t prepare(fem::IntegralKind kind, const PointRule& rule,
                      std::span<const ShapeRequest> shapes) override {
    return points_.prepare(kind, rule, shapes);
  }
  const EntityPoints& at_cell(std::size_t handle, std::size_t c) override {
    return points_.at_cell(handle, c);
  }
  const EntityPoints& at_facet(std::size_t handle, std::size_t c, int facet) override {
    return points_.at_facet(handle, c, facet);
  }
  const InterfacePoints* at_interface(std::size_t handle, const std::array<std::size_t, 2>& cells,
                                      const std::array<int, 2>& facets) override {
    return points_.at_interface(handle, cells, facets);
  }

  std::string check_numbering(const fem::Element& element, std::span<const double> nodes,
                              const fem::DofMap& map) override {
    return NumberingCheck<dim>(library_, grid_).check(element, nodes, map);
  }

  std::unique_ptr<BackendSystem> make_system(const fem::Element& element,
                                             std::span<const double> nodes) override {
    const auto to_reference = [this](std::size_t c, const double* X) {
      return to_library<dim>(grid_.mesh().cell_type, grid_.order(c), X);
    };
    const auto face = [this](std::size_t c, int facet) { return grid_.face_of(c, facet).number; };
    return make_dealii_system<dim>({grid_.triangulation(), to_reference, face}, element, nodes);
  }

 private:
  DealiiLibrary<dim>& library_;
  OrientedGrid<dim> grid_;
  PointEvaluator<dim> points_;
};

class DealiiBackend final : public Backend {
 public:
  DealiiBackend() { dealii::MultithreadInfo::set_thread_limit(1); }
  std::string name() const override { return "dealii"; }
  std::string version() const override { return DEAL_II_PACKAGE_VERSION; }
  std::unique_ptr<BackendMesh> open(const Mesh& mesh) override {
    try {
      switch (mesh.dim()) {
        case 1:
          return std::make_unique<DealiiMesh<1>>(line_, mesh);
        case 2:
          return std::make_unique<DealiiMesh<2>>(plane_, mesh);
        default:
          return std::make_unique<DealiiMesh<3>>(space_, mesh);
      }
    } catch (const Error&) {
      throw;
    } catch (const std::exception& e) {
      throw InputError(fmt::format("deal.II does not take the mesh: {}", e.what()));
    }
  }

  std::vector<double> shape_values(meshes::CellType cell, int degree,
                                   std::span<const double> points) override {
    return dealii_shape_values(cell, degree, points);
  }
  ReferenceRule rule(meshes::CellType cell, int degree) override {
    return dealii_rule(cell, degree);
  }

 private:
  DealiiLibrary<1> line_;
  DealiiLibrary<2> plane_;
  DealiiLibrary<3> space_;
};

}  // namespace
}  // namespace femsynth::solvers

extern "C" __attribute__((visibility("default"))) femsynth::solvers::Backend*
femsynth_make_dealii_backend() {
  return new femsynth::solvers::DealiiBackend();
}
