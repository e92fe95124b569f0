#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "solvers/problem/solve.hpp"
#include "synth/kernel/print.hpp"
#include "tests/support/ir_executor.hpp"

namespace femsynth::solvers::testing {

/// A folder of form files, meshes and problems that a test makes and solves. The kernels are
/// interpreted as kernel IR, so no NVRTC is needed.
class Workshop : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "femsynth-solve-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
  }

  /// form.py: a space of such an element, u, v, x, and then `forms`.
  void write_form(const std::string& cell, int dim, int degree, const std::string& forms,
                  const std::string& shape = "") const {
    write("form.py",
          "from basix.ufl import element\nfrom ufl import *\nmesh = Mesh(element('P', '" + cell +
              "', 1, shape=(" + std::to_string(dim) +
              ",)))\nV = FunctionSpace(mesh, element('P', '" + cell + "', " +
              std::to_string(degree) + shape +
              "))\nu, v = TrialFunction(V), TestFunction(V)\n"
              "x = SpatialCoordinate(mesh)\nn = FacetNormal(mesh)\n" +
              forms);
  }

  /// Solves form.py under the rest of a problem file.
  SolveReport solved(const std::string& rest) {
    const Problem problem =
        parse_problem("form = \"form.py\"\n" + rest, file("problem.toml").string());
    synth::testing::IrExecutor interpreter;
    SolveTools tools;
    tools.executor = executor != nullptr ? executor : &interpreter;
    tools.compile = [](const synth::Program& program) {
      synth::CompiledModule module;
      module.ptx = synth::to_text(program.ir);
      return module;
    };
    tools.oracle = oracle();
    return solve_problem(problem, tools);
  }

  /// The message of the error that solving ends with.
  std::string fault(const std::string& rest) {
    try {
      solved(rest);
    } catch (const InputError& error) {
      return error.what();
    }
    return "solved";
  }

  /// All failures, a line each.
  static std::string failures(const SolveReport& report) {
    std::string text;
    for (const std::string& failure : report.failures) text += failure + "\n";
    return text;
  }

  static Backend* oracle() {
#ifdef FEMSYNTH_WITH_DEALII
    static const std::shared_ptr<Backend> backend = load_backend();
    return backend.get();
#else
    return nullptr;
#endif
  }
  /// Was every solution compared with the oracle's, and found equal? True without an oracle.
  static bool confirmed(const SolveReport& report) {
    for (const SolveLevel& level : report.levels) {
      if (oracle() == nullptr) continue;
      if (!level.difference || !(*level.difference <= level.tolerance)) return false;
    }
    return true;
  }

  synth::Executor* executor = nullptr;  ///< in place of the interpreter

 private:
  std::filesystem::path folder_;
};

}  // namespace femsynth::solvers::testing
