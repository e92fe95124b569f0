#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "meshes/support/file.hpp"
#include "synth/ptx/machine.hpp"

/// Helpers that run PTX text in the emulator, below the executor interface.
namespace femsynth::synth::ptx::testing {

/// Memory for a launch, owned by the test.
struct TestBuffer {
  std::string name;
  std::vector<std::byte> bytes;
  bool writable = false;
  std::uint32_t element = 8;

  template <class T>
  static TestBuffer of(std::string name, const std::vector<T>& values, bool writable = false) {
    const auto raw = std::as_bytes(std::span(values));
    return {std::move(name), {raw.begin(), raw.end()}, writable, sizeof(T) < 8 ? 4U : 8U};
  }
  template <class T>
  std::vector<T> as() const {
    std::vector<T> out(bytes.size() / sizeof(T));
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
    return out;
  }
};

/// Launches a kernel whose parameters are all buffers, in order, followed by 32-bit integers.
inline RunCounts launch(const DecodedModule& module, const std::string& kernel,
                        std::vector<TestBuffer>& buffers, const std::vector<std::int32_t>& scalars,
                        std::uint32_t threads, std::uint32_t blocks = 1,
                        LaunchOptions options = {}) {
  const Program* program = module.find(kernel);
  if (program == nullptr) throw std::runtime_error("no kernel " + kernel);
  std::vector<MemoryObject> memory;
  std::vector<std::byte> parameters(program->parameter_bytes + 8);
  std::size_t next = 0;
  for (TestBuffer& buffer : buffers) {
    const std::uint64_t address = address_of_object(module, memory.size());
    memory.push_back(
        {buffer.name, buffer.bytes.data(), buffer.bytes.size(), buffer.writable, buffer.element});
    std::memcpy(parameters.data() + program->parameters.at(next++).offset, &address, 8);
  }
  for (const std::int32_t scalar : scalars) {
    std::memcpy(parameters.data() + program->parameters.at(next++).offset, &scalar, 4);
  }
  LaunchRequest request;
  request.grid = {blocks, 1, 1};
  request.block = {threads, 1, 1};
  request.parameters = parameters;
  request.memory = memory;
  request.options = options;
  return run_launch(module, *program, request);
}

/// A module with one kernel `k` of 64-bit parameters p0, p1, … and then 32-bit parameters.
inline std::string kernel_text(int pointers, int scalars, const std::string& body,
                               const std::string& module_scope = "") {
  std::string text =
      ".version 9.0\n.target sm_80\n.address_size 64\n" + module_scope + ".visible .entry k(";
  for (int i = 0; i < pointers + scalars; ++i) {
    text += (i != 0 ? ", " : "") + std::string(i < pointers ? ".param .u64 p" : ".param .u32 p") +
            std::to_string(i);
  }
  return text + ")\n{\n" + body + "\nret;\n}\n";
}

inline std::string fixture(const std::string& name) {
  return read_file(std::string(FEMSYNTH_SOURCE_DIR) + "/tests/synth/ptx/fixtures/" + name);
}

/// The message of the Fault that `f` throws, or "" if it throws none.
template <class F>
std::string fault_of(F f) {
  try {
    f();
  } catch (const Fault& fault) {
    return fault.what();
  }
  return "";
}

}  // namespace femsynth::synth::ptx::testing
