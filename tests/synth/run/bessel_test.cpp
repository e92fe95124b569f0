// Bessel functions from kernel IR through CUDA C++, NVRTC and the PTX emulator, against the host's.
#include <gtest/gtest.h>

#include <cmath>

#include "synth/compile/nvrtc.hpp"
#include "synth/emit/cuda.hpp"
#include "synth/kernel/build.hpp"
#include "synth/kernel/check.hpp"
#include "synth/run/ptx_executor.hpp"

namespace femsynth::synth {
namespace {

using namespace build;  // NOLINT: the vocabulary of this file

constexpr int orders[] = {0, 1, 2, 5, 11};

/// y[5 i + k] = function(orders[k], x[i]).
Module module_of(const std::string& function) {
  Module m;
  m.name = "values";
  Function f{
      .name = "run", .kernel = true, .block_size = 64, .comment = {}, .parameters = {}, .body = {}};
  f.parameters = {{"n", ValueType::integer, false, false, {}},
                  {"x", ValueType::real, true, false, {}},
                  {"y", ValueType::real, true, true, {}}};
  std::vector<Statement> stores;
  for (int k = 0; k < 5; ++k) {
    stores.push_back(assign(at("y", {add(multiply(var("i"), integer(5)), integer(k))}),
                            call(function, {integer(orders[k]), at("x", {var("i")})})));
  }
  f.body = {let(ValueType::integer, "i", builtin(Builtin::thread)),
            branch(binary(ExpressionKind::less, var("i"), var("n")), std::move(stores))};
  m.functions.push_back(f);
  check(m);
  return m;
}

std::vector<double> run(const std::string& function, const std::vector<double>& x) {
  CompileOptions options;
  options.fmad = false;
  const CompiledModule compiled =
      compile_cuda(emit_cuda(module_of(function)), function + ".cu", options);
  const auto executor = make_ptx_executor();
  const auto module = executor->load(compiled);
  std::vector<Buffer> buffers;
  buffers.push_back(Buffer::of<double>("x", ScalarType::f64, x));
  buffers.push_back(
      Buffer::of<double>("y", ScalarType::f64, std::vector<double>(5 * x.size()), true));
  Launch launch;
  launch.kernel = "run";
  launch.grid = {static_cast<std::uint32_t>((x.size() + 63) / 64), 1, 1};
  launch.block = {64, 1, 1};
  launch.arguments = {static_cast<std::int32_t>(x.size()), BufferArgument{0}, BufferArgument{1}};
  executor->run(*module, launch, buffers);
  const auto y = buffers[1].as<double>();
  return {y.begin(), y.end()};
}

std::vector<double> arguments() {
  std::vector<double> x{1e-8, 1e-3, 29.9, 30.1, 54.9, 55.1, 150.9, 151.1, 600};
  for (int k = 1; k <= 60; ++k) x.push_back(0.37 * k);
  return x;
}

class Bessel : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      nvrtc_info();
    } catch (const MissingComponent& missing) {
      GTEST_SKIP() << missing.what();
    }
  }
};

TEST_F(Bessel, ModifiedFunctionsAreAccurate) {
  const std::vector<double> x = arguments();
  const std::vector<double> i = run("bessel_i", x);
  const std::vector<double> k = run("bessel_k", x);
  for (std::size_t p = 0; p < x.size(); ++p) {
    for (std::size_t n = 0; n < 5; ++n) {
      const long double argument = x[p];
      const auto exact_i = static_cast<double>(std::cyl_bessel_il(orders[n], argument));
      const auto exact_k = static_cast<double>(std::cyl_bessel_kl(orders[n], argument));
      EXPECT_NEAR(i[5 * p + n], exact_i, 1e-13 * exact_i) << "I_" << orders[n] << " " << x[p];
      EXPECT_NEAR(k[5 * p + n], exact_k, 1e-13 * exact_k) << "K_" << orders[n] << " " << x[p];
    }
  }
}

TEST_F(Bessel, ModifiedFunctionsTakeNegativeAndZeroArguments) {
  const std::vector<double> i = run("bessel_i", {-1.5, 0.0});
  for (std::size_t n = 0; n < 5; ++n) {
    const double sign = orders[n] % 2 == 1 ? -1 : 1;
    EXPECT_NEAR(i[n], sign * std::cyl_bessel_i(orders[n], 1.5), 1e-14);
    EXPECT_EQ(i[5 + n], n == 0 ? 1 : 0);
  }
  const std::vector<double> k = run("bessel_k", {-1.5, 0.0});
  EXPECT_TRUE(std::isnan(k[0]));
  EXPECT_TRUE(std::isinf(k[5]));
}

TEST_F(Bessel, OrdinaryFunctionsAreThoseOfTheLibrary) {
  const std::vector<double> x = arguments();
  const std::vector<double> j = run("bessel_j", x);
  const std::vector<double> y = run("bessel_y", x);
  for (std::size_t p = 0; p < x.size(); ++p) {
    for (std::size_t n = 0; n < 5; ++n) {
      EXPECT_NEAR(j[5 * p + n], jn(orders[n], x[p]), 1e-12) << "J_" << orders[n] << " " << x[p];
      const double exact = yn(orders[n], x[p]);
      EXPECT_NEAR(y[5 * p + n], exact, 1e-12 * std::max(1.0, std::abs(exact)))
          << "Y_" << orders[n] << " " << x[p];
    }
  }
}

}  // namespace
}  // namespace femsynth::synth
