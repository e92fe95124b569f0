#include "meshes/support/sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "meshes/support/error.hpp"

namespace femsynth {

Sha256 sha256(std::span<const std::byte> bytes) {
  Sha256 digest{};
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1 ||
      length != digest.size()) {
    throw InternalError("OpenSSL refused to compute a SHA-256 digest");
  }
  return digest;
}

Sha256 sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text))); }

std::string hex(const Sha256& digest) {
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace femsynth
