#include "solvers/problem/problem.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cmath>
#include <limits>

#include "meshes/generate.hpp"
#include "meshes/support/file.hpp"

namespace femsynth::solvers {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

SourceLocation place_of(const toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

/// Reads the tables of a problem file; every message has its place.
class ProblemReader {
 public:
  ProblemReader(std::string source, std::string path) {
    problem_.source = std::move(source);
    problem_.path = std::move(path);
  }

  Problem read() {
    const toml::table root = parse();
    only(root, "a problem",
         {"form", "bilinear", "linear", "mesh", "refinements", "perturb", "mesh_seed", "set",
          "dirichlet", "exact", "solver"});
    problem_.form_file = beside(text(required(root, "form", "a problem"), "form").text);
    problem_.bilinear = text_or(root, "bilinear", "a");
    problem_.linear = text_or(root, "linear", "L");
    read_meshes(root);
    if (const toml::node* node = root.get("set")) read_settings(table(*node, "set"));
    if (const toml::node* node = root.get("dirichlet")) read_dirichlet(*node);
    if (const toml::node* node = root.get("exact")) read_exact(table(*node, "exact"));
    if (const toml::node* node = root.get("solver")) read_solver(table(*node, "solver"));
    return std::move(problem_);
  }

 private:
  [[noreturn]] void fail(const toml::node& node, const std::string& message) const {
    throw problem_.error(place_of(node.source()), message);
  }

  toml::table parse() const {
    try {
      return toml::parse(problem_.source);
    } catch (const toml::parse_error& error) {
      throw problem_.error(place_of(error.source()), std::string(error.description()));
    }
  }

  static const char* kind(const toml::node& node) {
    if (node.is_table()) return "a table";
    if (node.is_array()) return "an array";
    if (node.is_string()) return "a string";
    if (node.is_integer()) return "an integer";
    if (node.is_floating_point()) return "a float";
    if (node.is_boolean()) return "a boolean";
    return "a date or time";
  }
  [[noreturn]] void wrong_type(const toml::node& node, const std::string& what,
                               const std::string& wanted) const {
    fail(node, fmt::format("{} must be {}, not {}", what, wanted, kind(node)));
  }

  void only(const toml::table& values, const std::string& where,
            const std::vector<std::string>& keys) const {
    for (const auto& [key, node] : values) {
      if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
      throw problem_.error(place_of(key.source()),
                           fmt::format("{} has no key '{}'; its keys are {}", where, key.str(),
                                       fmt::join(keys, ", ")));
    }
  }
  const toml::node& required(const toml::table& values, const char* key,
                             const std::string& where) const {
    if (const toml::node* node = values.get(key)) return *node;
    fail(values, fmt::format("{} needs the key '{}'", where, key));
  }
  const toml::table& table(const toml::node& node, const std::string& what) const {
    if (const toml::table* values = node.as_table()) return *values;
    wrong_type(node, what, "a table");
  }

  PlacedText text(const toml::node& node, const std::string& what) const {
    const auto* value = node.as_string();
    if (value == nullptr) wrong_type(node, what, "a string");
    if (value->get().empty()) fail(node, fmt::format("{} is empty", what));
    return place_text(node, value->get());
  }
  /// A string with the place of its first character, if it has no escapes and stands on one line;
  /// else with that of its quotes.
  PlacedText place_text(const toml::node& node, const std::string& value) const {
    const SourceLocation quotes = place_of(node.source());
    const std::string& source = problem_.source;
    std::size_t at = 0;
    for (int line = 1; line < quotes.line && at != std::string::npos; ++line) {
      at = source.find('\n', at);
      if (at != std::string::npos) ++at;
    }
    const auto continues = [&] {
      return (static_cast<unsigned char>(source[at]) & 0xC0U) == 0x80U;
    };
    for (int column = 1; column <= quotes.column && at < source.size(); ++column) {
      for (++at; at < source.size() && continues();) ++at;
    }
    const bool verbatim = at < source.size() && source.compare(at, value.size(), value) == 0;
    return {value, {quotes.line, quotes.column + (verbatim ? 1 : 0)}, verbatim};
  }
  PlacedText text_or(const toml::table& values, const char* key, const char* otherwise) const {
    const toml::node* node = values.get(key);
    return node == nullptr ? PlacedText{otherwise, {}} : text(*node, key);
  }
  /// A number or an expression; an array is a tuple of them.
  PlacedText expression(const toml::node& node, const std::string& what) const {
    if (node.is_string()) return text(node, what);
    const SourceLocation where = place_of(node.source());
    if (const auto* number = node.as_integer()) return {fmt::format("{}", number->get()), where};
    if (const auto* number = node.as_floating_point()) {
      if (!std::isfinite(number->get())) fail(node, fmt::format("{} is not finite", what));
      return {fmt::format("{}", number->get()), where};
    }
    if (const auto* items = node.as_array(); items != nullptr && !items->empty()) {
      std::string tuple;
      for (const toml::node& item : *items) tuple += expression(item, what).text + ", ";
      return {fmt::format("({})", tuple), where, false};
    }
    wrong_type(node, what, "a number, an expression in a string, or an array of them");
  }
  double number(const toml::node& node, const std::string& what, double least, double most) const {
    const auto value = node.value<double>();
    if (!node.is_number() || !value) wrong_type(node, what, "a number");
    if (!(*value >= least && *value <= most)) {
      fail(node, fmt::format("{} is {}; it must lie from {} to {}", what, *value, least, most));
    }
    return *value;
  }
  std::int64_t integer(const toml::node& node, const std::string& what, std::int64_t least,
                       std::int64_t most) const {
    const auto* value = node.as_integer();
    if (value == nullptr) wrong_type(node, what, "an integer");
    if (value->get() < least || value->get() > most) {
      fail(node,
           fmt::format("{} is {}; it must lie from {} to {}", what, value->get(), least, most));
    }
    return value->get();
  }

  fs::path beside(const std::string& file) const {
    return fs::path(file).is_absolute() ? fs::path(file)
                                        : fs::path(problem_.path).parent_path() / file;
  }

  void read_meshes(const toml::table& root) {
    const toml::node& node = required(root, "mesh", "a problem");
    problem_.mesh_where = place_of(node.source());
    if (const toml::array* list = node.as_array()) {
      if (list->empty()) fail(node, "mesh is an empty array");
      for (const toml::node& item : *list) add_mesh(text(item, "mesh").text);
      if (list->size() > max_refinements) {
        fail(node, fmt::format("{} meshes; at most {} are taken", list->size(), max_refinements));
      }
    } else {
      add_mesh(text(node, "mesh").text);
    }
    read_refinements(root);
    if (const toml::node* perturb = root.get("perturb")) {
      problem_.perturb = number(*perturb, "perturb", 0.0, 0.4);
    }
    if (const toml::node* seed = root.get("mesh_seed")) {
      problem_.seed = static_cast<std::uint64_t>(
          integer(*seed, "mesh_seed", 0, std::numeric_limits<std::int64_t>::max()));
    }
  }
  void add_mesh(const std::string& name) {
    problem_.meshes.push_back(meshes::is_mesh_spec(name) ? name : beside(name).string());
  }
  void read_refinements(const toml::table& root) {
    const toml::node* node = root.get("refinements");
    if (node == nullptr) return;
    const auto steps = integer(*node, "refinements", 0, max_refinements - 1);
    if (steps == 0) return;
    if (problem_.meshes.size() > 1 || !meshes::is_mesh_spec(problem_.meshes.front())) {
      fail(
          *node,
          "only a generated mesh is refined, such as \"triangle:8x8\"; of files, name one for each "
          "step: mesh = [\"coarse.msh\", \"fine.msh\"]");
    }
    problem_.halved = true;
    for (std::int64_t k = 0; k < steps; ++k) {
      problem_.meshes.push_back(twice_as_fine(*node, problem_.meshes.back()));
    }
  }
  /// "triangle:8x4" → "triangle:16x8".
  std::string twice_as_fine(const toml::node& node, const std::string& spec) const {
    std::string result;
    std::string digits;
    const auto flush = [&] {
      if (digits.empty()) return;
      if (digits.size() > 8) fail(node, fmt::format("the mesh {} is too fine to be refined", spec));
      result += fmt::format("{}", 2 * std::stol(digits));
      digits.clear();
    };
    const std::size_t colon = spec.find(':');
    for (const char c : spec.substr(colon + 1)) {
      if (c >= '0' && c <= '9') {
        digits += c;
        continue;
      }
      if (c != 'x') fail(node, fmt::format("the mesh {} cannot be refined", spec));
      flush();
      result += c;
    }
    flush();
    return spec.substr(0, colon + 1) + result;
  }

  void read_settings(const toml::table& values) {
    for (const auto& [key, node] : values) {
      PlacedText value = expression(node, fmt::format("set.{}", key.str()));
      problem_.settings.emplace_back(std::string(key.str()), std::move(value));
    }
  }

  void read_dirichlet(const toml::node& node) {
    const toml::array* entries = node.as_array();
    if (entries == nullptr) wrong_type(node, "dirichlet", "an array of tables, [[dirichlet]]");
    for (const toml::node& item : *entries) {
      const toml::table& values = table(item, "an entry of dirichlet");
      only(values, "[[dirichlet]]", {"on", "value"});
      DirichletEntry entry;
      read_boundary(required(values, "on", "[[dirichlet]]"), entry);
      entry.value = expression(required(values, "value", "[[dirichlet]]"), "value");
      problem_.dirichlet.push_back(std::move(entry));
    }
  }
  void read_boundary(const toml::node& node, DirichletEntry& entry) const {
    constexpr auto most = std::numeric_limits<std::int32_t>::max();
    entry.where = place_of(node.source());
    if (node.value<std::string>() == "all") {
      entry.everywhere = true;
    } else if (node.is_integer()) {
      entry.tags = {static_cast<int>(integer(node, "on", 0, most))};
    } else if (const toml::array* tags = node.as_array(); tags != nullptr && !tags->empty()) {
      for (const toml::node& tag : *tags) {
        entry.tags.push_back(static_cast<int>(integer(tag, "a tag of on", 0, most)));
      }
    } else {
      fail(node, "on must be \"all\", a facet tag or an array of facet tags");
    }
  }

  void read_exact(const toml::table& values) {
    only(values, "[exact]", {"solution", "order"});
    problem_.exact = expression(required(values, "solution", "[exact]"), "solution");
    if (const toml::node* node = values.get("order")) {
      problem_.order = number(*node, "order", 0.0, 10.0);
    }
  }

  void read_solver(const toml::table& values) {
    only(values, "[solver]", {"method", "tolerance", "max_iterations"});
    if (const toml::node* node = values.get("method")) {
      const std::string name = text(*node, "method").text;
      const auto method = linear_method_of(name);
      if (!method) fail(*node, fmt::format("no method '{}': choose from ldlt, lu, cg", name));
      problem_.solver.method = *method;
    }
    if (const toml::node* node = values.get("tolerance")) {
      problem_.solver.tolerance = number(*node, "tolerance", 1e-15, 1e-2);
    }
    if (const toml::node* node = values.get("max_iterations")) {
      problem_.solver.max_iterations =
          static_cast<int>(integer(*node, "max_iterations", 1, 1'000'000'000));
    }
  }

  Problem problem_;
};

}  // namespace

Problem parse_problem(std::string source, std::string path) {
  return ProblemReader(std::move(source), std::move(path)).read();
}

Problem load_problem(const std::string& path) {
  return parse_problem(read_file(path, kMaxBytes), path);
}

}  // namespace femsynth::solvers
