#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "synth/emit/cuda.hpp"
#include "tests/synth/kernel/random_module.hpp"

// Writes the emitted CUDA C++ of the random modules of seeds 0 .. COUNT−1 as one C++ source for
// the host compiler: host_cuda.hpp supplies what NVRTC would, each module stands in a namespace,
// and `kSamples` lists the kernels. Single precision is turned off, so that the results are those
// of the interpreter.
int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;
  std::string list;
  std::cout << "#include \"tests/synth/emit/host_cuda.hpp\"\n";
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    femsynth::synth::Module module = femsynth::synth::testing::random_module(seed);
    module.single_precision = false;
    const std::string space = "seed" + std::to_string(seed);
    // extern "C" functions of one name are one function in all namespaces.
    module.functions.back().name = "run_" + space;
    std::cout << "namespace " << space << " {\n"
              << femsynth::synth::emit_cuda(module) << "}  // namespace " << space << "\n";
    list += "    " + space + "::run_" + space + ",\n";
  }
  std::cout << "namespace femsynth::synth::testing {\nconst HostKernel kSamples[] = {\n"
            << list << "};\nconst int kSampleCount = " << count << ";\n}\n";
}
