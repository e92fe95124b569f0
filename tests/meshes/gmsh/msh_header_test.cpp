#include "meshes/gmsh/msh_header.hpp"

#include <gmock/gmock.h>

#include "meshes/support/error.hpp"

namespace femsynth::meshes {
namespace {

using testing::HasSubstr;

const std::string kFormat22 = "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n";
const std::string kBody22 =
    "$Nodes\n3\n1 0 0 0\n2 1 0 0\n3 0 1 0\n$EndNodes\n$Elements\n1\n1 2 2 0 1 1 2 "
    "3\n$EndElements\n";

std::string fault(const std::string& bytes) {
  try {
    read_msh_header(bytes, "f.msh");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MshHeader, DeclarationsOfAFileAreRead) {
  const MshHeader header = read_msh_header(kFormat22 + kBody22, "f.msh");
  EXPECT_FALSE(header.version_4);
  EXPECT_FALSE(header.binary);
  EXPECT_EQ(header.nodes, 3u);
  EXPECT_EQ(header.elements, 1u);
}

TEST(MshHeader, SectionsBetweenAndCarriageReturnsAreNoHindrance) {
  const std::string text =
      "$MeshFormat\r\n4.1 0 8\r\n$EndMeshFormat\r\n$PhysicalNames\r\n0\r\n"
      "$EndPhysicalNames\r\n$Nodes\r\n1 3 1 3\r\n2 1 0 3\r\n1\r\n2\r\n3\r\n"
      "0 0 0\r\n1 0 0\r\n0 1 0\r\n$EndNodes\r\n$Elements\r\n1 1 1 1\r\n2 1 2 1\r\n"
      "1 1 2 3\r\n$EndElements\r\n";
  const MshHeader header = read_msh_header(text, "f.msh");
  EXPECT_TRUE(header.version_4);
  EXPECT_EQ(header.nodes, 3u);
  EXPECT_EQ(header.elements, 1u);
}

TEST(MshHeader, AScriptIsNeverTakenForAMesh) {
  EXPECT_THAT(fault("SystemCall \"touch /tmp/x\";\n"),
              HasSubstr("does not begin with $MeshFormat"));
  EXPECT_THAT(fault(""), HasSubstr("does not begin"));
  EXPECT_THAT(fault("\n" + kFormat22 + kBody22), HasSubstr("does not begin"));
}

TEST(MshHeader, EveryTruncationIsNoticed) {
  const std::string whole = kFormat22 + kBody22;
  const std::size_t end = whole.rfind("$EndElements") + std::string("$EndElements").size();
  for (std::size_t n = 0; n < end; ++n) {
    EXPECT_THAT(fault(whole.substr(0, n)), HasSubstr("f.msh: ")) << n;
  }
}

TEST(MshHeader, OtherVersionsAndLayoutsAreNamed) {
  EXPECT_THAT(fault("$MeshFormat\n4.0 0 8\n$EndMeshFormat\n" + kBody22),
              HasSubstr("version '4.0'"));
  EXPECT_THAT(fault("$MeshFormat\n1 0 8\n$EndMeshFormat\n" + kBody22), HasSubstr("version '1'"));
  EXPECT_THAT(fault("$MeshFormat\n2.2 2 8\n$EndMeshFormat\n" + kBody22), HasSubstr("'2.2 0 8'"));
  EXPECT_THAT(fault("$MeshFormat\n2.2 0 4\n$EndMeshFormat\n" + kBody22), HasSubstr("'2.2 0 8'"));
  EXPECT_THAT(fault(std::string("$MeshFormat\n2.2 1 8\n\0\0\0\1\n$EndMeshFormat\n", 40) + kBody22),
              HasSubstr("byte order"));
}

TEST(MshHeader, CountsThatTheFileCannotHoldAreRefused) {
  const auto with_count = [](const std::string& count) {
    return fault(kFormat22 + "$Nodes\n" + count + "\n$EndNodes\n$Elements\n0\n$EndElements\n");
  };
  EXPECT_THAT(with_count("1000"), HasSubstr("truncated or corrupted"));
  EXPECT_THAT(with_count("99999999999"), HasSubstr("at most"));
  EXPECT_THAT(with_count("-1"), HasSubstr("does not begin with its counts"));
  EXPECT_THAT(with_count("x"), HasSubstr("does not begin with its counts"));
}

}  // namespace
}  // namespace femsynth::meshes
