// Writes meshes with Gmsh's own library for read_test.cpp: make_msh FOLDER.
// Each model is the unit interval, square or cube in two halves (x < 1/2: group 7, x > 1/2:
// group 8); facets on x = 0 are in group 3, those on x = 1 in group 4, the others in none.
#include <gmsh.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

namespace {

enum class Cells { intervals, triangles, quadrilaterals, tetrahedra, hexahedra };

void extrude(int dim, bool structured) {
  gmsh::vectorpair from;
  gmsh::model::geo::synchronize();
  gmsh::model::getEntities(from, dim - 1);
  gmsh::vectorpair out;
  gmsh::model::geo::extrude(from, 0, dim == 2 ? 1 : 0, dim == 3 ? 1 : 0, out,
                            structured ? std::vector<int>{2} : std::vector<int>{}, {}, structured);
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
  const bool structured = cells == Cells::quadrilaterals || cells == Cells::hexahedra;
  int dim = 1;
  if (cells != Cells::intervals) extrude(dim = 2, structured);
  if (cells == Cells::tetrahedra || cells == Cells::hexahedra) extrude(dim = 3, structured);
  gmsh::model::geo::synchronize();
  group(dim, 0.0, 0.5, 7);
  group(dim, 0.5, 1.0, 8);
  group(dim - 1, 0.0, 0.0, 3);
  group(dim - 1, 1.0, 1.0, 4);
  gmsh::model::mesh::generate(dim);
  if (order > 1) gmsh::model::mesh::setOrder(order);
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
                                                 {Cells::hexahedra, "hexahedron"}};
    for (const auto& [cells, name] : all) {
      build(cells, 1);
      for (const double version : {2.2, 4.1}) {
        for (const bool binary : {false, true}) write(folder + name, version, binary);
      }
    }
    build(Cells::triangles, 2);
    write(folder + "second_order", 4.1, false);
    std::fflush(nullptr);
    std::_Exit(0);  // no look for leaks on the way out: Gmsh has its own
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "make_msh: %s\n", failure.what());
  }
  return 1;
}
