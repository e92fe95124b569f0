#include "datasets/store/shard.hpp"

#include <fmt/format.h>

#include <map>

#include "datasets/store/columns.hpp"
#include "datasets/store/hdf5.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {
namespace {

constexpr const char* format_name = "femsynth corpus shard";

void write_column(Hdf5Writer& file, const Column& column, std::span<const Record> records) {
  const std::string path = std::string("/") + column.name;
  std::vector<std::uint64_t> numbers;
  if (column.type == ColumnType::number) {
    for (const Record& record : records) numbers.push_back(number_value(column, record));
    file.numbers(path, numbers);
  } else {
    std::string bytes;
    numbers.push_back(0);
    for (const Record& record : records) {
      bytes += text_value(column, record);
      numbers.push_back(bytes.size());
    }
    file.group(path);
    file.bytes(path + "/bytes", bytes);
    file.numbers(path + "/offsets", numbers);
  }
  file.attribute(path, "type", std::string(name_of(column.type)));
  file.attribute(path, "description", std::string(column.description));
}

}  // namespace

std::string encode_shard(const ShardHeader& header, std::span<const Record> records) {
  Hdf5Writer file;
  file.attribute("/", "format", std::string(format_name));
  file.attribute("/", "schema_version", std::uint64_t{schema_version});
  file.attribute("/", "licence", std::string(corpus_licence));
  file.attribute("/", "kind", header.kind);
  file.attribute("/", "seed", header.seed);
  file.attribute("/", "first", header.first);
  file.attribute("/", "count", std::uint64_t{records.size()});
  file.attribute("/", "candidate_begin", header.candidate_begin);
  file.attribute("/", "candidate_end", header.candidate_end);
  for (const Column& column : columns()) write_column(file, column, records);
  return file.finish();
}

struct Shard::State {
  std::filesystem::path path;
  std::unique_ptr<Hdf5Reader> file;
  std::map<std::string, std::vector<std::uint64_t>> offsets;  ///< by column

  /// Runs `read`; says in every error which shard it is about.
  template <class Read>
  auto guarded(Read read) const {
    try {
      return read();
    } catch (const InputError& error) {
      throw InputError(fmt::format("shard {}: {}", path.string(), error.what()));
    }
  }

  /// Offsets of a column: ascending from 0 to the number of bytes.
  void load_offsets(const std::string& name, std::size_t rows) {
    auto values = file->numbers("/" + name + "/offsets", 0, rows + 1);
    const std::uint64_t size = file->size("/" + name + "/bytes");
    bool ascending = values.front() == 0 && values.back() == size;
    for (std::size_t i = 0; i < rows; ++i) ascending = ascending && values[i] <= values[i + 1];
    if (!ascending || file->size("/" + name + "/offsets") != rows + 1) {
      throw InputError(fmt::format("the offsets of column '{}' are damaged", name));
    }
    offsets[name] = std::move(values);
  }
};

Shard::Shard(const std::filesystem::path& path, const std::string& expected_sha256)
    : state_(std::make_unique<State>()) {
  state_->path = path;
  std::string image = read_file(path);
  if (!expected_sha256.empty() && hex(sha256(image)) != expected_sha256) {
    throw InputError(fmt::format(
        "shard {}: its {} bytes are not those that were written (SHA-256 {}…, the manifest has "
        "{}…); it was truncated, corrupted or replaced",
        path.string(), image.size(), hex(sha256(image)).substr(0, 16),
        expected_sha256.substr(0, 16)));
  }
  state_->guarded([&] {
    state_->file = std::make_unique<Hdf5Reader>(std::move(image));
    const Hdf5Reader& file = *state_->file;
    if (file.text_attribute("format") != format_name) {
      throw InputError("an HDF5 file, but not a shard of a femsynth corpus");
    }
    const std::uint64_t version = file.number_attribute("schema_version");
    if (version != schema_version) {
      throw InputError(fmt::format("schema version {}; this femsynth reads version {}", version,
                                   schema_version));
    }
    header_.kind = file.text_attribute("kind");
    header_.seed = file.number_attribute("seed");
    header_.first = file.number_attribute("first");
    header_.candidate_begin = file.number_attribute("candidate_begin");
    header_.candidate_end = file.number_attribute("candidate_end");
    size_ = file.number_attribute("count");
    for (const Column& column : columns()) {
      if (column.type != ColumnType::number) {
        state_->load_offsets(column.name, size_);
      } else if (file.size(std::string("/") + column.name) != size_) {
        throw InputError(fmt::format("column '{}' has not {} rows", column.name, size_));
      }
    }
  });
}

Shard::~Shard() = default;
Shard::Shard(Shard&&) noexcept = default;
Shard& Shard::operator=(Shard&&) noexcept = default;

Record Shard::record(std::size_t row) const {
  return state_->guarded([&] {
    if (row >= size_) throw InputError(fmt::format("no row {}; it has {}", row, size_));
    Record record;
    for (const Column& column : columns()) {
      const std::string path = std::string("/") + column.name;
      if (column.type == ColumnType::number) {
        set_number(column, record, state_->file->numbers(path, row, 1).front());
      } else {
        const auto& offsets = state_->offsets.at(column.name);
        set_text(
            column, record,
            state_->file->bytes(path + "/bytes", offsets[row], offsets[row + 1] - offsets[row]));
      }
    }
    return record;
  });
}

std::vector<std::string> Shard::texts(const std::string& name) const {
  return state_->guarded([&] {
    if (column(name).type == ColumnType::number) {
      throw InternalError(name + " is a column of numbers, not of text");
    }
    const auto& offsets = state_->offsets.at(name);
    const std::string bytes = state_->file->bytes("/" + name + "/bytes", 0, offsets.back());
    std::vector<std::string> values;
    for (std::size_t i = 0; i < size_; ++i) {
      values.push_back(bytes.substr(offsets[i], offsets[i + 1] - offsets[i]));
    }
    return values;
  });
}

std::vector<std::uint64_t> Shard::numbers(const std::string& name) const {
  return state_->guarded(
      [&] { return state_->file->numbers(std::string("/") + column(name).name, 0, size_); });
}

}  // namespace femsynth::datasets
