#include "tests/support/ir_executor.hpp"

#include "synth/kernel/parse.hpp"
#include "tests/synth/kernel/interpret.hpp"

namespace femsynth::synth::testing {
namespace {

struct LoadedIr : LoadedModule {
  Module ir;
};

std::vector<double> to_doubles(const Buffer& buffer) {
  const auto copy = [](auto values) { return std::vector<double>(values.begin(), values.end()); };
  switch (buffer.type) {
    case ScalarType::f64:
      return copy(buffer.as<double>());
    case ScalarType::f32:
      return copy(buffer.as<float>());
    case ScalarType::i32:
      return copy(buffer.as<std::int32_t>());
    case ScalarType::i64:
      return copy(buffer.as<std::int64_t>());
  }
  return {};
}

void store(const std::vector<double>& values, Buffer& buffer) {
  if (buffer.type == ScalarType::f64) {
    std::copy(values.begin(), values.end(), buffer.as<double>().begin());
  } else {
    for (std::size_t k = 0; k < values.size(); ++k) {
      buffer.as<float>()[k] = static_cast<float>(values[k]);
    }
  }
}

}  // namespace

std::shared_ptr<const LoadedModule> IrExecutor::load(const CompiledModule& module) {
  auto loaded = std::make_shared<LoadedIr>();
  loaded->ir = parse_module(module.ptx, "ir");
  return loaded;
}

ExecutionCounts IrExecutor::run(const LoadedModule& module, const Launch& launch,
                                std::span<Buffer> buffers) {
  std::vector<std::vector<double>> memory;
  for (const Buffer& buffer : buffers) memory.push_back(to_doubles(buffer));
  std::vector<Argument> arguments;
  for (const KernelArgument& argument : launch.arguments) {
    if (const auto* buffer = std::get_if<BufferArgument>(&argument)) {
      arguments.push_back({0, &memory[buffer->buffer]});
    } else {
      arguments.push_back({static_cast<double>(std::get<std::int32_t>(argument)), nullptr});
    }
  }
  interpret(dynamic_cast<const LoadedIr&>(module).ir, launch.kernel,
            static_cast<int>(launch.grid[0]), static_cast<int>(launch.block[0]), arguments);
  for (std::size_t k = 0; k < buffers.size(); ++k) {
    if (buffers[k].output) store(memory[k], buffers[k]);
  }
  return {};
}

}  // namespace femsynth::synth::testing
