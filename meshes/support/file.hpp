#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace femsynth {

/// The whole of a file. Throws InputError with the system's reason, also when
/// the file is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path,
                      std::size_t max_bytes = std::size_t{1} << 30);

/// Replaces a file as one step that a kill or power cut cannot halve: temporary
/// name in the same folder, fsync, rename, fsync of the folder. A symbolic link
/// stays, the file behind it is replaced; a device or pipe is written to. Throws
/// InputError with the system's reason (full disk, read-only folder).
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// fsync of a file that is complete, rename to `to`, fsync of `to`'s folder.
/// Throws InputError with the system's reason, and where `to` is a device or pipe.
void publish_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace femsynth
