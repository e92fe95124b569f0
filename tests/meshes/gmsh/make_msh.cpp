// Writes meshes with Gmsh's own library for read_test.cpp: make_msh FOLDER.
// Each straight model is the unit interval, square or cube in two halves (x < 1/2: group 7, x >
// 1/2: group 8); facets on x = 0 are in group 3, those on x = 1 in group 4, those between the
// halves in group 5, the others in none. The curved ones, NAME_order2 and NAME_order3, turn by a
// right angle about the z axis: an arc of radius 1, a quarter of an annulus from radius 1 to 2,
// this one times the unit interval along z, and quarters of a cylinder of radius 1.
#include <gmsh.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>
#include <vector>

namespace {

enum class Cells { intervals, triangles, quadrilaterals, tetrahedra, hexahedra, prisms, pyramids };

void extrude(int dim, bool structured) {
  gmsh::vectorpair from;
  gmsh::model::geo::synchronize();
  gmsh::model::getEntities(from, dim - 1);
  gmsh::vectorpair out;
  gmsh::model::geo::extrude(from, 0, dim == 2 ? 1 : 0, dim == 3 ? 1 : 0, out,
                            structured ? std::vector<int>{2} : std::vector<int>{}, {}, structured);
}

/// Each hexahedron becomes the six pyramids over its faces with their apex at its centre.
void cut_into_pyramids() {
  constexpr int kHexahedron = 5;  // Gmsh's numbers of types
  constexpr int kPyramid = 7;
  constexpr int kFaces[6][4] = {{0, 3, 2, 1}, {0, 1, 5, 4}, {0, 4, 7, 3},
                                {1, 2, 6, 5}, {2, 3, 7, 6}, {4, 5, 6, 7}};
  std::vector<std::size_t> tags;
  std::vector<double> coordinates;
  std::vector<double> parametric;
  gmsh::model::mesh::getNodes(tags, coordinates, parametric);
  std::map<std::size_t, std::array<double, 3>> points;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    points[tags[i]] = {coordinates[3 * i], coordinates[3 * i + 1], coordinates[3 * i + 2]};
  }
  std::size_t node = points.rbegin()->first;
  std::size_t element = 1'000'000;  // none has so many
  gmsh::vectorpair volumes;
  gmsh::model::getEntities(volumes, 3);
  for (const auto& [dim, volume] : volumes) {
    std::vector<std::size_t> cells;
    std::vector<std::size_t> corners;
    gmsh::model::mesh::getElementsByType(kHexahedron, cells, corners, volume);
    std::vector<std::size_t> inner, pyramids, nodes;
    std::vector<double> places;
    gmsh::model::mesh::getNodes(inner, places, parametric, 3, volume);
    gmsh::model::mesh::clear({{3, volume}});  // its inner nodes, too
    for (std::size_t c = 0; c < cells.size(); ++c) {
      std::array<double, 3> centre{};
      for (std::size_t k = 0; k < 8; ++k) {
        for (std::size_t i = 0; i < 3; ++i) centre[i] += points.at(corners[8 * c + k])[i] / 8;
      }
      inner.push_back(++node);
      places.insert(places.end(), centre.begin(), centre.end());
      for (const auto& face : kFaces) {
        pyramids.push_back(++element);
        for (const int k : face) nodes.push_back(corners[8 * c + static_cast<std::size_t>(k)]);
        nodes.push_back(node);
      }
    }
    gmsh::model::mesh::addNodes(3, volume, inner, places);
    gmsh::model::mesh::addElementsByType(volume, kPyramid, pyramids, nodes);
  }
  gmsh::model::mesh::renumberNodes();  // as they would be in a file of either version
}

/// Puts the entities of one dimension whose middle has that x into a physical group.
void group(int dim, double low, double high, int tag) {
  std::vector<int> members;
  gmsh::vectorpair entities;
  gmsh::model::getEntities(entities, dim);
  for (const auto& [d, entity] : entities) {
    double box[6];
    gmsh::model::getBoundingBox(d, entity, box[0], box[1], box[2], box[3], box[4], box[5]);
    if (box[0] > low - 1e-3 && box[3] < high + 1e-3) members.push_back(entity);
  }
  gmsh::model::addPhysicalGroup(dim, members, tag);
}

void build(Cells cells, int order) {
  gmsh::clear();
  gmsh::model::add("m");
  const double h = 0.4;
  for (const double x : {0.0, 0.5, 1.0}) gmsh::model::geo::addPoint(x, 0, 0, h);
  gmsh::model::geo::addLine(1, 2);
  gmsh::model::geo::addLine(2, 3);
  const bool boxes = cells == Cells::hexahedra || cells == Cells::pyramids;
  const bool structured = cells == Cells::quadrilaterals || boxes;
  int dim = 1;
  if (cells != Cells::intervals) extrude(dim = 2, structured);
  if (cells == Cells::tetrahedra || boxes) extrude(dim = 3, structured);
  if (cells == Cells::prisms) extrude(dim = 3, true);
  gmsh::model::geo::synchronize();
  group(dim, 0.0, 0.5, 7);
  group(dim, 0.5, 1.0, 8);
  group(dim - 1, 0.0, 0.0, 3);
  group(dim - 1, 1.0, 1.0, 4);
  group(dim - 1, 0.5, 0.5, 5);
  gmsh::model::mesh::generate(dim);
  if (cells == Cells::pyramids) cut_into_pyramids();
  if (order > 1) gmsh::model::mesh::setOrder(order);
}

/// A curved model. `along_z`: the line that turns runs along the axis, so that it sweeps a
/// cylinder.
void build_curved(Cells cells, int order, bool along_z) {
  gmsh::clear();
  gmsh::model::add("m");
  const double h = 0.6;
  const bool boxes = cells == Cells::hexahedra || cells == Cells::pyramids;
  const bool structured = cells == Cells::quadrilaterals || boxes;
  gmsh::model::geo::addPoint(1, 0, 0, h);
  gmsh::vectorpair from{{0, 1}};
  int dim = 1;
  if (cells != Cells::intervals) {
    gmsh::model::geo::addPoint(along_z ? 1 : 2, 0, along_z ? 1 : 0, h);
    from = {{1, gmsh::model::geo::addLine(1, 2)}};
    dim = 2;
  }
  gmsh::vectorpair out;
  gmsh::model::geo::revolve(from, 0, 0, 0, 0, 0, 1, std::acos(0.0), out,
                            structured ? std::vector<int>{3} : std::vector<int>{}, {}, structured);
  if (cells == Cells::tetrahedra || boxes || cells == Cells::prisms) {
    extrude(dim = 3, cells != Cells::tetrahedra);
  }
  gmsh::model::geo::synchronize();
  gmsh::model::mesh::generate(dim);
  if (cells == Cells::pyramids) cut_into_pyramids();
  gmsh::model::mesh::setOrder(order);
}

void write(const std::string& stem, double version, bool binary) {
  gmsh::option::setNumber("Mesh.MshFileVersion", version);
  gmsh::option::setNumber("Mesh.Binary", binary ? 1 : 0);
  gmsh::write(stem + (version > 3 ? "_41" : "_22") + (binary ? "b.msh" : "a.msh"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string folder = std::string(argv[1]) + "/";
  try {
    gmsh::initialize(0, nullptr, false);
    gmsh::option::setNumber("General.Terminal", 0);
    const std::pair<Cells, const char*> all[] = {{Cells::intervals, "interval"},
                                                 {Cells::triangles, "triangle"},
                                                 {Cells::quadrilaterals, "quadrilateral"},
                                                 {Cells::tetrahedra, "tetrahedron"},
                                                 {Cells::hexahedra, "hexahedron"},
                                                 {Cells::prisms, "prism"},
                                                 {Cells::pyramids, "pyramid"}};
    for (const auto& [cells, name] : all) {
      build(cells, 1);
      for (const double version : {2.2, 4.1}) {
        for (const bool binary : {false, true}) write(folder + name, version, binary);
      }
    }
    for (const int order : {2, 3}) {
      const std::string suffix = "_order" + std::to_string(order);
      const std::string on_cylinder = "_cylinder" + suffix;
      for (const auto& [cells, name] : all) {
        const std::string stem = folder + name;
        build_curved(cells, order, false);
        write(stem + suffix, 4.1, true);
        if (cells != Cells::triangles && cells != Cells::quadrilaterals) continue;
        build_curved(cells, order, true);
        write(stem + on_cylinder, 4.1, true);
      }
    }
    build(Cells::triangles, 4);
    write(folder + "fourth_order", 4.1, false);
    gmsh::option::setNumber("Mesh.SecondOrderIncomplete", 1);
    build(Cells::quadrilaterals, 2);
    write(folder + "serendipity", 4.1, false);
    std::fflush(nullptr);
    std::_Exit(0);  // no look for leaks on the way out: Gmsh has its own
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "make_msh: %s\n", failure.what());
  }
  return 1;
}
