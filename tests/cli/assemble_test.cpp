#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "program.hpp"

namespace femsynth::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json form_named(const json& document, const std::string& name) {
  for (const json& form : document.at("forms")) {
    if (form.at("name") == name) return form;
  }
  ADD_FAILURE() << "no form " << name << " in " << document;
  return {};
}

class Assemble : public testing::Test {
 protected:
  void SetUp() override { FEMSYNTH_REQUIRE("nvrtc"); }

  std::string file(const std::string& cell, int degree, const std::string& forms) const {
    return folder_.write("form.py", preamble(cell, degree) + forms);
  }
  Outcome run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "assemble");
    return run_femsynth(arguments);
  }
  json assemble(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const Outcome result = run(std::move(arguments));
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.json();
  }

  Folder folder_;
};

/// Entries of a Matrix Market file, dense and row-major.
struct Matrix {
  std::size_t rows = 0, cols = 0;
  std::vector<double> entries;
  double at(std::size_t i, std::size_t j) const { return entries[i * cols + j]; }
};

Matrix read_matrix(const std::string& path) {
  std::istringstream text(text_of(path));
  std::string line;
  std::getline(text, line);
  EXPECT_EQ(line, "%%MatrixMarket matrix coordinate real general");
  while (text.peek() == '%') std::getline(text, line);
  Matrix matrix;
  std::size_t count = 0;
  text >> matrix.rows >> matrix.cols >> count;
  matrix.entries.resize(matrix.rows * matrix.cols);
  for (std::size_t k = 0; k < count; ++k) {
    std::size_t i = 0, j = 0;
    double value = 0;
    text >> i >> j >> value;
    matrix.entries.at((i - 1) * matrix.cols + j - 1) += value;
  }
  EXPECT_TRUE(text.good());
  return matrix;
}

TEST_F(Assemble, TheVolumeOfTheUnitDomainsIsOne) {
  for (const char* mesh : {"interval:5", "triangle:3x2", "quadrilateral:3x2", "tetrahedron:2x1x1",
                           "hexahedron:2x1x2"}) {
    const std::string cell = std::string(mesh).substr(0, std::string(mesh).find(':'));
    const std::string form = file(cell, 1, "M = Constant(mesh)*dx\n");
    const json result = assemble({form, "--mesh", mesh, "--perturb", "0.2", "--set", "c0=3"});
    const json m = form_named(result, "M");
    EXPECT_EQ(m.at("rank"), 0);
    EXPECT_NEAR(m.at("value").get<double>(), 3.0, 1e-14) << mesh;
    EXPECT_TRUE(m.at("size").is_null() && m.at("norm").is_null());
  }
}

TEST_F(Assemble, TheBoundaryOfTheUnitSquareHasLengthFour) {
  const std::string form = file("triangle", 1, "M = x[0]**0*ds\n");
  EXPECT_NEAR(form_named(assemble({form, "--mesh", "triangle:4x3"}), "M").at("value").get<double>(),
              4.0, 1e-14);
}

TEST_F(Assemble, TheDivergenceTheoremHolds) {
  const std::string form =
      file("tetrahedron", 1,
           "F = as_vector([x[0]*x[1], x[2], x[2]**2])\n"
           "inside, outside = div(F)*dx, dot(F, n)*ds\nforms = [inside, outside]\n");
  const json result = assemble({form, "--mesh", "tetrahedron:2x2x2", "--perturb", "0.2"});
  // ∫ x_1 + 2 x_2 over the unit cube = 3/2
  EXPECT_NEAR(form_named(result, "inside").at("value").get<double>(), 1.5, 1e-13);
  EXPECT_NEAR(form_named(result, "outside").at("value").get<double>(), 1.5, 1e-13);
}

TEST_F(Assemble, MassMatrixIsSymmetricAndSumsToTheArea) {
  const std::string form = file("triangle", 2, "a = u*v*dx\n");
  const std::string out = folder_.path("A.mtx");
  const json result = assemble({form, "--mesh", "triangle:3x2", "--perturb", "0.2", "-o", out});
  const Matrix matrix = read_matrix(out);
  const json a = form_named(result, "a");
  EXPECT_EQ(a.at("size"), json({35, 35}));  // (2·3 + 1)(2·2 + 1) nodes
  double sum = 0, squares = 0, fourth = 0;
  std::size_t nonzeros = 0;
  for (std::size_t i = 0; i < matrix.rows; ++i) {
    for (std::size_t j = 0; j < matrix.cols; ++j) {
      EXPECT_NEAR(matrix.at(i, j), matrix.at(j, i), 1e-16);
      sum += matrix.at(i, j);
      squares += std::pow(matrix.at(i, j), 2);
      fourth += std::pow(matrix.at(i, j), 4);
      nonzeros += matrix.at(i, j) != 0 ? 1 : 0;
    }
  }
  EXPECT_NEAR(sum, 1.0, 1e-14);
  EXPECT_NEAR(a.at("norm").get<double>(), std::sqrt(squares), 1e-15);
  EXPECT_NEAR(a.at("norm4").get<double>(), std::pow(fourth, 0.25), 1e-15);
  EXPECT_GE(a.at("nnz").get<std::size_t>(), nonzeros);
}

TEST_F(Assemble, StiffnessMatrixAnnihilatesConstants) {
  const std::string form = file("quadrilateral", 2, "a = inner(grad(u), grad(v))*dx\n");
  const std::string out = folder_.path("A.mtx");
  for (const char* strategy : {"atomic", "element"}) {
    assemble({form, "--mesh", "quadrilateral:2x2", "--perturb", "0.2", "--strategy", strategy, "-o",
              out});
    const Matrix matrix = read_matrix(out);
    ASSERT_EQ(matrix.rows, 25U);
    for (std::size_t i = 0; i < matrix.rows; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < matrix.cols; ++j) sum += matrix.at(i, j);
      EXPECT_NEAR(sum, 0.0, 1e-13) << strategy << " row " << i;
      EXPECT_GT(matrix.at(i, i), 0.1);
    }
  }
}

TEST_F(Assemble, MatrixFreeAppliesTheMatrix) {
  const std::string form = file("triangle", 1, "a = u*v*dx\nL = (2 + x[0])*v*dx\n");
  // The mass matrix times the nodal values of 2 + x is the load vector of 2 + x.
  const json free = assemble({form, "--mesh", "triangle:4x4", "--form", "a", "--strategy",
                              "matrix_free", "--apply", "2 + x[0]"});
  const json load = assemble({form, "--mesh", "triangle:4x4", "--form", "L"});
  EXPECT_TRUE(form_named(free, "a").at("nnz").is_null());
  EXPECT_NEAR(form_named(free, "a").at("norm").get<double>(),
              form_named(load, "L").at("norm").get<double>(), 1e-15);
}

TEST_F(Assemble, AnInterpolatedPolynomialOfTheSpaceIsItself) {
  const std::string form = file("triangle", 2,
                                "W = FunctionSpace(mesh, basix.ufl.element('P', 'triangle', 2, "
                                "shape=(2,)))\nw, c = Coefficient(W), Constant(mesh, (2,))\n"
                                "M = (w[0] - 2*w[1] + c[0] - c[1])*dx\n");
  // ∫ x² − 2 x y + 5 − 3 over the unit square
  const json result = assemble({form, "--mesh", "triangle:3x3", "--perturb", "0.2", "--set",
                                "w=(x[0]**2, x[0]*x[1])", "--set", "c=(5, 3)"});
  EXPECT_NEAR(form_named(result, "M").at("value").get<double>(), 1.0 / 3 - 0.5 + 2, 1e-14);
}

TEST_F(Assemble, SinglePrecisionIsCloseAndNotTheSame) {
  const std::string form = file("triangle", 1, "M = exp(x[0])*dx(degree=8)\n");
  const auto value = [&](const char* precision) {
    return form_named(assemble({form, "--mesh", "triangle:4x4", "--precision", precision}), "M")
        .at("value")
        .get<double>();
  };
  const double exact = std::exp(1.0) - 1;
  EXPECT_NEAR(value("f64"), exact, 1e-12);
  EXPECT_NEAR(value("f32"), exact, 1e-5);
  EXPECT_NE(value("f32"), value("f64"));
}

TEST_F(Assemble, WithoutFormAllExportedOnesAreAssembledAndOneIsWritten) {
  const std::string form = file("triangle", 1, "a = u*v*dx\nL = v*dx\n");
  const std::string out = folder_.path("A.mtx");
  const json result = assemble({form, "--mesh", "triangle:2x2", "-o", out});
  EXPECT_EQ(result.at("forms").size(), 2U);
  EXPECT_EQ(form_named(result, "L").at("size"), 9);
  EXPECT_EQ(read_matrix(out).rows, 9U);
  EXPECT_THAT(text_of(folder_.path("A.L.mtx")),
              HasSubstr("%%MatrixMarket matrix array real general\n"));
}

TEST_F(Assemble, PhysicalGroupsOfAGmshFileAreSubdomains) {
  FEMSYNTH_REQUIRE("gmsh");
  // The unit square as two triangles: group 7 below the diagonal, 8 above it; the lower side is 3.
  const std::string mesh = folder_.write(
      "square.msh",
      "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n4\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n"
      "$EndNodes\n$Elements\n3\n1 1 2 3 1 1 2\n2 2 2 7 1 1 2 3\n3 2 2 8 2 1 3 4\n$EndElements\n");
  const std::string form =
      file("triangle", 1, "below, side = x[1]*dx(7), x[0]*ds(3)\nforms = [below, side]\n");
  const json result = assemble({form, "--mesh", mesh});
  EXPECT_NEAR(form_named(result, "below").at("value").get<double>(), 1.0 / 6, 1e-15);
  EXPECT_NEAR(form_named(result, "side").at("value").get<double>(), 0.5, 1e-15);
}

TEST_F(Assemble, ValuesThatAreMissingAreAllListed) {
  const std::string form = file(
      "triangle", 1, "f, g = Coefficient(V), Coefficient(V)\nk = Constant(mesh)\nM = k*f*g*dx\n");
  const Outcome result = run({form, "--mesh", "triangle:2x2", "--set", "g=1"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.errors, HasSubstr("--set f="));
  EXPECT_THAT(result.errors, HasSubstr("--set k="));
  EXPECT_THAT(result.errors, testing::Not(HasSubstr("--set g=")));
}

TEST_F(Assemble, ValuesThatAreNotFiniteAreTold) {
  const std::string form =
      file("triangle", 1, "f = Coefficient(V)\nM = sqrt(f)*dx\nL = v/f*dx\nforms = [M, L]\n");
  const auto with = [&](const char* f) {
    return run({form, "--mesh", "triangle:1x1", "--set", std::string("f=") + f});
  };
  EXPECT_EQ(with("2").errors, "");
  EXPECT_NE(with("-2").errors.find("form M: 1 of 1 values are not finite"), std::string::npos);
  EXPECT_NE(with("0").errors.find("form L: 4 of 4 values are not finite"), std::string::npos);
}

TEST_F(Assemble, WrongInputIsToldAndIsStatusTwo) {
  const std::string form =
      file("triangle", 1, "f = Coefficient(V)\nk = Constant(mesh)\nM = k*f*dx\n");
  const auto set = [&](const char* f, const char* k) {
    return run({form, "--mesh", "triangle:2x2", "--set", std::string("f=") + f, "--set",
                std::string("k=") + k});
  };
  ASSERT_EQ(set("x[0]", "2").status, 0);
  const std::vector<std::pair<Outcome, std::string>> wrong{
      {set("(1, 2)", "2"), "2 components for a Coefficient of shape ()"},
      {set("y", "2"), "--set f:1:1: error"},
      {set("x[2]", "2"), "--set f:1:2: error"},
      {set("1/x[0]", "2"), "--set f: the expression is inf at x = (0, 0)"},
      {set("x[0]", "x[0]"), "cannot depend on x"},
      {set("import os", "2"), "--set f:1:"},
      {set("f = 3", "2"), "--set f:1:"},
      {set("grad(x[0])[0]", "2"), "derivative"},
      {set("1\n2", "2"), "--set f:1:1: error"},
      {run({form, "--mesh", "triangle:2x2", "--set", "h=1"}), "they read f, k"},
      {run({form, "--mesh", "triangle:2x2", "--set", "f"}), "NAME=EXPR"},
      {run({form, "--mesh", "triangle:2x2", "--set", "f=1", "--set", "f=2", "--set", "k=1"}),
       "given twice"},
      {run({form, "--mesh", "tetrahedron:1x1x1", "--set", "f=1", "--set", "k=1"}), "tetrahedron"},
      {run({form, "--mesh", "triangle:0x2", "--set", "f=1", "--set", "k=1"}), "triangle"},
      {run({form, "--mesh", "/nonexistent.msh", "--set", "f=1", "--set", "k=1"}), "nonexistent"},
      {run({form, "--mesh", "triangle:2x2", "--form", "Q"}), "no form 'Q'"},
      {run({form, "--mesh", "triangle:2x2", "--strategy", "matrix_free", "--set", "f=1", "--set",
            "k=1"}),
       "does not apply"},
      {run({"/nonexistent.py", "--mesh", "triangle:2x2"}), "/nonexistent.py"},
      {run({form, "--mesh", "triangle:2x2", "--set", "f=1", "--set", "k=1", "-o",
            "/nonexistent/A.mtx"}),
       "/nonexistent"},
  };
  for (const auto& [result, words] : wrong) {
    EXPECT_EQ(result.status, 2) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(words));
    EXPECT_EQ(result.output, "");
  }
}

TEST_F(Assemble, NoInputReachesAShell) {
  const std::string form = file("triangle", 1, "f = Coefficient(V)\nM = f*dx\n");
  const std::string marker = folder_.path("marker");
  for (const std::string& text : {"$(touch " + marker + ")", "`touch " + marker + "`",
                                  "; touch " + marker + ";", "| touch " + marker}) {
    EXPECT_EQ(run({form, "--mesh", "triangle:1x1", "--set", "f=" + text}).status, 2);
    EXPECT_EQ(run({form, "--mesh", text + ".msh", "--set", "f=1"}).status, 2);
    EXPECT_EQ(run({text, "--mesh", "triangle:1x1"}).status, 2);
    EXPECT_FALSE(std::filesystem::exists(marker)) << text;
  }
}

}  // namespace
}  // namespace femsynth::cli
