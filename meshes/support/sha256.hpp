#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace femsynth {

/// A SHA-256 digest (FIPS 180-4), 32 bytes.
using Sha256 = std::array<std::uint8_t, 32>;

/// Digest of a byte range.
Sha256 sha256(std::span<const std::byte> bytes);
/// Digest of a text.
Sha256 sha256(std::string_view text);
/// 64 lower-case hexadecimal digits.
std::string hex(const Sha256& digest);

}  // namespace femsynth
