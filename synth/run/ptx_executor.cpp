#include "synth/run/ptx_executor.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "meshes/support/error.hpp"
#include "synth/ptx/machine.hpp"

namespace femsynth::synth {
namespace {

class PtxModule : public LoadedModule {
 public:
  explicit PtxModule(std::shared_ptr<const ptx::DecodedModule> decoded)
      : decoded_(std::move(decoded)) {}
  const ptx::DecodedModule& decoded() const { return *decoded_; }

 private:
  std::shared_ptr<const ptx::DecodedModule> decoded_;
};

void check_dimensions(const Launch& launch) {
  const auto product = [](const std::array<std::uint32_t, 3>& n) {
    return std::uint64_t{n[0]} * n[1] * n[2];
  };
  const std::uint64_t threads = product(launch.block);
  if (threads == 0 || threads > 1024 || launch.block[2] > 64) {
    throw InternalError(
        fmt::format("launch of '{}': a block of {}x{}x{} threads; at least 1, at most 1024",
                    launch.kernel, launch.block[0], launch.block[1], launch.block[2]));
  }
  const std::uint64_t limit = std::numeric_limits<std::uint32_t>::max() / threads;
  if (launch.grid[0] == 0 || launch.grid[1] == 0 || launch.grid[2] == 0 || launch.grid[1] > 65535 ||
      launch.grid[2] > 65535 || product(launch.grid) > limit) {
    throw InternalError(
        fmt::format("launch of '{}': a grid of {}x{}x{} blocks is empty or too large",
                    launch.kernel, launch.grid[0], launch.grid[1], launch.grid[2]));
  }
}

/// The kernel's parameter buffer, each argument at its place.
std::vector<std::byte> lay_out(const Launch& launch, const ptx::DecodedModule& module,
                               const ptx::Program& program, std::size_t buffers) {
  if (launch.arguments.size() != program.parameters.size()) {
    throw InternalError(fmt::format("launch of '{}': {} arguments, but the kernel takes {}",
                                    launch.kernel, launch.arguments.size(),
                                    program.parameters.size()));
  }
  std::vector<std::byte> bytes(program.parameter_bytes + 8);
  for (std::size_t i = 0; i < launch.arguments.size(); ++i) {
    const ptx::Parameter& parameter = program.parameters[i];
    std::array<std::byte, 8> raw{};
    std::size_t size = 0;
    const auto set = [&](auto value) {
      size = sizeof(value);
      std::memcpy(raw.data(), &value, sizeof(value));
    };
    std::visit(
        [&](const auto& argument) {
          if constexpr (std::is_same_v<std::decay_t<decltype(argument)>, BufferArgument>) {
            if (argument.buffer >= buffers) {
              throw InternalError(fmt::format("launch of '{}': argument {} names buffer {} of {}",
                                              launch.kernel, i, argument.buffer, buffers));
            }
            set(ptx::address_of_object(module, argument.buffer));
          } else {
            set(argument);
          }
        },
        launch.arguments[i]);
    if (size != parameter.size) {
      throw InternalError(fmt::format("launch of '{}': argument {} has {} bytes, the parameter {}",
                                      launch.kernel, i, size, parameter.size));
    }
    std::memcpy(bytes.data() + parameter.offset, raw.data(), size);
  }
  return bytes;
}

ExecutionCounts summarise(const ptx::Program& program, const ptx::RunCounts& run) {
  std::array<std::uint64_t, static_cast<std::size_t>(ptx::CountClass::count)> instructions{};
  std::array<std::uint64_t, static_cast<std::size_t>(ptx::ByteClass::count)> bytes{};
  ExecutionCounts counts;
  for (std::size_t b = 0; b < program.blocks.size(); ++b) {
    const ptx::BlockCounts& once = program.counts[b];
    for (std::size_t c = 0; c < instructions.size(); ++c) {
      instructions[c] += run.lanes[b] * once.instructions[c];
    }
    for (std::size_t c = 0; c < bytes.size(); ++c) bytes[c] += run.lanes[b] * once.bytes[c];
    counts.warp_instructions += run.warps[b] * program.blocks[b].issued;
  }
  for (std::size_t c = 0; c < instructions.size(); ++c) {
    if (instructions[c] != 0) counts.instructions[ptx::kClassNames[c]] = instructions[c];
  }
  for (std::size_t c = 0; c < bytes.size(); ++c) {
    if (bytes[c] != 0) counts.bytes[ptx::kByteNames[c]] = bytes[c];
  }
  counts.global_sectors = run.sectors;
  return counts;
}

class PtxExecutor : public Executor {
 public:
  explicit PtxExecutor(const PtxExecutorOptions& options) : options_(options) {}

  std::string name() const override { return "ptx"; }

  std::shared_ptr<const LoadedModule> load(const CompiledModule& module) override {
    return std::make_shared<PtxModule>(ptx::decode(module.ptx));
  }

  ExecutionCounts run(const LoadedModule& module, const Launch& launch,
                      std::span<Buffer> buffers) override {
    const auto* loaded = dynamic_cast<const PtxModule*>(&module);
    if (loaded == nullptr) throw InternalError("the module was loaded by another executor");
    const ptx::Program* program = loaded->decoded().find(launch.kernel);
    if (program == nullptr) {
      throw InternalError(fmt::format("the module has no kernel '{}'", launch.kernel));
    }
    check_dimensions(launch);
    const std::vector<std::byte> parameters =
        lay_out(launch, loaded->decoded(), *program, buffers.size());
    std::vector<ptx::MemoryObject> memory;
    memory.reserve(buffers.size());
    for (Buffer& buffer : buffers) {
      memory.push_back({buffer.name, buffer.bytes.data(), buffer.bytes.size(), buffer.output,
                        static_cast<std::uint32_t>(size_of(buffer.type))});
    }
    ptx::LaunchRequest request;
    request.grid = launch.grid;
    request.block = launch.block;
    request.parameters = parameters;
    request.memory = memory;
    request.options = {options_.instruction_budget, options_.outputs_uninitialised};
    try {
      return summarise(*program, ptx::run_launch(loaded->decoded(), *program, request));
    } catch (const ptx::Fault& fault) {
      throw ExecutionFault(fault.what());
    }
  }

 private:
  PtxExecutorOptions options_;
};

}  // namespace

std::unique_ptr<Executor> make_ptx_executor(const PtxExecutorOptions& options) {
  return std::make_unique<PtxExecutor>(options);
}

}  // namespace femsynth::synth
