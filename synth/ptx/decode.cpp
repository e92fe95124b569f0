#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "meshes/support/error.hpp"
#include "synth/ptx/lower.hpp"
#include "synth/ptx/program.hpp"

namespace femsynth::synth::ptx {

extern const HandlerTable kPortableHandlers;
#ifdef FEMSYNTH_PTX_X86
extern const HandlerTable kHaswellHandlers;
extern const HandlerTable kX8664V4Handlers;
#endif

const std::array<const char*, static_cast<std::size_t>(CountClass::count)> kClassNames{
    "f64.fma",      "f64.add",    "f64.mul",     "f64.div",     "f64.special",  "f32.fma",
    "f32.add",      "f32.mul",    "f32.div",     "f32.special", "integer",      "load.global",
    "store.global", "load.local", "store.local", "load.shared", "store.shared", "load.constant",
    "atomic",       "branch",     "barrier",     "convert",     "move",         "predicate"};
const std::array<const char*, static_cast<std::size_t>(ByteClass::count)> kByteNames{
    "global.read", "global.write", "local.read",   "local.write",
    "shared.read", "shared.write", "constant.read"};

namespace {

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines{{}};  // lines count from 1
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// Picks the handler of every operation for each width.
void choose_handlers(Program& program, const HandlerTable& table) {
  program.table = &table;
  for (std::size_t width = 0; width < 3; ++width) {
    std::vector<Handler>& code = program.code[width];
    code.reserve(program.insns.size());
    for (const Insn& insn : program.insns) {
      const std::size_t row = (insn.shape & kScalarOnly) != 0 ? kScalarWidth : width;
      const Handler handler = table.at[row][static_cast<std::size_t>(insn.op)][insn.shape & 7];
      if (handler == nullptr) {
        throw InternalError("no handler for the operation of PTX line " +
                            std::to_string(program.sources[insn.source].line));
      }
      code.push_back(handler);
    }
  }
}

Program decode_kernel(const Module& module, const Function& kernel, const std::string& text,
                      const std::vector<std::string_view>& lines, const HandlerTable& table) {
  LowProgram low = lower(module, kernel, text);
  propagate_constants(low);
  find_reconvergence(low);
  const std::vector<bool> varying = find_varying(low);
  Program program = assign_registers(std::move(low), varying, std::string(kernel.name));
  for (Source& source : program.sources) {
    source.text = trimmed(lines[static_cast<std::size_t>(source.line)]);
  }
  choose_handlers(program, table);
  return program;
}

const HandlerTable& choose_table() {
#ifdef FEMSYNTH_PTX_X86
  const char* asked = std::getenv("FEMSYNTH_PTX_ISA");
  const std::string_view name = asked != nullptr ? asked : "x86-64-v4";
  if (name == "x86-64-v4" && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return kX8664V4Handlers;
  }
  if (name != "portable" && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
      __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("lzcnt")) {
    return kHaswellHandlers;
  }
#endif
  return kPortableHandlers;
}

}  // namespace

const HandlerTable& handlers() {
  static const HandlerTable& table = choose_table();
  return table;
}

std::vector<const HandlerTable*> all_handlers() {
  std::vector<const HandlerTable*> tables{&kPortableHandlers};
#ifdef FEMSYNTH_PTX_X86
  const std::string_view best = choose_table().name;
  if (best != "portable") tables.push_back(&kHaswellHandlers);
  if (best == "x86-64-v4") tables.push_back(&kX8664V4Handlers);
#endif
  return tables;
}

const Program* DecodedModule::find(std::string_view kernel) const {
  for (const Program& program : programs) {
    if (program.name == kernel) return &program;
  }
  return nullptr;
}

std::shared_ptr<const DecodedModule> decode(std::string ptx, const HandlerTable& table) {
  auto decoded = std::make_shared<DecodedModule>();
  decoded->ptx = std::move(ptx);
  Module module = parse(decoded->ptx);
  const std::vector<std::string_view> lines = split_lines(decoded->ptx);
  for (const Variable& variable : module.variables) {
    std::vector<std::byte> image = variable.initial;
    image.resize(variable.space == Space::shared ? 0 : variable.size);
    decoded->images.push_back(std::move(image));
  }
  for (const Function& function : module.functions) {
    if (!function.entry) continue;
    decoded->programs.push_back(decode_kernel(module, function, decoded->ptx, lines, table));
  }
  decoded->variables = std::move(module.variables);
  return decoded;
}

}  // namespace femsynth::synth::ptx
