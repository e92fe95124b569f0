#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <random>
#include <thread>
#include <vector>

#include "tests/synth/emit/host_cuda.hpp"
#include "tests/synth/kernel/interpret.hpp"
#include "tests/synth/kernel/random_module.hpp"

namespace femsynth::synth {
namespace {

using testing::kRandomBlock;
using testing::kRandomCells;
using testing::kRandomGrid;

void launch(testing::HostKernel kernel, const std::vector<double>& x, const std::vector<int>& index,
            std::vector<double>& y, std::vector<double>& z) {
  blockDim.x = kRandomBlock;
  gridDim.x = kRandomGrid;
  for (int block = 0; block < kRandomGrid; ++block) {
    blockIdx.x = block;
    std::barrier<> barrier(kRandomBlock);
    host_barrier = &barrier;
    std::vector<std::thread> threads;
    for (int t = 0; t < kRandomBlock; ++t) {
      threads.emplace_back([&, t] {
        threadIdx.x = t;
        kernel(kRandomCells, x.data(), index.data(), y.data(), z.data());
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
}

bool close(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= tolerance * std::abs(b);
}

// The emitted source of random modules, compiled by the host compiler, against the interpreter.
TEST(EmittedCuda, ComputesWhatTheKernelIrMeans) {
  const auto cells = static_cast<std::size_t>(kRandomCells);
  for (int seed = 0; seed < testing::kSampleCount; ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed) + 1000);
    std::vector<double> x, index_real, y(3 * cells, -7), z(testing::kRandomSums, 0.0);
    std::vector<int> index;
    for (std::size_t i = 0; i < cells * testing::kRandomInputs; ++i) {
      x.push_back(static_cast<double>(random() >> 11) * 0x1p-52 - 1);
    }
    for (std::size_t i = 0; i < cells; ++i) {
      index.push_back(static_cast<int>(random() % 4));
      index_real.push_back(index.back());
    }
    auto expected_y = y, expected_z = z;
    testing::interpret(
        testing::random_module(static_cast<std::uint64_t>(seed)), "run", kRandomGrid, kRandomBlock,
        {{kRandomCells, nullptr}, {0, &x}, {0, &index_real}, {0, &expected_y}, {0, &expected_z}});
    launch(testing::kSamples[seed], x, index, y, z);
    for (std::size_t i = 0; i < y.size(); ++i) {
      // Equal but for what the host compiler evaluates at compile time.
      EXPECT_TRUE(close(y[i], expected_y[i], 1e-14))
          << seed << ": " << y[i] << " " << expected_y[i];
    }
    for (std::size_t i = 0; i < z.size(); ++i) {
      EXPECT_TRUE(close(z[i], expected_z[i], 1e-12))
          << seed << ": " << z[i] << " " << expected_z[i];
    }
  }
}

}  // namespace
}  // namespace femsynth::synth
