#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace femsynth::datasets {

/// Decimal numbers with a fixed number of digits after the point: first, first + 1, …, last,
/// in units of 10^-decimals.
struct LiteralRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  int decimals = 0;
  /// The `k`-th of them as text: "2.50" is "2.5".
  std::string value(std::uint64_t k) const;
  std::uint64_t size() const { return static_cast<std::uint64_t>(last - first) + 1; }
};

/// A form template: one file datasets/families/NAME.py. The file is a form file whose docstring
/// holds a header in TOML and whose text holds placeholders "{name}" (notes/corpus.md).
///
/// Placeholders of every family: {cell}, {dim}, {element}, {degree}. A family adds its own:
/// choices (one of a list of texts), literals (a decimal number from a range), by_dim (a text
/// for each dimension). Texts may hold placeholders again.
struct Family {
  std::string name;    ///< the file's name without ".py"
  std::string sha256;  ///< of the whole file
  std::string title;
  std::string description;  ///< the mathematics in plain language
  std::string form;         ///< name of the form that the file defines
  int rank = 0;
  std::vector<std::string> cells;
  std::vector<std::string> elements;  ///< "P", "DG"
  std::vector<int> degrees;
  std::map<std::string, int> max_degree;  ///< by cell; absent: the largest of `degrees`
  std::vector<std::string> strategies;    ///< default: all that apply to the rank
  std::vector<std::string> precisions;    ///< default: f64, f32
  std::vector<int> block_sizes;           ///< default: 64, 128, 256
  std::map<std::string, std::vector<std::string>> choices;
  std::map<std::string, LiteralRange> literals;
  std::map<std::string, std::map<int, std::string>> by_dim;
  std::string body;  ///< the file's text after the docstring

  /// Degrees that it takes on a cell, ascending.
  std::vector<int> degrees_on(const std::string& cell) const;
};

/// Reads a family from the text of its file. Throws LocatedError, at the place in the file, for
/// anything that is not as above: TOML errors, unknown or missing keys, cells, elements or
/// strategies that do not exist, a placeholder without value, a value without use.
Family parse_family(const std::string& name, const std::string& text,
                    const std::filesystem::path& path);

/// All families of a folder, by name. Throws InputError when there are none.
std::vector<Family> load_families(const std::filesystem::path& folder);

/// Where the families are: $FEMSYNTH_FAMILIES; else ../share/femsynth/families or
/// ../../../datasets/families beside the running program; else where it was built.
std::filesystem::path families_folder();

/// Dimension of a cell by UFL's name; throws InputError for a name that is none.
int dimension_of(const std::string& cell);

/// Replaces every "{name}" by its value, again and again until none is left. Throws InputError
/// for a name without value, or when the values refer to one another in a circle.
std::string substitute(const std::string& text, const std::map<std::string, std::string>& values);

/// Names of the placeholders in a text, in order, with repetitions.
std::vector<std::string> placeholders(const std::string& text);

}  // namespace femsynth::datasets
