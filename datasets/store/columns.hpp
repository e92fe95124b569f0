#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "datasets/store/record.hpp"

namespace femsynth::datasets {

/// How a column is stored: text and JSON as UTF-8 bytes with offsets, binary likewise,
/// numbers as unsigned 64-bit integers.
enum class ColumnType { text, json, binary, number };
/// "text", "json", "binary", "number".
const char* name_of(ColumnType type);

/// A column of the store: a member of Record, or a figure that follows from it.
struct Column {
  using TextMember = std::string Record::*;
  using NumberMember = std::uint64_t Record::*;
  /// Members of any other type: encoder and decoder; a column without decoder is derived and
  /// not read back.
  struct Codec {
    std::string (*encode)(const Record&);
    void (*decode)(Record&, const std::string&);
  };
  struct NumberCodec {
    std::uint64_t (*encode)(const Record&);
    void (*decode)(Record&, std::uint64_t);
  };
  const char* name;
  ColumnType type;
  const char* description;
  std::variant<TextMember, NumberMember, Codec, NumberCodec> access;
};

/// Every column, in the order of the store: the one place that maps Record to bytes. The
/// shards, the JSON export, `show` and the schema in datasets/README.md follow it.
std::span<const Column> columns();

/// The column of that name; throws InputError, with the names there are, if there is none.
const Column& column(const std::string& name);

/// The columns as a Markdown table: that of datasets/README.md.
std::string schema_table();

/// Value of a text, JSON or binary column.
std::string text_value(const Column& column, const Record& record);
/// Value of a number column.
std::uint64_t number_value(const Column& column, const Record& record);
/// Sets the member(s) behind a column; derived columns are ignored. Throws InputError when a
/// JSON column does not hold what it should.
void set_text(const Column& column, Record& record, const std::string& value);
void set_number(const Column& column, Record& record, std::uint64_t value);

}  // namespace femsynth::datasets
