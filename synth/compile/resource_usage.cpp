#include "synth/compile/resource_usage.hpp"

#include <charconv>
#include <functional>

namespace femsynth::synth {
namespace {

/// The text between `before` and `after` in `line`; empty when either is not there.
std::string_view between(std::string_view line, std::string_view before, std::string_view after) {
  const std::size_t begin = line.find(before);
  if (begin == std::string_view::npos) return {};
  const std::size_t from = begin + before.size();
  const std::size_t end = line.find(after, from);
  if (end == std::string_view::npos) return {};
  return line.substr(from, end - from);
}

/// The sum of the integers that stand right before `unit` in a line such as
/// "Used 28 registers, 376 bytes cmem[0], 32 bytes cmem[2]"; zero for none.
int figure(std::string_view line, std::string_view unit) {
  int sum = 0;
  for (std::size_t at = line.find(unit); at != std::string_view::npos;
       at = line.find(unit, at + unit.size())) {
    std::size_t begin = at;
    while (begin > 0 && line[begin - 1] >= '0' && line[begin - 1] <= '9') --begin;
    int value = 0;
    std::from_chars(line.data() + begin, line.data() + at, value);
    sum += value;
  }
  return sum;
}

void for_each_line(std::string_view text, const std::function<void(std::string_view)>& visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<ResourceUsage> parse_resource_usage(std::string_view log) {
  std::vector<ResourceUsage> kernels;
  bool of_kernel = false;  // do "Function properties" speak of the last kernel?
  for_each_line(log, [&](std::string_view line) {
    if (const auto name = between(line, "Compiling entry function '", "'"); !name.empty()) {
      kernels.push_back({.kernel = std::string(name)});
      of_kernel = false;
      return;
    }
    if (kernels.empty()) return;
    ResourceUsage& kernel = kernels.back();
    constexpr std::string_view properties = "Function properties for ";
    if (const std::size_t at = line.find(properties); at != std::string_view::npos) {
      of_kernel = line.substr(at + properties.size()) == kernel.kernel;
    } else if (of_kernel && line.find(" bytes stack frame") != std::string_view::npos) {
      kernel.stack_bytes = figure(line, " bytes stack frame");
      kernel.spill_store_bytes = figure(line, " bytes spill stores");
      kernel.spill_load_bytes = figure(line, " bytes spill loads");
    } else if (line.find(": Used ") != std::string_view::npos) {
      kernel.registers = figure(line, " registers");
      kernel.barriers = figure(line, " barriers");
      kernel.shared_bytes = figure(line, " bytes smem");
      kernel.constant_bytes = figure(line, " bytes cmem[");
    }
  });
  return kernels;
}

std::string without_timings(std::string_view log) {
  std::string kept;
  kept.reserve(log.size());
  for_each_line(log, [&](std::string_view line) {
    if (line.find(" Compile time = ") != std::string_view::npos) return;
    kept.append(line).push_back('\n');
  });
  while (kept.ends_with("\n\n")) kept.pop_back();
  return kept;
}

}  // namespace femsynth::synth
