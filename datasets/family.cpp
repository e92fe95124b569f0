#include "datasets/family.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "meshes/support/sha256.hpp"

namespace femsynth::datasets {
namespace {

const std::vector<std::string> all_cells{"interval", "triangle", "tetrahedron", "quadrilateral",
                                         "hexahedron"};
const std::vector<std::string> built_in{"cell", "dim", "element", "degree"};
constexpr const char* quotes = "\"\"\"";

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool is_name_letter(char c, bool first) {
  return (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

/// Length of the placeholder "{name}" that begins at `begin`; 0 if none does.
std::size_t placeholder_length(const std::string& text, std::size_t begin) {
  std::size_t end = begin + 1;
  while (end < text.size() && is_name_letter(text[end], end == begin + 1)) ++end;
  const bool closed = end < text.size() && text[end] == '}' && end > begin + 1;
  return closed ? end + 1 - begin : 0;
}

std::vector<std::string> strategies_of_rank(int rank) {
  if (rank == 0) return {"element", "reduction"};
  if (rank == 1) return {"element", "atomic"};
  return {"element", "atomic", "matrix_free"};
}

/// Reads the header's values; knows where in the file an error is.
class HeaderReader {
 public:
  HeaderReader(const std::string& path, const std::string& text) : path_(path), text_(text) {}

  [[noreturn]] void fail(const toml::source_region& where, const std::string& message) const {
    // The header begins on the line after the opening quotes.
    const int line = static_cast<int>(where.begin.line) + 1;
    throw LocatedError(path_, {line, static_cast<int>(where.begin.column)}, message, text_);
  }

  toml::table parse(const std::string& header) const {
    try {
      return toml::parse(header);
    } catch (const toml::parse_error& error) {
      fail(error.source(), std::string(error.description()));
    }
  }

  const toml::node& required(const toml::table& table, const char* key) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) fail(table.source(), fmt::format("the header has no '{}'", key));
    return *node;
  }

  std::string text(const toml::node& node, const std::string& key) const {
    const auto value = node.value<std::string>();
    if (!node.is_string() || value->empty()) {
      fail(node.source(), fmt::format("'{}' must be a text that is not empty", key));
    }
    return *value;
  }

  /// A list of texts and numbers, each as text.
  std::vector<std::string> texts(const toml::node& node, const std::string& key) const {
    const toml::array* array = node.as_array();
    if (array == nullptr || array->empty()) {
      fail(node.source(), fmt::format("'{}' must be a list that is not empty", key));
    }
    std::vector<std::string> items;
    for (const toml::node& item : *array) {
      if (const auto integer = item.value_exact<std::int64_t>()) {
        items.push_back(fmt::format("{}", *integer));
      } else if (const auto real = item.value_exact<double>()) {
        items.push_back(fmt::format("{}", *real));
      } else {
        items.push_back(text(item, key));
      }
      if (std::count(items.begin(), items.end(), items.back()) > 1) {
        fail(item.source(), fmt::format("'{}' has {} twice", key, items.back()));
      }
    }
    return items;
  }

  /// A list of texts, each one of `allowed`.
  std::vector<std::string> names(const toml::node& node, const std::string& key,
                                 const std::vector<std::string>& allowed) const {
    const auto items = texts(node, key);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (contains(allowed, items[i])) continue;
      fail((*node.as_array())[i].source(),
           fmt::format("'{}' takes {}, not '{}'", key, fmt::join(allowed, ", "), items[i]));
    }
    return items;
  }

  int integer(const toml::node& node, const std::string& key, int least, int most) const {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < least || *value > most) {
      fail(node.source(), fmt::format("'{}' must be an integer from {} to {}", key, least, most));
    }
    return static_cast<int>(*value);
  }

  std::vector<int> integers(const toml::node& node, const std::string& key, int least,
                            int most) const {
    const toml::array* array = node.as_array();
    if (array == nullptr || array->empty()) {
      fail(node.source(), fmt::format("'{}' must be a list that is not empty", key));
    }
    std::vector<int> items;
    for (const toml::node& item : *array) {
      items.push_back(integer(item, key, least, most));
      if (items.size() > 1 && items.back() <= items[items.size() - 2]) {
        fail(item.source(), fmt::format("'{}' must ascend", key));
      }
    }
    return items;
  }

  const toml::table& table(const toml::node& node, const std::string& key) const {
    if (!node.is_table()) fail(node.source(), fmt::format("'{}' must be a table", key));
    return *node.as_table();
  }

  LiteralRange literal(const toml::node& node, const std::string& key) const {
    const toml::table& range = table(node, key);
    for (const auto& [name, value] : range) {
      if (name != "min" && name != "max" && name != "decimals") {
        fail(value.source(),
             fmt::format("a literal has min, max and decimals, not '{}'", std::string(name.str())));
      }
    }
    const auto least = required(range, "min").value<double>();
    const auto most = required(range, "max").value<double>();
    LiteralRange result;
    result.decimals = integer(required(range, "decimals"), "decimals", 0, 6);
    const double unit = std::pow(10.0, result.decimals);
    if (!least || !most || !(*least <= *most) || std::abs(*least) > 1e6 || std::abs(*most) > 1e6) {
      fail(node.source(), fmt::format("'{}' needs -1e6 <= min <= max <= 1e6", key));
    }
    result.first = std::llround(*least * unit);
    result.last = std::llround(*most * unit);
    return result;
  }

 private:
  std::string path_;
  std::string text_;
};

/// A new placeholder's name must be one, and new.
void check_new_name(const HeaderReader& reader, const Family& family, const std::string& name,
                    const toml::node& node) {
  const std::string text = "{" + name + "}";
  if (placeholder_length(text, 0) != text.size()) {
    reader.fail(node.source(), fmt::format("'{}' is no name: a-z, 0-9 and _ make one", name));
  }
  if (contains(built_in, name) || family.choices.contains(name) || family.literals.contains(name)) {
    reader.fail(node.source(), fmt::format("the placeholder '{}' is defined twice", name));
  }
}

void read_placeholders(const HeaderReader& reader, const toml::table& header, Family& family) {
  if (const toml::node* node = header.get("choices")) {
    for (const auto& [key, value] : reader.table(*node, "choices")) {
      const std::string name(key.str());
      check_new_name(reader, family, name, value);
      family.choices[name] = reader.texts(value, name);
    }
  }
  if (const toml::node* node = header.get("literals")) {
    for (const auto& [key, value] : reader.table(*node, "literals")) {
      const std::string name(key.str());
      check_new_name(reader, family, name, value);
      family.literals[name] = reader.literal(value, name);
    }
  }
  const toml::node* node = header.get("by_dim");
  if (node == nullptr) return;
  for (const auto& [key, value] : reader.table(*node, "by_dim")) {
    const std::string name(key.str());
    check_new_name(reader, family, name, value);
    for (const auto& [dimension, text] : reader.table(value, name)) {
      const std::string digit(dimension.str());
      if (digit != "1" && digit != "2" && digit != "3") {
        reader.fail(text.source(), fmt::format("'{}' is no dimension: 1, 2 or 3", digit));
      }
      family.by_dim[name][digit[0] - '0'] = reader.text(text, name);
    }
    for (const std::string& cell : family.cells) {
      if (family.by_dim[name].contains(dimension_of(cell))) continue;
      reader.fail(value.source(), fmt::format("'{}' has no text for dimension {} ({})", name,
                                              dimension_of(cell), cell));
    }
  }
}

void read_header(const HeaderReader& reader, const toml::table& header, Family& family) {
  static const std::vector<std::string> keys{
      "title",      "description", "form",       "rank",        "cells",   "elements", "degrees",
      "max_degree", "strategies",  "precisions", "block_sizes", "choices", "literals", "by_dim"};
  for (const auto& [key, value] : header) {
    if (!contains(keys, std::string(key.str()))) {
      reader.fail(value.source(), fmt::format("unknown key '{}'; there are {}",
                                              std::string(key.str()), fmt::join(keys, ", ")));
    }
  }
  family.title = reader.text(reader.required(header, "title"), "title");
  family.description = reader.text(reader.required(header, "description"), "description");
  std::replace(family.description.begin(), family.description.end(), '\n', ' ');
  family.form = reader.text(reader.required(header, "form"), "form");
  family.rank = reader.integer(reader.required(header, "rank"), "rank", 0, 2);
  family.cells = reader.names(reader.required(header, "cells"), "cells", all_cells);
  family.elements = reader.names(reader.required(header, "elements"), "elements", {"P", "DG"});
  family.degrees = reader.integers(reader.required(header, "degrees"), "degrees", 1, 4);
  if (const toml::node* node = header.get("max_degree")) {
    for (const auto& [cell, value] : reader.table(*node, "max_degree")) {
      const std::string name(cell.str());
      if (!contains(family.cells, name)) {
        reader.fail(value.source(), fmt::format("'{}' is not one of the cells", name));
      }
      family.max_degree[name] = reader.integer(value, name, family.degrees.front(), 4);
    }
  }
  const auto possible = strategies_of_rank(family.rank);
  const toml::node* strategies = header.get("strategies");
  family.strategies =
      strategies != nullptr ? reader.names(*strategies, "strategies", possible) : possible;
  const std::vector<std::string> both{"f64", "f32"};
  const toml::node* precisions = header.get("precisions");
  family.precisions = precisions != nullptr ? reader.names(*precisions, "precisions", both) : both;
  const toml::node* blocks = header.get("block_sizes");
  family.block_sizes = blocks != nullptr ? reader.integers(*blocks, "block_sizes", 32, 1024)
                                         : std::vector<int>{64, 128, 256};
  read_placeholders(reader, header, family);
}

/// Every placeholder has a value; every value has a use.
void check_placeholders(const Family& family, const std::string& path, const std::string& text,
                        std::size_t body_begin) {
  std::set<std::string> known(built_in.begin(), built_in.end());
  std::set<std::string> own;
  for (const auto& [name, values] : family.choices) own.insert(name);
  for (const auto& [name, range] : family.literals) own.insert(name);
  for (const auto& [name, values] : family.by_dim) own.insert(name);
  known.insert(own.begin(), own.end());

  SourceLocation where{1, 1};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t length = text[i] == '{' && i >= body_begin ? placeholder_length(text, i) : 0;
    if (length > 0 && !known.contains(text.substr(i + 1, length - 2))) {
      throw LocatedError(path, where,
                         fmt::format("placeholder {} has no value; there are {}",
                                     text.substr(i, length), fmt::join(known, ", ")),
                         text);
    }
    if ((text[i] == '{' && i >= body_begin && length == 0)) {
      throw LocatedError(path, where, "a brace that begins no placeholder", text);
    }
    where = text[i] == '\n' ? SourceLocation{where.line + 1, 1}
                            : SourceLocation{where.line, where.column + 1};
  }
  std::string all = family.body;
  for (const auto& [name, values] : family.choices)
    all += fmt::format("{}", fmt::join(values, " "));
  for (const auto& [name, values] : family.by_dim) {
    for (const auto& [dimension, value] : values) all += value;
  }
  const auto used = placeholders(all);
  for (const std::string& name : own) {
    if (contains(used, name)) continue;
    throw LocatedError(path, {1, 1}, fmt::format("'{}' is defined but never used", name), text);
  }
}

}  // namespace

std::string LiteralRange::value(std::uint64_t k) const {
  const std::int64_t number = first + static_cast<std::int64_t>(k);
  std::int64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  const std::uint64_t magnitude = static_cast<std::uint64_t>(std::abs(number));
  const auto scale = static_cast<std::uint64_t>(unit);
  std::string text = fmt::format("{}{}", number < 0 ? "-" : "", magnitude / scale);
  if (magnitude % scale == 0) return text;
  text += fmt::format(".{:0{}}", magnitude % scale, decimals);
  while (text.back() == '0') text.pop_back();
  return text;
}

std::vector<int> Family::degrees_on(const std::string& cell) const {
  const auto limit = max_degree.find(cell);
  std::vector<int> result;
  for (int degree : degrees) {
    if (limit == max_degree.end() || degree <= limit->second) result.push_back(degree);
  }
  return result;
}

int dimension_of(const std::string& cell) {
  if (cell == "interval") return 1;
  if (cell == "triangle" || cell == "quadrilateral") return 2;
  if (cell == "tetrahedron" || cell == "hexahedron") return 3;
  throw InputError(fmt::format("'{}' is no cell; there are {}", cell, fmt::join(all_cells, ", ")));
}

std::vector<std::string> placeholders(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t i = text.find('{'); i != std::string::npos; i = text.find('{', i + 1)) {
    const std::size_t length = placeholder_length(text, i);
    if (length > 0) names.push_back(text.substr(i + 1, length - 2));
  }
  return names;
}

std::string substitute(const std::string& text, const std::map<std::string, std::string>& values) {
  constexpr int max_depth = 8;
  std::string current = text;
  for (int depth = 0; depth < max_depth; ++depth) {
    std::string next;
    std::size_t done = 0;
    for (std::size_t i = current.find('{'); i != std::string::npos; i = current.find('{', i + 1)) {
      const std::size_t length = placeholder_length(current, i);
      if (length == 0) continue;
      const auto value = values.find(current.substr(i + 1, length - 2));
      if (value == values.end()) {
        throw InputError(fmt::format("placeholder {} has no value", current.substr(i, length)));
      }
      next += current.substr(done, i - done) + value->second;
      done = i + length;
    }
    if (done == 0) return current;
    current = next + current.substr(done);
  }
  throw InputError("placeholders refer to one another in a circle");
}

Family parse_family(const std::string& name, const std::string& text,
                    const std::filesystem::path& path) {
  const std::string file = path.string();
  const std::string opening = std::string(quotes) + "\n";
  const std::size_t end = text.find(quotes, opening.size());
  if (!text.starts_with(opening) || end == std::string::npos) {
    throw LocatedError(file, {1, 1}, "a family begins with a docstring that holds its header",
                       text);
  }
  Family family;
  family.name = name;
  family.sha256 = hex(sha256(text));
  const HeaderReader reader(file, text);
  read_header(reader, reader.parse(text.substr(opening.size(), end - opening.size())), family);
  const std::size_t line_end = std::min(text.find('\n', end), text.size() - 1);
  family.body = text.substr(line_end + 1);
  check_placeholders(family, file, text, line_end + 1);
  return family;
}

std::vector<Family> load_families(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".py") files.push_back(entry.path());
  }
  if (error) {
    throw InputError(
        fmt::format("cannot read the families in {}: {}", folder.string(), error.message()));
  }
  if (files.empty()) throw InputError(fmt::format("{} holds no families", folder.string()));
  std::sort(files.begin(), files.end());
  std::vector<Family> families;
  for (const auto& file : files) {
    families.push_back(parse_family(file.stem().string(), read_file(file), file));
  }
  return families;
}

std::filesystem::path families_folder() {
  if (const char* folder = std::getenv("FEMSYNTH_FAMILIES"); folder != nullptr && *folder != 0) {
    return folder;
  }
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../share/femsynth/families", "../../../datasets/families"}) {
    const auto folder = program / place;
    if (!error && std::filesystem::is_directory(folder, error)) {
      return std::filesystem::weakly_canonical(folder);
    }
  }
  return FEMSYNTH_FAMILIES_FOLDER;
}

}  // namespace femsynth::datasets
