#include "synth/run/kernel_signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <type_traits>

#include "meshes/support/error.hpp"

namespace femsynth::synth {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

/// The next word of `text` (up to blank space), removed from it.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  return word;
}

/// Bytes of a PTX type such as "f64".
std::size_t bytes_of(std::string_view type) {
  std::size_t bits = 0;
  if (!type.empty()) std::from_chars(type.data() + 1, type.data() + type.size(), bits);
  return bits / 8;
}

/// Reads ".param .u64 .ptr .align 1 name" or ".param .align 8 .b8 name[16]".
KernelParameter parse_parameter(std::string_view text) {
  KernelParameter parameter;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (word == ".ptr") {
      parameter.pointer = true;
    } else if (word == ".align") {
      take_word(text);
    } else if (word.front() == '.' && word.size() > 2 && word[2] >= '0' && word[2] <= '9') {
      parameter.type = word.substr(1);
      parameter.bytes = bytes_of(parameter.type);
    } else if (const std::size_t open = word.find('['); open != std::string_view::npos) {
      std::size_t count = 0;
      std::from_chars(word.data() + open + 1, word.data() + word.size(), count);
      parameter.bytes *= count;
    }
  }
  return parameter;
}

std::vector<KernelParameter> parse_parameters(std::string_view list) {
  std::vector<KernelParameter> parameters;
  while (list.find_first_not_of(kBlank) != std::string_view::npos) {
    const std::size_t end = std::min(list.find(','), list.size());
    parameters.push_back(parse_parameter(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parameters;
}

/// Whether an argument of type T may be passed for the parameter.
template <class T>
bool fits(const KernelParameter& parameter) {
  const char kind = parameter.type.empty() ? '?' : parameter.type.front();
  if constexpr (std::is_same_v<T, BufferArgument>) {
    return parameter.pointer || (parameter.bytes == 8 && kind != 'f');
  } else {
    const bool same_kind = kind == 'b' || (kind == 'f') == std::is_floating_point_v<T>;
    return !parameter.pointer && same_kind && parameter.type != "b8" &&
           parameter.bytes == sizeof(T);
  }
}

template <class T>
const char* kind_name() {
  if constexpr (std::is_same_v<T, BufferArgument>) return "a buffer";
  if constexpr (std::is_same_v<T, std::int32_t>) return "an i32";
  if constexpr (std::is_same_v<T, std::int64_t>) return "an i64";
  if constexpr (std::is_same_v<T, float>) return "an f32";
  return "an f64";
}

}  // namespace

std::map<std::string, std::vector<KernelParameter>> kernel_signatures(std::string_view ptx) {
  std::map<std::string, std::vector<KernelParameter>> signatures;
  constexpr std::string_view keyword = ".entry ";
  for (std::size_t at = ptx.find(keyword); at != std::string_view::npos;
       at = ptx.find(keyword, at + 1)) {
    const std::size_t begin = at + keyword.size();
    const std::size_t open = ptx.find_first_of("({", begin);
    if (open == std::string_view::npos) break;
    std::string_view rest = ptx.substr(begin, open - begin);
    const std::string name(take_word(rest));
    std::string_view list;
    if (ptx[open] == '(') {
      const std::size_t close = ptx.find(')', open);
      if (close == std::string_view::npos) break;
      list = ptx.substr(open + 1, close - open - 1);
    }
    signatures.emplace(name, parse_parameters(list));
  }
  return signatures;
}

void check_arguments(const Launch& launch, const std::vector<KernelParameter>& parameters,
                     std::size_t buffer_count) {
  if (launch.arguments.size() != parameters.size()) {
    throw InternalError(fmt::format("kernel {} takes {} arguments, the launch gives {}",
                                    launch.kernel, parameters.size(), launch.arguments.size()));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const KernelParameter& parameter = parameters[i];
    std::visit(
        [&]<class T>(const T& argument) {
          if (!fits<T>(parameter)) {
            throw InternalError(
                fmt::format("argument {} of kernel {} is {}, its parameter is {}.{} of {} bytes", i,
                            launch.kernel, kind_name<T>(), parameter.pointer ? "a pointer " : "",
                            parameter.type, parameter.bytes));
          }
          if constexpr (std::is_same_v<T, BufferArgument>) {
            if (argument.buffer >= buffer_count) {
              throw InternalError(fmt::format("argument {} of kernel {} is buffer {}, of {}", i,
                                              launch.kernel, argument.buffer, buffer_count));
            }
          }
        },
        launch.arguments[i]);
  }
}

}  // namespace femsynth::synth
