#include "synth/compile/toolkit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "support.hpp"

namespace femsynth::synth {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr std::array<const char*, 1> kNoSuchLibrary{"libfemsynth-no-such.so.1"};
constexpr std::array<const char*, 0> kNothing{};

std::string message_of(const LibraryQuery& query) {
  try {
    open_toolkit_library(query);
    return "it was found";
  } catch (const MissingComponent& missing) {
    EXPECT_EQ(missing.status(), ExitStatus::missing_component);
    return missing.what();
  }
}

TEST(Toolkit, SearchesTheGivenPathFirstAndTheLoadersLast) {
  const ScopedVariable path("FEMSYNTH_CUDA_PATH", "/given/toolkit");
  const ScopedVariable system("FEMSYNTH_NO_SYSTEM_CUDA", std::nullopt);
  const auto folders = library_folders();
  ASSERT_GE(folders.size(), 5U);
  EXPECT_EQ(folders[0].path, "/given/toolkit");
  EXPECT_EQ(folders[1].path, "/given/toolkit/lib64");
  EXPECT_TRUE(folders.back().path.empty());
  const auto position = [&](const char* wanted) {
    return std::find_if(folders.begin(), folders.end(),
                        [&](const ToolkitFolder& folder) { return folder.path == wanted; });
  };
  const auto wheels = position(FEMSYNTH_SOURCE_DIR "/.deps/cuda/lib");
  const auto local = position("/usr/local/cuda/lib64");
  ASSERT_NE(wheels, folders.end());
  ASSERT_NE(local, folders.end());
  EXPECT_LT(wheels, local);
}

TEST(Toolkit, HidesTheSystemWhenAskedTo) {
  const ScopedVariable system("FEMSYNTH_NO_SYSTEM_CUDA", "1");
  for (const ToolkitFolder& folder : library_folders()) {
    EXPECT_FALSE(folder.path.empty());
    EXPECT_FALSE(folder.path.string().starts_with("/usr/local/cuda")) << folder.path;
  }
}

TEST(Toolkit, SaysWhatIsMissingWhereItLookedAndHowToGetIt) {
  const ScopedVariable path("FEMSYNTH_CUDA_PATH", "/given/toolkit");
  const ScopedVariable system("FEMSYNTH_NO_SYSTEM_CUDA", std::nullopt);
  const std::string message = message_of({"FFT", "convolutions", kNoSuchLibrary, kNothing});
  EXPECT_THAT(message, HasSubstr("FFT is needed for convolutions"));
  EXPECT_THAT(message, HasSubstr("libfemsynth-no-such.so.1"));
  EXPECT_THAT(message, HasSubstr("/given/toolkit/lib64 (FEMSYNTH_CUDA_PATH)"));
  EXPECT_THAT(message, HasSubstr("the loader's path"));
  EXPECT_THAT(message, HasSubstr("scripts/setup"));
}

TEST(Toolkit, GivesTheLoadersReasonForAFileThatDoesNotLoad) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / kNoSuchLibrary[0]) << "not an ELF image";
  const ScopedVariable path("FEMSYNTH_CUDA_PATH", folder.path().string());
  const std::string message = message_of({"FFT", "convolutions", kNoSuchLibrary, kNothing});
  EXPECT_THAT(message, HasSubstr("does not load: "));
  EXPECT_THAT(message, HasSubstr(folder.path().string() + "/libfemsynth-no-such.so.1"));
}

TEST(Toolkit, OpensALibraryAndChecksItsFunctions) {
  constexpr std::array names{"libm.so.6"};
  const ScopedVariable system("FEMSYNTH_NO_SYSTEM_CUDA", std::nullopt);
  const SharedLibrary library = open_toolkit_library({"libm", "mathematics", names, kNothing});
  EXPECT_TRUE(library.path().is_absolute()) << library.path();
  EXPECT_EQ(library.function<double (*)(double)>("sqrt")(9.0), 3.0);
  EXPECT_FALSE(library.has("no_such_function"));
  EXPECT_THROW(library.function<void (*)()>("no_such_function"), MissingComponent);
}

TEST(Toolkit, FindsProgramsInTheToolkitBeforePath) {
  const TemporaryFolder folder;
  fs::create_directory(folder.path() / "bin");
  const fs::path tool = folder.path() / "bin/femsynth-tool";
  std::ofstream(tool) << "#!/bin/sh\n";
  const ScopedVariable search("PATH", (folder.path() / "bin").string() + "::relative");
  EXPECT_TRUE(find_toolkit_program("femsynth-tool").empty()) << "it may not be run yet";
  fs::permissions(tool, fs::perms::owner_all);
  EXPECT_EQ(find_toolkit_program("femsynth-tool"), tool);
  const ScopedVariable none("PATH", "");
  EXPECT_TRUE(find_toolkit_program("femsynth-tool").empty());
  const ScopedVariable root("FEMSYNTH_CUDA_PATH", folder.path().string());
  EXPECT_EQ(find_toolkit_program("femsynth-tool"), tool);
}

}  // namespace
}  // namespace femsynth::synth
