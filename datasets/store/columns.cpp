#include "datasets/store/columns.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "meshes/support/error.hpp"

namespace femsynth::datasets {
namespace {

using nlohmann::json;

/// JSON has no infinities and no NaN, which an error of a failed check may well be.
json encode_real(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

double decode_real(const json& value) {
  if (value.is_number()) return value.get<double>();
  const std::string& text = value.get_ref<const std::string&>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  return text == "inf" ? infinity : -infinity;
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json encode(const std::string& text) { return text; }
void decode(const json& j, std::string& text) { text = j.get<std::string>(); }

// The encoders and decoders below, declared first for the lists that call them.
json encode(const Check& c);
json encode(const ArgumentRecord& a);
json encode(const LaunchRecord& l);
json encode(const CountsRecord& c);
json encode(const synth::ResourceUsage& r);
void decode(const json& j, Check& c);
void decode(const json& j, ArgumentRecord& a);
void decode(const json& j, LaunchRecord& l);
void decode(const json& j, CountsRecord& c);
void decode(const json& j, synth::ResourceUsage& r);

template <class T>
json encode_list(const std::vector<T>& items) {
  json list = json::array();
  for (const T& item : items) list.push_back(encode(item));
  return list;
}

template <class T>
void decode_list(const json& j, std::vector<T>& items) {
  items.clear();
  for (const json& item : j) decode(item, items.emplace_back());
}

json encode(const Check& c) {
  return {{"form", c.form},
          {"strategy", c.strategy},
          {"executor", c.executor},
          {"oracle", c.oracle},
          {"mesh", c.mesh},
          {"input", c.input},
          {"quantity", c.quantity},
          {"entries", c.entries},
          {"undecided", c.undecided},
          {"error", encode_real(c.error)},
          {"tolerance", encode_real(c.tolerance)},
          {"ratio", encode_real(c.ratio)},
          {"entry", c.entry},
          {"detail", c.detail},
          {"pass", c.pass}};
}

void decode(const json& j, Check& c) {
  j.at("form").get_to(c.form);
  j.at("strategy").get_to(c.strategy);
  j.at("executor").get_to(c.executor);
  j.at("oracle").get_to(c.oracle);
  j.at("mesh").get_to(c.mesh);
  j.at("input").get_to(c.input);
  j.at("quantity").get_to(c.quantity);
  j.at("entries").get_to(c.entries);
  j.at("undecided").get_to(c.undecided);
  c.error = decode_real(j.at("error"));
  c.tolerance = decode_real(j.at("tolerance"));
  c.ratio = decode_real(j.at("ratio"));
  j.at("entry").get_to(c.entry);
  j.at("detail").get_to(c.detail);
  j.at("pass").get_to(c.pass);
}

json encode(const ArgumentRecord& a) {
  if (a.size > 0 || a.type.ends_with('*')) {
    return {{"name", a.name}, {"type", a.type}, {"size", a.size}};
  }
  return {{"name", a.name}, {"type", a.type}, {"value", a.value}};
}

void decode(const json& j, ArgumentRecord& a) {
  j.at("name").get_to(a.name);
  j.at("type").get_to(a.type);
  if (j.contains("size")) j.at("size").get_to(a.size);
  if (j.contains("value")) j.at("value").get_to(a.value);
}

json encode(const LaunchRecord& l) {
  return {{"mesh", l.mesh},
          {"kernel", l.kernel},
          {"grid", l.grid},
          {"block", l.block},
          {"arguments", encode_list(l.arguments)}};
}

void decode(const json& j, LaunchRecord& l) {
  j.at("mesh").get_to(l.mesh);
  j.at("kernel").get_to(l.kernel);
  j.at("grid").get_to(l.grid);
  j.at("block").get_to(l.block);
  decode_list(j.at("arguments"), l.arguments);
}

json encode(const CountsRecord& c) {
  return {{"mesh", c.mesh},
          {"cells", c.cells},
          {"instructions", c.counts.instructions},
          {"warp_instructions", c.counts.warp_instructions},
          {"bytes", c.counts.bytes},
          {"global_sectors", c.counts.global_sectors}};
}

void decode(const json& j, CountsRecord& c) {
  j.at("mesh").get_to(c.mesh);
  j.at("cells").get_to(c.cells);
  j.at("instructions").get_to(c.counts.instructions);
  j.at("warp_instructions").get_to(c.counts.warp_instructions);
  j.at("bytes").get_to(c.counts.bytes);
  j.at("global_sectors").get_to(c.counts.global_sectors);
}

json encode(const synth::ResourceUsage& r) {
  return {{"kernel", r.kernel},
          {"registers", r.registers},
          {"spill_store_bytes", r.spill_store_bytes},
          {"spill_load_bytes", r.spill_load_bytes},
          {"stack_bytes", r.stack_bytes},
          {"shared_bytes", r.shared_bytes},
          {"constant_bytes", r.constant_bytes},
          {"barriers", r.barriers}};
}

void decode(const json& j, synth::ResourceUsage& r) {
  j.at("kernel").get_to(r.kernel);
  j.at("registers").get_to(r.registers);
  j.at("spill_store_bytes").get_to(r.spill_store_bytes);
  j.at("spill_load_bytes").get_to(r.spill_load_bytes);
  j.at("stack_bytes").get_to(r.stack_bytes);
  j.at("shared_bytes").get_to(r.shared_bytes);
  j.at("constant_bytes").get_to(r.constant_bytes);
  j.at("barriers").get_to(r.barriers);
}

/// Codec of a member that is a list.
template <auto Member>
constexpr Column::Codec list_codec() {
  return {[](const Record& r) { return dump(encode_list(r.*Member)); },
          [](Record& r, const std::string& text) { decode_list(json::parse(text), r.*Member); }};
}

/// Codec of a member that is a map of texts.
template <auto Member>
constexpr Column::Codec map_codec() {
  return {[](const Record& r) { return dump(json(r.*Member)); },
          [](Record& r, const std::string& text) { json::parse(text).get_to(r.*Member); }};
}

void decode_tier(Record& record, std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(Tier::converges)) {
    throw InputError(fmt::format("tier {} is not one of 0 to 4", value));
  }
  record.tier = static_cast<Tier>(value);
}

constexpr auto text = ColumnType::text;
constexpr auto as_json = ColumnType::json;
constexpr auto binary = ColumnType::binary;
constexpr auto number = ColumnType::number;

const std::array table{
    Column{"id", text, "name of the sample, unique in a corpus", &Record::id},
    Column{"key", text, "SHA-256 of canonical form and schedule; exact duplicates share it",
           &Record::key},
    Column{"index", number, "number of the candidate: seed, index and versions rebuild the sample",
           &Record::index},
    Column{"seed", number, "seed of the corpus", &Record::seed},
    Column{"family", text, "form template (datasets/families/NAME.py)", &Record::family},
    Column{"title", text, "what the form is, in a few words", &Record::title},
    Column{"description", text, "the form, its discretisation and its kernel in plain language",
           &Record::description},
    Column{"form_text", text, "the form file (UFL)", &Record::form_text},
    Column{"form", text, "name of the form in the file", &Record::form},
    Column{"cell", text, "interval, triangle, tetrahedron, quadrilateral or hexahedron",
           &Record::cell},
    Column{"element", text, "element of the unknown: P (Lagrange) or DG", &Record::element},
    Column{"degree", number, "its polynomial degree", &Record::degree},
    Column{"strategy", text, "element, atomic, matrix_free or reduction", &Record::strategy},
    Column{"precision", text, "f64 or f32", &Record::precision},
    Column{"block_size", number, "threads a block", &Record::block_size},
    Column{"parameters", as_json, "value of every placeholder of the template",
           map_codec<&Record::parameters>()},
    Column{"rank", number, "0: functional, 1: vector, 2: matrix", &Record::rank},
    Column{"canonical_form", text, "the form up to names: one line a node of its DAG",
           &Record::canonical_form},
    Column{"canonical_sha256", text, "SHA-256 of canonical_form", &Record::canonical_sha256},
    Column{"split_group", text, "SHA-256 of canonical_form without its literals",
           &Record::split_group},
    Column{"split", text, "train, validation or test; a function of split_group", &Record::split},
    Column{"kernel_ir", text, "loop-tree IR (notes/ir_format.md)", &Record::kernel_ir},
    Column{"cuda", text, "CUDA C++ source", &Record::cuda},
    Column{"arch", text, "compiled for: sm_80 or sm_90", &Record::arch},
    Column{"options", as_json, "options given to NVRTC", list_codec<&Record::options>()},
    Column{"ptx", text, "PTX of that compilation", &Record::ptx},
    Column{"cubin", binary, "cubin (ELF) of that compilation", &Record::cubin},
    Column{"compile_log", text, "words of NVRTC and ptxas, without timings", &Record::compile_log},
    Column{"resources", as_json, "per kernel: registers, spills, stack, shared, constant bytes",
           list_codec<&Record::resources>()},
    Column{"launches", as_json, "per mesh and kernel: grid, block, arguments",
           list_codec<&Record::launches>()},
    Column{"counts", as_json, "per mesh: instructions by class, bytes by space, sectors",
           list_codec<&Record::counts>()},
    Column{"checks", as_json, "per mesh, input and quantity: error, tolerance, verdict",
           list_codec<&Record::checks>()},
    Column{"tier", number, "1 compiled, 2 executed, 3 equal to the oracle, 4 converges; 0 none",
           Column::NumberCodec{[](const Record& r) { return static_cast<std::uint64_t>(r.tier); },
                               decode_tier}},
    Column{"stage", text, "where a failure stopped; empty for a sample",
           Column::Codec{[](const Record& r) { return r.failure.stage; },
                         [](Record& r, const std::string& s) { r.failure.stage = s; }}},
    Column{"reason", text, "why a failure stopped; empty for a sample",
           Column::Codec{[](const Record& r) { return r.failure.reason; },
                         [](Record& r, const std::string& s) { r.failure.reason = s; }}},
    Column{"licence", text, "SPDX identifier", &Record::licence},
    Column{"versions", as_json, "of femsynth and of what it used", map_codec<&Record::versions>()},
    Column{"registers", number, "most registers a thread of its kernels (from resources)",
           Column::NumberCodec{[](const Record& r) { return r.registers(); }, nullptr}},
    Column{"spill_bytes", number, "bytes spilled, loads and stores (from resources)",
           Column::NumberCodec{[](const Record& r) { return r.spill_bytes(); }, nullptr}},
    Column{"instructions", number, "instructions executed, all meshes (from counts)",
           Column::NumberCodec{[](const Record& r) { return r.instructions(); }, nullptr}},
};

}  // namespace

const char* name_of(ColumnType type) {
  switch (type) {
    case ColumnType::text:
      return "text";
    case ColumnType::json:
      return "json";
    case ColumnType::binary:
      return "binary";
    case ColumnType::number:
      return "number";
  }
  throw InternalError("a column type without a name");
}

std::span<const Column> columns() { return table; }

const Column& column(const std::string& name) {
  std::string names;
  for (const Column& c : table) {
    if (c.name == name) return c;
    names += (names.empty() ? "" : ", ") + std::string(c.name);
  }
  throw InputError(fmt::format("a sample has no level '{}'; there are: {}", name, names));
}

std::string schema_table() {
  std::string text = "| column | type | holds |\n|---|---|---|\n";
  for (const Column& c : table) {
    text += fmt::format("| `{}` | {} | {} |\n", c.name, name_of(c.type), c.description);
  }
  return text;
}

std::string text_value(const Column& column, const Record& record) {
  if (const auto* member = std::get_if<Column::TextMember>(&column.access)) {
    return record.**member;
  }
  return std::get<Column::Codec>(column.access).encode(record);
}

std::uint64_t number_value(const Column& column, const Record& record) {
  if (const auto* member = std::get_if<Column::NumberMember>(&column.access)) {
    return record.**member;
  }
  return std::get<Column::NumberCodec>(column.access).encode(record);
}

void set_text(const Column& column, Record& record, const std::string& value) {
  if (const auto* member = std::get_if<Column::TextMember>(&column.access)) {
    record.** member = value;
    return;
  }
  const auto& codec = std::get<Column::Codec>(column.access);
  if (codec.decode == nullptr) return;
  try {
    codec.decode(record, value);
  } catch (const json::exception& error) {
    throw InputError(
        fmt::format("column '{}' does not hold what it should: {}", column.name, error.what()));
  }
}

void set_number(const Column& column, Record& record, std::uint64_t value) {
  if (const auto* member = std::get_if<Column::NumberMember>(&column.access)) {
    record.** member = value;
    return;
  }
  const auto& codec = std::get<Column::NumberCodec>(column.access);
  if (codec.decode != nullptr) codec.decode(record, value);
}

}  // namespace femsynth::datasets
