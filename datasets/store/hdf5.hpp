#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// HDF5 files as images in memory: the disk is only ever touched by our own code, which checks
/// every byte it writes and reads. (The C library, when a write fails on a full disk, leaves
/// objects open that it tries to flush again at exit.)
///
/// Layout as measured in notes/corpus.md: chunks of 64 KiB, gzip 6, fletcher32, checksummed
/// metadata (format of HDF5 1.10), no object timestamps. The same calls give the same bytes.
/// All functions may be called from any thread; one runs at a time.
namespace femsynth::datasets {

/// Builds an HDF5 file in memory.
class Hdf5Writer {
 public:
  Hdf5Writer();
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  /// A group; parents first.
  void group(const std::string& path);
  /// One-dimensional data sets.
  void bytes(const std::string& path, std::string_view values);
  void numbers(const std::string& path, std::span<const std::uint64_t> values);
  /// Attributes of the root group (`path` "/") or of any object.
  void attribute(const std::string& path, const std::string& name, const std::string& value);
  void attribute(const std::string& path, const std::string& name, std::uint64_t value);

  /// The file's bytes. Nothing can be added after that.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads an HDF5 file that is in memory. Every error is an InputError that holds HDF5's own
/// innermost reason; the caller adds which file it was.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(std::string image);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  bool has(const std::string& path) const;
  /// Elements of a one-dimensional data set.
  std::uint64_t size(const std::string& path) const;
  /// Elements [first, first + count).
  std::string bytes(const std::string& path, std::uint64_t first, std::uint64_t count) const;
  std::vector<std::uint64_t> numbers(const std::string& path, std::uint64_t first,
                                     std::uint64_t count) const;
  /// Attributes of the root group.
  std::string text_attribute(const std::string& name) const;
  std::uint64_t number_attribute(const std::string& name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace femsynth::datasets
