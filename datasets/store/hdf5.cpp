#include "datasets/store/hdf5.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>

#include "meshes/support/error.hpp"

namespace femsynth::datasets {
namespace {

constexpr hsize_t chunk_bytes = 64 * 1024;
constexpr unsigned gzip_level = 6;

/// Debian's serial HDF5 is not built thread safe.
std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

herr_t keep_innermost(unsigned /*depth*/, const H5E_error2_t* entry, void* reason) {
  if (entry->desc != nullptr) *static_cast<std::string*>(reason) = entry->desc;
  return 0;
}

/// HDF5's own words for the last failure: the innermost entry of its error stack.
std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &reason);
  H5Eclear2(H5E_DEFAULT);
  return reason.empty() ? "no reason given" : reason;
}

[[noreturn]] void fail(const std::string& what) {
  throw InputError(fmt::format("{} (HDF5: {})", what, hdf5_reason()));
}

/// An HDF5 identifier, closed on every way out.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close, const std::string& what) : id_(id), close_(close) {
    if (id < 0) fail(what);
  }
  Handle(Handle&& other) noexcept : id_(other.id_), close_(other.close_) { other.id_ = -1; }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { reset(); }
  void reset() {
    if (id_ >= 0) close_(id_);
    id_ = -1;
  }
  hid_t get() const { return id_; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

void check(herr_t status, const std::string& what) {
  if (status < 0) fail(what);
}

/// Files that live in memory alone.
Handle memory_access() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // its reasons go into our messages
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "cannot set up HDF5");
  check(H5Pset_fapl_core(access.get(), std::size_t{1} << 20, 0), "cannot set up HDF5");
  check(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110), "cannot set up HDF5");
  return access;
}

/// HDF5 takes two files in memory for one and the same if they share a name. The name does not
/// enter the file.
std::string unique_name() {
  static std::atomic<unsigned long> serial{0};
  return fmt::format("shard {}", serial++);
}

Handle simple_space(hsize_t size) {
  return {H5Screate_simple(1, &size, nullptr), H5Sclose, "cannot describe a data set"};
}

/// Creation properties of a data set of `count` elements of `element_bytes`.
Handle dataset_properties(hsize_t count, hsize_t element_bytes) {
  Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "cannot describe a data set");
  check(H5Pset_obj_track_times(properties.get(), false), "cannot switch off timestamps");
  if (count == 0) return properties;  // a chunk cannot be larger than its data set
  const hsize_t chunk = std::min<hsize_t>(count, chunk_bytes / element_bytes);
  check(H5Pset_chunk(properties.get(), 1, &chunk), "cannot set the chunk size");
  check(H5Pset_deflate(properties.get(), gzip_level), "cannot use the gzip filter");
  check(H5Pset_fletcher32(properties.get()), "cannot use the fletcher32 filter");
  return properties;
}

/// End of the file as its superblock has it (version 2 or 3, 8-byte addresses: HDF5 file format
/// specification 3.0, II.A); HDF5 does not compare it for files in memory. 0: another version.
std::uint64_t recorded_size(const std::string& image) {
  constexpr std::size_t version_at = 8;
  constexpr std::size_t address_size_at = 9;
  constexpr std::size_t end_at = 28;
  if (image.size() < end_at + 8 || image[version_at] < 2 || image[address_size_at] != 8) return 0;
  std::uint64_t end = 0;
  for (int i = 7; i >= 0; --i) {
    end = end << 8 | static_cast<unsigned char>(image[end_at + static_cast<std::size_t>(i)]);
  }
  return end;
}

/// The memory of a file that is being written. HDF5 gives it back when the file is closed, and
/// only then is it whole: the image that H5Fget_file_image takes of an open file has its "open
/// for writing" flag cleared, but not the superblock's checksum corrected (1.10.8).
struct Image {
  std::string bytes;  ///< set on closing
  std::size_t size = 0;
};

void* grow_image(void* memory, std::size_t size, H5FD_file_image_op_t /*op*/, void* /*image*/) {
  return std::realloc(memory, size);
}

herr_t take_image(void* memory, H5FD_file_image_op_t op, void* user) {
  auto* image = static_cast<Image*>(user);
  if (op == H5FD_FILE_IMAGE_OP_FILE_CLOSE && image->size > 0) {
    image->bytes.assign(static_cast<const char*>(memory), image->size);
  }
  std::free(memory);
  return 0;
}

void* same_user(void* user) { return user; }
herr_t keep_user(void* /*user*/) { return 0; }

}  // namespace

struct Hdf5Writer::State {
  Image image;
  Handle file;

  void write(const std::string& path, hid_t stored, hid_t memory, const void* values, hsize_t count,
             hsize_t element_bytes) {
    const Handle space = simple_space(count);
    const Handle properties = dataset_properties(count, element_bytes);
    const Handle set(H5Dcreate2(file.get(), path.c_str(), stored, space.get(), H5P_DEFAULT,
                                properties.get(), H5P_DEFAULT),
                     H5Dclose, "cannot create " + path);
    if (count == 0) return;
    check(H5Dwrite(set.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values),
          "cannot write " + path);
  }

  void write_attribute(const std::string& path, const std::string& name, hid_t stored, hid_t memory,
                       const void* value) {
    const std::string what = fmt::format("cannot write attribute {} of {}", name, path);
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose, what);
    const Handle object(H5Oopen(file.get(), path.c_str(), H5P_DEFAULT), H5Oclose, what);
    const Handle attribute(
        H5Acreate2(object.get(), name.c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose, what);
    check(H5Awrite(attribute.get(), memory, value), what);
  }
};

Hdf5Writer::Hdf5Writer() : state_(std::make_unique<State>()) {
  const std::lock_guard lock(library_mutex());
  const Handle access = memory_access();
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "cannot set up HDF5");
  check(H5Pset_obj_track_times(creation.get(), false), "cannot switch off timestamps");
  H5FD_file_image_callbacks_t callbacks{nullptr,   nullptr,   grow_image,    take_image,
                                        same_user, keep_user, &state_->image};
  check(H5Pset_file_image_callbacks(access.get(), &callbacks), "cannot set up HDF5");
  state_->file =
      Handle(H5Fcreate(unique_name().c_str(), H5F_ACC_TRUNC, creation.get(), access.get()),
             H5Fclose, "cannot create an HDF5 file in memory");
}

Hdf5Writer::~Hdf5Writer() {
  const std::lock_guard lock(library_mutex());
  state_->file.reset();
}

void Hdf5Writer::group(const std::string& path) {
  const std::lock_guard lock(library_mutex());
  const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "cannot describe a group");
  check(H5Pset_obj_track_times(creation.get(), false), "cannot switch off timestamps");
  const Handle made(
      H5Gcreate2(state_->file.get(), path.c_str(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
      H5Gclose, "cannot create group " + path);
}

void Hdf5Writer::bytes(const std::string& path, std::string_view values) {
  const std::lock_guard lock(library_mutex());
  state_->write(path, H5T_STD_U8LE, H5T_NATIVE_UINT8, values.data(), values.size(), 1);
}

void Hdf5Writer::numbers(const std::string& path, std::span<const std::uint64_t> values) {
  const std::lock_guard lock(library_mutex());
  state_->write(path, H5T_STD_U64LE, H5T_NATIVE_UINT64, values.data(), values.size(), 8);
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name,
                           const std::string& value) {
  const std::lock_guard lock(library_mutex());
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "cannot describe an attribute");
  check(H5Tset_size(type.get(), std::max<std::size_t>(value.size(), 1)),
        "cannot describe an attribute");
  check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "cannot describe an attribute");
  check(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "cannot describe an attribute");
  state_->write_attribute(path, name, type.get(), type.get(), value.c_str());
}

void Hdf5Writer::attribute(const std::string& path, const std::string& name, std::uint64_t value) {
  const std::lock_guard lock(library_mutex());
  state_->write_attribute(path, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, &value);
}

std::string Hdf5Writer::finish() {
  const std::lock_guard lock(library_mutex());
  const hid_t file = state_->file.get();
  check(H5Fflush(file, H5F_SCOPE_GLOBAL), "cannot finish an HDF5 file");
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  if (size <= 0) fail("cannot finish an HDF5 file");
  state_->image.size = static_cast<std::size_t>(size);
  state_->file.reset();
  if (state_->image.bytes.empty()) throw InternalError("HDF5 kept the image of a shard");
  std::string bytes = std::move(state_->image.bytes);
  const std::uint64_t end = recorded_size(bytes);  // closing gives back what it did not use
  if (end == 0 || end > bytes.size()) throw InternalError("the image of a shard is not whole");
  bytes.resize(end);
  return bytes;
}

struct Hdf5Reader::State {
  Handle file;

  struct Opened {
    Handle set;
    Handle space;
    std::uint64_t size;
  };
  Opened open(const std::string& path) const {
    Handle set(H5Dopen2(file.get(), path.c_str(), H5P_DEFAULT), H5Dclose, "cannot open " + path);
    Handle space(H5Dget_space(set.get()), H5Sclose, "cannot open " + path);
    hsize_t size = 0;
    if (H5Sget_simple_extent_ndims(space.get()) != 1 ||
        H5Sget_simple_extent_dims(space.get(), &size, nullptr) != 1) {
      throw InputError(path + " is not one-dimensional");
    }
    return {std::move(set), std::move(space), size};
  }

  void read(const std::string& path, hid_t memory, void* values, hsize_t first,
            hsize_t count) const {
    const Opened opened = open(path);
    if (first > opened.size || count > opened.size - first) {
      throw InputError(fmt::format("{} has {} elements; {} from {} on do not exist", path,
                                   opened.size, count, first));
    }
    if (count == 0) return;
    check(H5Sselect_hyperslab(opened.space.get(), H5S_SELECT_SET, &first, nullptr, &count, nullptr),
          "cannot read " + path);
    const Handle space = simple_space(count);
    check(H5Dread(opened.set.get(), memory, space.get(), opened.space.get(), H5P_DEFAULT, values),
          "cannot read " + path);
  }
};

Hdf5Reader::Hdf5Reader(std::string image) : state_(std::make_unique<State>()) {
  const std::lock_guard lock(library_mutex());
  const Handle access = memory_access();
  check(H5Pset_file_image(access.get(), image.data(), image.size()), "cannot open");
  state_->file = Handle(H5Fopen(unique_name().c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose,
                        "not a readable HDF5 file");
  const std::uint64_t end = recorded_size(image);
  if (end > image.size()) {
    throw InputError(fmt::format("truncated: {} bytes of {}", image.size(), end));
  }
}

Hdf5Reader::~Hdf5Reader() {
  const std::lock_guard lock(library_mutex());
  state_->file.reset();
}

bool Hdf5Reader::has(const std::string& path) const {
  const std::lock_guard lock(library_mutex());
  const htri_t found = H5Lexists(state_->file.get(), path.c_str(), H5P_DEFAULT);
  H5Eclear2(H5E_DEFAULT);
  return found > 0;
}

std::uint64_t Hdf5Reader::size(const std::string& path) const {
  const std::lock_guard lock(library_mutex());
  return state_->open(path).size;
}

std::string Hdf5Reader::bytes(const std::string& path, std::uint64_t first,
                              std::uint64_t count) const {
  const std::lock_guard lock(library_mutex());
  // The extent is known before memory is asked for: a corrupted count must not allocate.
  if (count > state_->open(path).size) {
    throw InputError(fmt::format("{} has fewer than {} bytes", path, count));
  }
  std::string values(count, '\0');
  state_->read(path, H5T_NATIVE_UINT8, values.data(), first, count);
  return values;
}

std::vector<std::uint64_t> Hdf5Reader::numbers(const std::string& path, std::uint64_t first,
                                               std::uint64_t count) const {
  const std::lock_guard lock(library_mutex());
  if (count > state_->open(path).size) {
    throw InputError(fmt::format("{} has fewer than {} elements", path, count));
  }
  std::vector<std::uint64_t> values(count);
  state_->read(path, H5T_NATIVE_UINT64, values.data(), first, count);
  return values;
}

std::string Hdf5Reader::text_attribute(const std::string& name) const {
  const std::lock_guard lock(library_mutex());
  const std::string what = "no attribute " + name;
  const Handle attribute(
      H5Aopen_by_name(state_->file.get(), "/", name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      what);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose, what);
  if (H5Tget_class(type.get()) != H5T_STRING || H5Tis_variable_str(type.get()) > 0) {
    throw InputError("attribute " + name + " is not a text of fixed length");
  }
  std::string value(H5Tget_size(type.get()), '\0');
  check(H5Aread(attribute.get(), type.get(), value.data()), what);
  if (value == std::string(1, '\0')) value.clear();
  return value;
}

std::uint64_t Hdf5Reader::number_attribute(const std::string& name) const {
  const std::lock_guard lock(library_mutex());
  const std::string what = "no attribute " + name;
  const Handle attribute(
      H5Aopen_by_name(state_->file.get(), "/", name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
      what);
  const Handle type(H5Aget_type(attribute.get()), H5Tclose, what);
  if (H5Tget_class(type.get()) != H5T_INTEGER) {
    throw InputError("attribute " + name + " is not an integer");
  }
  std::uint64_t value = 0;
  check(H5Aread(attribute.get(), H5T_NATIVE_UINT64, &value), what);
  return value;
}

}  // namespace femsynth::datasets
