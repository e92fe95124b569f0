#include "meshes/gmsh/msh_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <system_error>

#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

constexpr std::uint64_t kMaxEntries = 200'000'000;  // nodes or elements of one file

[[noreturn]] void refuse(const std::string& name, const std::string& reason) {
  throw InputError(fmt::format("{}: {}", name, reason));
}

/// The rest of the line, without line ends and outer blanks; moves `at` behind it.
std::string_view next_line(std::string_view bytes, std::size_t& at) {
  const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
  std::string_view line = bytes.substr(at, end - at);
  at = std::min(end + 1, bytes.size());
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return line;
}

/// Whole numbers at the beginning of a line, as many as there are, up to N.
template <std::size_t N>
std::size_t numbers_of(std::string_view line, std::array<std::uint64_t, N>& values) {
  const char* at = line.data();
  const char* const end = at + line.size();
  for (std::size_t i = 0; i < N; ++i) {
    while (at != end && *at == ' ') ++at;
    const auto [next, status] = std::from_chars(at, end, values[i]);
    if (status != std::errc{}) return i;
    at = next;
  }
  return N;
}

/// The beginning of a text for a message; bytes that would upset a terminal as '?'.
std::string quoted(std::string_view text) {
  std::string result(text.substr(0, 40));
  for (char& c : result) {
    if (c < ' ' || c > '~') c = '?';
  }
  return result;
}

/// $MeshFormat with version, file type and data size; leaves `at` behind it.
MshHeader read_format(std::string_view bytes, std::size_t& at, const std::string& name) {
  if (next_line(bytes, at) != "$MeshFormat") {
    refuse(name, "not a Gmsh mesh: the file does not begin with $MeshFormat");
  }
  const std::string_view line = next_line(bytes, at);
  const std::string_view version = line.substr(0, line.find(' '));
  if (version != "2.2" && version != "4.1" && version != "2" && version != "2.0") {
    refuse(name, fmt::format("Gmsh format version '{}'; 2.2 and 4.1 are read", quoted(version)));
  }
  std::array<std::uint64_t, 2> type_size{};
  const bool complete = numbers_of(line.substr(version.size()), type_size) == 2;
  if (!complete || type_size[0] > 1 || type_size[1] != sizeof(double)) {
    refuse(name, fmt::format("a $MeshFormat line of '{}'; '{} 0 8' or '{} 1 8' is right",
                             quoted(line), version, version));
  }
  MshHeader header{version == "4.1", type_size[0] == 1, 0, 0};
  if (header.binary) {
    std::int32_t one = 0;
    if (bytes.size() - at < sizeof(one)) refuse(name, "the file ends within $MeshFormat");
    std::memcpy(&one, bytes.data() + at, sizeof(one));
    if (one != 1) refuse(name, "binary data in another machine's byte order");
    at += sizeof(one);
    next_line(bytes, at);
  }
  if (next_line(bytes, at) != "$EndMeshFormat") refuse(name, "$MeshFormat does not end");
  return header;
}

/// Finds "$section" at the beginning of a line from `at` on, and its end; returns the number
/// of entries it declares, and leaves `at` behind the end.
std::uint64_t read_section(std::string_view bytes, std::size_t& at, const MshHeader& header,
                           const std::string& section, const std::string& name) {
  const std::size_t begin = bytes.find("\n$" + section, at - 1);
  if (begin == std::string_view::npos) {
    refuse(name, fmt::format("no ${} section: the file is truncated or no mesh", section));
  }
  at = begin + 1;
  next_line(bytes, at);
  std::array<std::uint64_t, 2> counts{};
  if (header.version_4 && header.binary) {
    if (bytes.size() - at < sizeof(counts))
      refuse(name, fmt::format("the file ends in ${}", section));
    std::memcpy(counts.data(), bytes.data() + at, sizeof(counts));
  } else {
    const std::size_t wanted = header.version_4 ? 2 : 1;
    if (numbers_of(next_line(bytes, at), counts) < wanted) {
      refuse(name, fmt::format("${} does not begin with its counts", section));
    }
  }
  const std::uint64_t count = header.version_4 ? counts[1] : counts[0];
  if (count > kMaxEntries || (header.version_4 && counts[0] > kMaxEntries)) {
    refuse(name, fmt::format("${} declares {} entries; at most {} are read", section, count,
                             kMaxEntries));
  }
  // An entry takes at least two bytes, whatever the format.
  if (2 * count > bytes.size() - at) {
    refuse(name, fmt::format("${} declares {} entries but the file ends before them: it is "
                             "truncated or corrupted",
                             section, count));
  }
  const std::size_t end = bytes.find("$End" + section, at);
  if (end == std::string_view::npos) {
    refuse(name, fmt::format("${} does not end: the file is truncated", section));
  }
  at = end;
  return count;
}

}  // namespace

MshHeader read_msh_header(std::string_view bytes, const std::string& name) {
  std::size_t at = 0;
  MshHeader header = read_format(bytes, at, name);
  header.nodes = read_section(bytes, at, header, "Nodes", name);
  header.elements = read_section(bytes, at, header, "Elements", name);
  return header;
}

}  // namespace femsynth::meshes
