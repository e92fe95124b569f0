#include "synth/emit/cuda.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "meshes/support/error.hpp"
#include "synth/compile/nvrtc.hpp"
#include "synth/emit/line_wrap.hpp"
#include "synth/emit/unroll.hpp"
#include "synth/kernel/build.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/optimise.hpp"
#include "synth/kernel/parse.hpp"
#include "tests/synth/kernel/random_module.hpp"

namespace femsynth::synth {
namespace {

using namespace build;
using ::testing::HasSubstr;
using ::testing::Not;

std::string emitted(const std::string& text) {
  const Module module = parse_module(text, "test");
  check(module);
  return emit_cuda(module);
}

std::string without_space(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n') out += c;
  }
  return out;
}

TEST(EmitCuda, NvrtcCompilesRandomModulesInBothPrecisions) {
  try {
    nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    Module module = testing::random_module(seed);
    module.single_precision = seed % 2 == 1;
    if (seed % 3 == 0) optimise(module);
    const std::string source = emit_cuda(module);
    EXPECT_NO_THROW(compile_cuda(source, "random.cu")) << source;
  }
}

/// A kernel that calls these functions.
std::string calls(const std::string& precision, const std::vector<std::string>& functions) {
  std::string text = "module m " + precision +
                     "\nkernel k(x: real*, y: out real*) block 128 {\n  let a: real = x[0]\n";
  for (const std::string& f : functions) {
    text += "  y[0] += " + f + (math_function_arity(f) == 1 ? "(a)\n" : "(a, 2.5)\n");
  }
  return text + "}\n";
}

TEST(EmitCuda, EveryMathFunctionIsKnownToNvrtcInBothPrecisions) {
  try {
    nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  const std::vector<std::string> trigonometric = {"sin", "cos", "tan"};
  const std::vector<std::string> others = {"abs",  "sign",  "sqrt", "exp",  "log",  "asin",
                                           "acos", "atan",  "sinh", "cosh", "tanh", "erf",
                                           "pow",  "atan2", "fmin", "fmax"};
  compile_cuda(emitted(calls("f64", trigonometric)), "functions.cu");
  compile_cuda(emitted(calls("f64", others)), "functions.cu");
  compile_cuda(emitted(calls("f32", trigonometric)), "functions.cu");
  // Single precision must not go through double; only the range reduction of sinf does inside.
  const CompiledModule single = compile_cuda(emitted(calls("f32", others)), "functions.cu");
  EXPECT_THAT(single.ptx, Not(HasSubstr(".f64")));
}

TEST(EmitCuda, InfinitiesAndNanNeedNoHeader) {
  try {
    nvrtc_info();
  } catch (const MissingComponent& missing) {
    GTEST_SKIP() << missing.what();
  }
  for (const char* precision : {"f64", "f32"}) {
    EXPECT_NO_THROW(compile_cuda(
        emitted("module m " + std::string(precision) +
                "\nkernel k(y: out real*) block 32 {\n y[0] = inf\n y[1] = -inf\n y[2] = nan\n}"),
        "special.cu"));
  }
}

TEST(EmitCuda, LiteralsReadBackExactlyInTheirPrecision) {
  for (const double value : {0.1, 1.0 / 3, 1e-300, 123456789.0, 1e22, 5e-324}) {
    Module m;
    m.name = "m";
    Function f;
    f.name = "f";
    f.body = {let(ValueType::real, "v", real(value))};
    m.functions = {f};
    for (const bool single : {false, true}) {
      m.single_precision = single;
      const std::string text = emit_cuda(m);
      const std::size_t at = text.find("v = ");
      ASSERT_NE(at, std::string::npos);
      const std::string literal = text.substr(at + 4, text.find(';') - at - 4);
      EXPECT_NE(literal.find_first_of(".e"), std::string::npos) << literal;
      EXPECT_EQ(literal.ends_with('f'), single) << literal;
      if (single) {
        EXPECT_EQ(std::strtof(literal.c_str(), nullptr), static_cast<float>(value)) << literal;
      } else {
        EXPECT_EQ(std::strtod(literal.c_str(), nullptr), value) << literal;
      }
    }
  }
}

TEST(EmitCuda, LinesStayWithinOneHundredColumns) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    std::istringstream lines(emit_cuda(testing::random_module(seed)));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(EmitCuda, ConstantMemoryIsNotOverfilled) {
  Module m;
  m.name = "m";
  const std::size_t entries = kConstantMemoryBytes / 8 / 2;
  for (const char* name : {"t0", "t1", "t2", "t3"}) {
    Table t{name, "", ValueType::real, {static_cast<int>(entries)}, {}};
    t.values.assign(entries, 1.0);
    m.tables.push_back(t);
  }
  m.tables[2].dims = {1};
  m.tables[2].values = {1.0};
  m.single_precision = false;
  const std::string text = emit_cuda(m);
  EXPECT_THAT(text, HasSubstr("__constant__ const double t0["));
  EXPECT_THAT(text, HasSubstr("__constant__ const double t1["));
  EXPECT_THAT(text, HasSubstr("__device__ const double t2["));
  EXPECT_THAT(text, HasSubstr("__device__ const double t3["));
  m.single_precision = true;
  EXPECT_THAT(emit_cuda(m), HasSubstr("__constant__ const float t3["));
}

TEST(EmitCuda, UnrollsAsMarkedAndKeepsLargeNestsRolled) {
  const std::string text = emitted(
      "module m f64\n"
      "device f(n: int, A: out real[30][30], u: real[30]) {\n"
      "  for a in 0..3 { A[0][a] = u[a] }\n"
      "  for b in 0..30 { for c in 0..30 { A[b][c] += u[b] * u[c] } }\n"
      "  for d in 0..n { A[0][0] += u[0] }\n"
      "  for e in 0..30 unroll { A[e][e] = u[e] }\n"
      "}\n");
  EXPECT_THAT(text, Not(HasSubstr("pragma unroll 1\n  for (int a")));
  EXPECT_THAT(text, HasSubstr("#pragma unroll 1\n  for (int b"));
  EXPECT_THAT(text, Not(HasSubstr("pragma unroll 1\n    for (int c")));
  EXPECT_THAT(text, HasSubstr("#pragma unroll 1\n  for (int d"));
  EXPECT_THAT(text, HasSubstr("#pragma unroll\n  for (int e"));
}

TEST(EmitCuda, WritesReadableSource) {
  EXPECT_EQ(emitted("// mass matrix\n"
                    "module mass f64\n"
                    "// φ_i(X_q)\n"
                    "table phi: real[1][2] = {{0.5, 0.5}}\n"
                    "// M_ij += w φ_i φ_j\n"
                    "device mass_dx(w: real, M: out real[2][2]) {\n"
                    "  for i in 0..2 { for j in 0..2 { M[i][j] += w * phi[0][i] * phi[0][j] } }\n"
                    "}\n"
                    "kernel a(n: int, x: real*, y: out real*) block 128 {\n"
                    "  let cell: int = thread  // one a thread\n"
                    "  if cell < n {\n"
                    "    array M: real[2][2]\n"
                    "    M[0][0] = 0.0\n"
                    "    // element tensor\n"
                    "    mass_dx(x[cell + 1] - x[cell], M)\n"
                    "    atomic y[cell] += sign(M[0][1])\n"
                    "  }\n"
                    "}\n"),
            R"(// mass matrix

// φ_i(X_q)
__constant__ const double phi[1][2] = {
    {0.5, 0.5}};

// 1, -1 or 0 with the sign of x.
__device__ __forceinline__ double sign(double x) {
  return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
}

// M_ij += w φ_i φ_j
__device__ __forceinline__ void mass_dx(double w, double (&M)[2][2]) {
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      M[i][j] += w * phi[0][i] * phi[0][j];
    }
  }
}

extern "C" __global__ void __launch_bounds__(128) a(int n, const double* __restrict__ x,
    double* __restrict__ y) {
  const int cell = int(blockIdx.x * blockDim.x + threadIdx.x);  // one a thread
  if (cell < n) {
    double M[2][2];
    M[0][0] = 0.0;

    // element tensor
    mass_dx(x[cell + 1] - x[cell], M);
    atomicAdd(&y[cell], sign(M[0][1]));
  }
}
)");
}

TEST(WrapLine, ChangesSpaceOnlyAndBreaksAfterOperators) {
  std::string code = "const double value = ";
  for (int i = 0; i < 40; ++i) code += "f(a" + std::to_string(i) + " * b, c) + (d - e) * ";
  code += "g;";
  const std::string wrapped = wrap_line(code, 6);
  EXPECT_EQ(without_space(wrapped), without_space(code));
  std::istringstream lines(wrapped);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_LE(line.size(), 100U);
    EXPECT_EQ(line.find_first_not_of(' '), count == 0 ? 6U : 10U) << line;
    if (line.ends_with(';')) continue;
    EXPECT_NE(std::string("+-*,=").find(line.back()), std::string::npos) << line;
  }
  EXPECT_GT(count, 5);
}

TEST(CommentLines, NeverContinueIntoCode) {
  EXPECT_EQ(comment_lines("a\n\nb \\", 2), "  // a\n  //\n  // b \\.\n");
  std::istringstream lines(comment_lines(std::string(60, 'a') + " " + std::string(60, 'b'), 0));
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(line.starts_with("//"));
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace femsynth::synth
