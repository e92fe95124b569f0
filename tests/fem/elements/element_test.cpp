#include "fem/elements/element.hpp"

#include <basix/cell.h>
#include <gmock/gmock.h>

#include "meshes/support/error.hpp"

namespace femsynth::fem {
namespace {

using meshes::CellType;
using testing::ElementsAreArray;
using testing::HasSubstr;

TEST(Element, IsWrittenAsInUfl) {
  EXPECT_EQ(to_string(Element{Family::lagrange, CellType::triangle, 2, {}}),
            R"(element("P", "triangle", 2))");
  EXPECT_EQ(to_string(Element{Family::lagrange, CellType::hexahedron, 1, {3}}),
            R"(element("P", "hexahedron", 1, shape=(3,)))");
  EXPECT_EQ(to_string(Element{Family::discontinuous_lagrange, CellType::interval, 0, {2, 2}}),
            R"(element("DG", "interval", 0, shape=(2, 2)))");
}

TEST(Element, ComposedAndSpecialElementsAreWrittenAsInBasix) {
  Element stress{.family = Family::lagrange, .cell = CellType::triangle, .degree = 1};
  stress.shape = {2, 2};
  stress.symmetric = true;
  Element flux{.family = Family::raviart_thomas, .cell = CellType::triangle, .degree = 2};
  flux.discontinuous = true;
  Element points{.family = Family::quadrature, .cell = CellType::triangle, .degree = 3};
  points.scheme = "default";
  Element mixed{.family = Family::mixed, .cell = CellType::triangle, .degree = 3};
  mixed.parts = {stress, flux, points};
  EXPECT_EQ(to_string(mixed),
            R"(mixed_element([element("P", "triangle", 1, shape=(2, 2), symmetry=True), )"
            R"(element("RT", "triangle", 2, discontinuous=True), )"
            R"(quadrature_element("triangle", scheme="default", degree=3)]))");
  EXPECT_EQ(dof_count(mixed), 3 * 3 + 8 + 6);
}

TEST(Element, BlockSizeIsTheProductOfTheExtents) {
  EXPECT_EQ((Element{Family::lagrange, CellType::triangle, 2, {}}.block_size()), 1);
  EXPECT_EQ((Element{Family::lagrange, CellType::triangle, 2, {2, 3}}.block_size()), 6);
}

TEST(Element, DegreesAndExtentsOutsideTheSupportedOnesAreRefusedByName) {
  const auto message = [](const Element& element) -> std::string {
    try {
      check_element(element);
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(message({Family::lagrange, CellType::triangle, 0, {}}), HasSubstr("1 to 10"));
  EXPECT_THAT(message({Family::lagrange, CellType::triangle, 11, {}}), HasSubstr("degree is 11"));
  EXPECT_THAT(message({Family::discontinuous_lagrange, CellType::triangle, -1, {}}),
              HasSubstr("0 to 10"));
  EXPECT_THAT(message({Family::lagrange, CellType::triangle, 1, {0}}), HasSubstr("positive"));
  EXPECT_EQ(message({Family::discontinuous_lagrange, CellType::triangle, 0, {2}}), "accepted");
}

TEST(CellType, TopologyAndGeometryAreThoseOfBasix) {
  const std::pair<CellType, basix::cell::type> cells[] = {
      {CellType::interval, basix::cell::type::interval},
      {CellType::triangle, basix::cell::type::triangle},
      {CellType::tetrahedron, basix::cell::type::tetrahedron},
      {CellType::quadrilateral, basix::cell::type::quadrilateral},
      {CellType::hexahedron, basix::cell::type::hexahedron},
      {CellType::prism, basix::cell::type::prism},
      {CellType::pyramid, basix::cell::type::pyramid}};
  for (const auto& [ours, theirs] : cells) {
    SCOPED_TRACE(meshes::name_of(ours));
    const auto topology = basix::cell::topology(theirs);
    ASSERT_EQ(static_cast<int>(topology.size()), meshes::dimension(ours) + 1);
    for (int dim = 0; dim <= meshes::dimension(ours); ++dim) {
      const auto& entities = topology[static_cast<std::size_t>(dim)];
      ASSERT_EQ(static_cast<int>(entities.size()), meshes::entity_count(ours, dim));
      for (std::size_t e = 0; e < entities.size(); ++e) {
        EXPECT_THAT(meshes::entity_vertices(ours, dim, static_cast<int>(e)),
                    ElementsAreArray(entities[e]));
      }
    }
    const auto [points, shape] = basix::cell::geometry(theirs);
    for (std::size_t k = 0; k < shape[0]; ++k) {
      for (std::size_t i = 0; i < shape[1]; ++i) {
        EXPECT_EQ(meshes::reference_vertex(ours, static_cast<int>(k))[i], points[k * shape[1] + i]);
      }
    }
    EXPECT_DOUBLE_EQ(meshes::reference_volume(ours), basix::cell::volume(theirs));
  }
}

}  // namespace
}  // namespace femsynth::fem
