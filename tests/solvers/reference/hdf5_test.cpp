#include <gtest/gtest.h>
#include <hdf5.h>

#include <array>

#include "oracle.hpp"

namespace femsynth::solvers {
namespace {

/// Writes three numbers into a file in memory with the program's HDF5 and reads them back.
std::array<double, 3> round_trip(const char* name) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 16, false);
  const hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hsize_t size = 3;
  const hid_t space = H5Screate_simple(1, &size, nullptr);
  const hid_t data =
      H5Dcreate2(file, "x", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const std::array<double, 3> values{1.0, 2.0, 3.0};
  H5Dwrite(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  std::array<double, 3> read{};
  H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, read.data());
  H5Dclose(data);
  H5Sclose(space);
  H5Fclose(file);
  H5Pclose(access);
  return read;
}

TEST(Module, LivesWithTheProgramsOwnHdf5InOneProcess) {
  // deal.II brings HDF5 built for MPI; the program's is the serial one. Symbols are versioned.
  const std::array<double, 3> expected{1.0, 2.0, 3.0};
  EXPECT_EQ(round_trip("before.h5"), expected);
  EXPECT_EQ(oracle().name(), "dealii");
  Case c(small_mesh(meshes::CellType::triangle));
  c.add(fem::real(c.graph, 2.0), own_rule_of(0));
  EXPECT_NEAR(c.value(), 2.0, 1e-14);
  EXPECT_EQ(round_trip("after.h5"), expected);
}

}  // namespace
}  // namespace femsynth::solvers
