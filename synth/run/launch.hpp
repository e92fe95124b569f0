#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What an executor is given: a compiled module, memory, and a launch.
namespace femsynth::synth {

/// Element type of a buffer.
enum class ScalarType : std::uint8_t { f64, f32, i32, i64 };

/// Bytes of one element.
std::size_t size_of(ScalarType type);
/// "f64", "f32", "i32", "i64".
const char* name_of(ScalarType type);

/// One allocation in device memory, owned on the host between launches.
struct Buffer {
  std::string name;  ///< the kernel parameter it is bound to, for messages
  ScalarType type = ScalarType::f64;
  bool output = false;           ///< may the kernel write it?
  std::vector<std::byte> bytes;  ///< its contents, before and after a launch

  std::size_t size() const { return bytes.size() / size_of(type); }
  /// The contents as elements of T, which must be of `type`'s size.
  template <class T>
  std::span<T> as() {
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <class T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  /// A buffer that holds a copy of `values`.
  template <class T>
  static Buffer of(std::string name, ScalarType type, std::span<const T> values,
                   bool output = false) {
    const auto raw = std::as_bytes(values);
    return {std::move(name), type, output, {raw.begin(), raw.end()}};
  }
};

/// A kernel argument: a buffer of the launch's memory (passed as its address), or a scalar.
struct BufferArgument {
  std::size_t buffer = 0;  ///< index into the span of buffers given to Executor::run
};
using KernelArgument = std::variant<BufferArgument, std::int32_t, std::int64_t, float, double>;

/// One launch of one kernel; dimensions as in CUDA.
struct Launch {
  std::string kernel;  ///< the entry's name in the module
  std::array<std::uint32_t, 3> grid{1, 1, 1};
  std::array<std::uint32_t, 3> block{1, 1, 1};
  std::vector<KernelArgument> arguments;
};

}  // namespace femsynth::synth
