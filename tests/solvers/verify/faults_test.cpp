#include <gtest/gtest.h>

#include <vector>

#include "pipeline.hpp"

/// Faults planted one at a time in a right kernel: each must be rejected.
namespace femsynth::solvers {
namespace {

using synth::Precision;
using synth::Strategy;

/// A change of the CUDA text: every `from` becomes `to`, pair by pair, all at once.
struct Fault {
  const char* name;
  std::vector<std::pair<std::string, std::string>> changes;
  bool in_single_precision = true;  ///< large enough to be seen there
};

/// Replaces each occurrence; the number of occurrences is added to `count`.
std::string replaced(const std::string& text, const Fault& fault, int& count) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    bool found = false;
    for (const auto& [from, to] : fault.changes) {
      if (text.compare(at, from.size(), from) != 0) continue;
      result += to;
      at += from.size();
      found = true;
      ++count;
      break;
    }
    if (!found) result += text[at++];
  }
  return result;
}

void expect_each_rejected(const std::string& text, Strategy strategy,
                          const std::vector<Fault>& faults) {
  if (!has_nvrtc()) GTEST_SKIP() << "NVRTC is not on this machine";
  for (const Precision precision : {Precision::f64, Precision::f32}) {
    const Lowered right = lower(text, {strategy, precision, 32});
    VerifyOptions options;
    options.inputs = 2;
    ASSERT_EQ(judge(right, options).verdict(), "verified") << right.program.cuda;
    for (const Fault& fault : faults) {
      if (precision == Precision::f32 && !fault.in_single_precision) continue;
      int count = 0;
      Lowered wrong = right;
      wrong.program.cuda = replaced(right.program.cuda, fault, count);
      ASSERT_GT(count, 0) << fault.name << " does not apply to\n" << right.program.cuda;
      const VerifyReport report = judge(wrong, options);
      EXPECT_NE(report.verdict(), "verified")
          << fault.name << ", " << synth::name_of(precision) << '\n'
          << to_text(report);
      EXPECT_FALSE(report.reason.empty()) << fault.name;
    }
  }
}

/// Neither symmetric nor without coefficients: advection and diffusion.
std::string advection_diffusion() {
  return form_text("triangle", 2,
                   "u = TrialFunction(V)\nv = TestFunction(V)\nw = Coefficient(W)\n"
                   "k = Coefficient(V)\n"
                   "a = (k*inner(grad(u), grad(v)) - dot(w, grad(u))*v)*dx\n");
}

TEST(PlantedFaults, OfGeometryAreRejected) {
  expect_each_rejected(
      advection_diffusion(), Strategy::atomic,
      {{"transposed inverse of the Jacobian",
        {{"K_01 = -J_01 *", "K_01 = -J_10 *"}, {"K_10 = -J_10 *", "K_10 = -J_01 *"}}},
       {"missing determinant", {{"[q] * fabs(detJ)", "[q]"}, {"[q] * fabsf(detJ)", "[q]"}}},
       {"missing absolute value", {{"fabs(detJ)", "detJ"}, {"fabsf(detJ)", "detJ"}}},
       {"dropped sign in the inverse", {{"K_01 = -J_01", "K_01 = J_01"}}},
       {"swapped rows of the inverse",
        {{"K_00 = J_11", "K_00 = J_00"}, {"K_11 = J_00", "K_11 = J_11"}}}});
}

TEST(PlantedFaults, OfQuadratureAndTablesAreRejected) {
  expect_each_rejected(
      advection_diffusion(), Strategy::atomic,
      {{"wrong weight", {{"{0.1125", "{0.1126"}}},
       {"weight off by 1e-9", {{"{0.1125,", "{0.1125000001,"}}, false},
       {"one point left out", {{"q < 7", "q < 6"}}},
       {"table entry off by 1e-9", {{"0.8841342417640726", "0.8841342427640726"}}, false}});
}

TEST(PlantedFaults, OfTheIntegrandAreRejected) {
  expect_each_rejected(advection_diffusion(), Strategy::atomic,
                       {{"dropped sign", {{"F0 = -C[0]", "F0 = C[0]"}}},
                        {"coefficient's components swapped",
                         {{"C[0] = scale * w[0]", "C[0] = scale * w[1]"},
                          {"C[1] = scale * w[1]", "C[1] = scale * w[0]"}}},
                        {"a term left out", {{"C[2] = scale * w_k[0]", "C[2] = 0"}}}});
}

TEST(PlantedFaults, OfIndicesAndOutputAreRejected) {
  expect_each_rejected(
      advection_diffusion(), Strategy::atomic,
      {{"swapped test and trial", {{"(entity*6 + i)*6 + k", "(entity*6 + k)*6 + i"}}},
       {"node off by one", {{"w_k_nodes[entity*6 + i]", "w_k_nodes[entity*6 + (i + 1) % 6]"}}},
       {"component off by one", {{"w_dofs[node*2 + 1]", "w_dofs[node*2]"}}},
       {"another cell's vertices", {{"cell_vertices[entity*3 + v]", "cell_vertices[v]"}}},
       {"reads past the end", {{"entity < count", "entity <= count"}}},
       {"a kernel that does nothing", {{", A[i][k])", ", 0)"}}},
       {"a kernel that echoes its input", {{", A[i][k])", ", w_local[i])"}}},
       {"output not cleared", {{"result[entity] = 0", "if (count < 0) result[entity] = 0"}}}});
}

TEST(PlantedFaults, OfElementTensorsAreRejected) {
  expect_each_rejected(advection_diffusion(), Strategy::element,
                       {{"a row left unwritten",
                         {{"i < 6; ++i) {\n      for (int k", "i < 5; ++i) {\n      for (int k"}}},
                        {"a kernel that does nothing", {{"entity < count", "entity < 0"}}}});
}

TEST(PlantedFaults, OfASurfacesOrientationAreRejected) {
  const std::string text =
      "from ufl import *\nfrom basix.ufl import element\n"
      "mesh = Mesh(element(\"P\", \"triangle\", 1, shape=(3,)))\n"
      "V = FunctionSpace(mesh, element(\"RT\", \"triangle\", 1))\nw = Coefficient(V)\n"
      "Q = FunctionSpace(mesh, element(\"DG\", \"triangle\", 0))\nq = TestFunction(Q)\n"
      "L = div(w)*q*dx\n";
  expect_each_rejected(
      text, Strategy::atomic,
      {{"dropped orientation", {{"orientation < 0", "false"}}},
       {"opposite orientation", {{"orientation < 0", "orientation > 0"}}},
       {"orientation of another cell", {{"cell_orientations[entity]", "cell_orientations[0]"}}}});
}

}  // namespace
}  // namespace femsynth::solvers
