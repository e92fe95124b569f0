#include "datasets/show.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/store/columns.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::datasets {
namespace {

/// The compiler's names of the levels, and the columns that hold them.
const std::vector<std::pair<std::string, std::string>> aliases{
    {"form", "form_text"}, {"kernel", "kernel_ir"}, {"log", "compile_log"}};

std::string join(const std::map<std::string, std::string>& values) {
  std::string text;
  for (const auto& [name, value] : values) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string launches_text(const Record& record) {
  std::string text;
  for (const LaunchRecord& launch : record.launches) {
    text += fmt::format("  {}<<<{}, {}>>> on {}\n", launch.kernel, launch.grid[0], launch.block[0],
                        launch.mesh);
  }
  return text;
}

std::string resources_text(const Record& record) {
  std::string text;
  for (const auto& r : record.resources) {
    text +=
        fmt::format("  {}: {} registers, {} bytes of stack, {} spilled, {} shared, {} constant\n",
                    r.kernel, r.registers, r.stack_bytes, r.spill_load_bytes + r.spill_store_bytes,
                    r.shared_bytes, r.constant_bytes);
  }
  return text;
}

std::string counts_text(const Record& record) {
  std::string text;
  for (const CountsRecord& run : record.counts) {
    std::uint64_t instructions = 0;
    for (const auto& [name, count] : run.counts.instructions) instructions += count;
    text += fmt::format("  {}: {} cells, {} instructions, {} sectors of global memory\n", run.mesh,
                        run.cells, instructions, run.counts.global_sectors);
  }
  return text;
}

/// A line a mesh and quantity: the worst of all inputs.
std::string checks_text(const Record& record) {
  std::map<std::pair<std::string, std::string>, std::pair<const Check*, int>> worst;
  std::vector<std::pair<std::string, std::string>> order;
  for (const Check& check : record.checks) {
    const std::pair key{check.mesh, check.quantity};
    auto& entry = worst[key];
    if (entry.first == nullptr) order.push_back(key);
    if (entry.first == nullptr || !(check.ratio <= entry.first->ratio)) entry.first = &check;
    ++entry.second;
  }
  std::string text;
  for (const auto& key : order) {
    const auto& [check, inputs] = worst.at(key);
    text += fmt::format("  {}, {}, {} input{}: error {:.2e}, tolerance {:.2e}: {}\n", key.first,
                        key.second, inputs, inputs == 1 ? "" : "s", check->error, check->tolerance,
                        check->pass ? "pass" : "FAIL " + check->detail);
  }
  return text;
}

std::string report(const Record& r) {
  std::string text = fmt::format("{}: {}\n{}\n\n", r.id, r.title, r.description);
  if (!r.failure.stage.empty()) {
    text += fmt::format("failed at stage {}: {}\n", r.failure.stage, r.failure.reason);
  }
  text += fmt::format("tier: {}; split: {}; rank {}; candidate {} of seed {}\n", name_of(r.tier),
                      r.split, r.rank, r.index, r.seed);
  text += fmt::format("made by: {}; for {}\n", join(r.versions), r.arch);
  text +=
      fmt::format("bytes: form {}, kernel IR {}, CUDA {}, PTX {}, cubin {}\n", r.form_text.size(),
                  r.kernel_ir.size(), r.cuda.size(), r.ptx.size(), r.cubin.size());
  text += "resources:\n" + resources_text(r) + "launches:\n" + launches_text(r);
  text += "executed:\n" + counts_text(r) + "checks:\n" + checks_text(r);
  return text;
}

}  // namespace

std::vector<std::string> levels() {
  std::vector<std::string> names{"report"};
  for (const auto& [alias, name] : aliases) names.push_back(alias);
  for (const Column& column : columns()) names.emplace_back(column.name);
  return names;
}

std::string show(const Record& record, const std::string& level) {
  if (level.empty() || level == "report") return report(record);
  std::string name = level;
  for (const auto& [alias, target] : aliases) {
    if (level == alias) name = target;
  }
  const Column& c = column(name);
  if (c.type == ColumnType::number) return fmt::format("{}\n", number_value(c, record));
  std::string value = text_value(c, record);
  if (c.type != ColumnType::binary && !value.empty() && value.back() != '\n') value += '\n';
  return value;
}

std::string base64(const std::string& bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63U];
    }
  }
  return text;
}

std::string to_json(const Record& record, bool with_cubin) {
  nlohmann::ordered_json json;
  for (const Column& c : columns()) {
    switch (c.type) {
      case ColumnType::number:
        json[c.name] = number_value(c, record);
        break;
      case ColumnType::text:
        json[c.name] = text_value(c, record);
        break;
      case ColumnType::json:
        json[c.name] = nlohmann::ordered_json::parse(text_value(c, record));
        break;
      case ColumnType::binary:
        if (with_cubin) json[std::string(c.name) + "_base64"] = base64(text_value(c, record));
        break;
    }
  }
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::uint64_t export_jsonl(Corpus& corpus, const std::filesystem::path& path,
                           const ExportOptions& options) {
  const std::filesystem::path temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  std::uint64_t lines = 0;
  try {
    std::ofstream file(temporary, std::ios::binary);
    if (!file) {
      throw InputError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
    }
    const auto write = [&](const Record& record) {
      if (!options.split.empty() && record.split != options.split) return;
      file << to_json(record, options.cubin) << '\n';
      if (!file) {
        throw InputError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
      }
      ++lines;
    };
    options.failures ? corpus.for_each_failure(write) : corpus.for_each_sample(write);
    file.close();
    if (!file) {
      throw InputError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
    }
    publish_file(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  return lines;
}

}  // namespace femsynth::datasets
