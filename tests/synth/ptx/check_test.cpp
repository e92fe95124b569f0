// Every check of the emulator, planted and rejected, with what its message must say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "meshes/support/error.hpp"
#include "ptx_runner.hpp"

namespace femsynth::synth::ptx::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kRegisters = R"(
.reg .pred %p<8>; .reg .b32 %r<20>; .reg .b64 %rd<20>; .reg .f64 %fd<8>;
ld.param.u64 %rd1, [p0]; ld.param.u64 %rd2, [p1];
mov.u32 %r1, %tid.x; mul.wide.s32 %rd3, %r1, 8;
add.s64 %rd4, %rd1, %rd3; add.s64 %rd5, %rd2, %rd3;
mov.f64 %fd1, 0d3FF0000000000000;
)";

/// Runs a body over an input `x` and an output `y` of `n` doubles each; the fault's message.
std::string message(const std::string& body, std::uint32_t threads = 8, LaunchOptions options = {},
                    std::uint32_t blocks = 1, std::size_t n = 8, const std::string& scope = "") {
  const auto module = decode(kernel_text(2, 0, kRegisters + body, scope));
  std::vector<TestBuffer> buffers{TestBuffer::of("x", std::vector<double>(n, 1.0)),
                                  TestBuffer::of("y", std::vector<double>(n, 2.0), true)};
  return fault_of([&] { launch(*module, "k", buffers, {}, threads, blocks, options); });
}

TEST(Check, AccessesWithinBoundsPass) {
  EXPECT_EQ(message("ld.global.f64 %fd2, [%rd4];\nst.global.f64 [%rd5], %fd2;"), "");
}

TEST(Check, ReadPastTheEnd) {
  const std::string what = message("\n\nld.global.f64 %fd2, [%rd4];", 9);
  EXPECT_THAT(
      what,
      AllOf(HasSubstr("kernel 'k'"), HasSubstr("PTX line 14: ld.global.f64 %fd2, [%rd4];"),
            HasSubstr("thread (8,0,0) of block (0,0,0)"),
            HasSubstr("out of bounds read of 8 bytes"), HasSubstr("'x', offset 64 of 64 bytes")));
}

TEST(Check, ReadBeforeTheBeginning) {
  EXPECT_THAT(message("ld.global.f64 %fd2, [%rd4+-8];"), HasSubstr("'x', offset -8 of 64 bytes"));
}

TEST(Check, AnUnsignedIndexGoneNegativeStillNamesItsBuffer) {
  EXPECT_THAT(message("mul.wide.u32 %rd6, 4294967295, 8; add.s64 %rd6, %rd6, %rd1; ld.global.f64 "
                      "%fd2, [%rd6];"),
              HasSubstr("'x', offset 34359738360 of 64 bytes"));
}

TEST(Check, AddressOfNothing) {
  EXPECT_THAT(message("ld.global.f64 %fd2, [%rd3];"), HasSubstr("belongs to no buffer"));
  EXPECT_THAT(message("mov.u64 %rd6, -8; ld.global.f64 %fd2, [%rd6];"),
              HasSubstr("belongs to no buffer"));
}

TEST(Check, VectorsMayNotReachPastTheEnd) {
  EXPECT_THAT(message("ld.global.v2.f64 {%fd2, %fd3}, [%rd1+64];"),
              HasSubstr("out of bounds read of 16 bytes"));
  EXPECT_THAT(message("ld.global.v2.f64 {%fd2, %fd3}, [%rd1+56];"),
              HasSubstr("misaligned read of 16 bytes"));
}

TEST(Check, WritePastTheEnd) {
  EXPECT_THAT(message("st.global.f64 [%rd5], %fd1;", 9),
              AllOf(HasSubstr("out of bounds write"), HasSubstr("'y', offset 64")));
  EXPECT_THAT(message("red.global.add.f64 [%rd5], %fd1;", 9),
              HasSubstr("out of bounds atomic access"));
}

TEST(Check, Misaligned) {
  EXPECT_THAT(message("ld.global.f64 %fd2, [%rd4+4];", 7), HasSubstr("misaligned read of 8 bytes"));
  EXPECT_THAT(message("st.global.f64 [%rd5+2], %fd1;", 7),
              HasSubstr("misaligned write of 8 bytes"));
}

TEST(Check, WriteToAnInput) {
  EXPECT_THAT(message("st.global.f64 [%rd4], %fd1;"),
              AllOf(HasSubstr("write to memory that is no output"), HasSubstr("'x'")));
  EXPECT_THAT(message("red.global.add.f64 [%rd4], %fd1;"), HasSubstr("no output"));
}

TEST(Check, WriteToAModuleVariable) {
  EXPECT_THAT(message("st.global.f64 [table], %fd1;", 1, {}, 1, 8,
                      ".global .align 8 .b8 table[16] = {1, 2};\n"),
              AllOf(HasSubstr("no output"), HasSubstr("'table'")));
}

TEST(Check, ReadOfAnUnwrittenOutput) {
  LaunchOptions strict;
  strict.outputs_uninitialised = true;
  const std::string body = "ld.global.f64 %fd2, [%rd5];\nst.global.f64 [%rd5], %fd2;";
  EXPECT_EQ(message(body), "");
  EXPECT_THAT(message(body, 8, strict), HasSubstr("read of an output that was never written"));
  EXPECT_EQ(message("st.global.f64 [%rd5], %fd1;\nld.global.f64 %fd2, [%rd5];", 8, strict), "");
  EXPECT_EQ(message("red.global.add.f64 [%rd5], %fd1;", 8, strict), "");
}

TEST(Check, TwoThreadsWriteOneAddress) {
  EXPECT_THAT(
      message("st.global.f64 [%rd2], %fd1;"),
      AllOf(HasSubstr("race"), HasSubstr("thread (1,0,0)"), HasSubstr("thread 0 of block 0")));
  EXPECT_EQ(message("st.global.f64 [%rd2], %fd1;", 1), "");
}

TEST(Check, TwoLanesWriteOneAddressThatTheyComputeThemselves) {
  const std::string pairs =
      "shr.u32 %r2, %r1, 1; mul.wide.s32 %rd6, %r2, 8; add.s64 %rd6, %rd2, %rd6;\n";
  EXPECT_THAT(message(pairs + "st.global.f64 [%rd6], %fd1;"), HasSubstr("race: write"));
  EXPECT_EQ(message(pairs + "red.global.add.f64 [%rd6], %fd1;"), "");
  EXPECT_EQ(message("st.global.f64 [%rd5], %fd1;\nst.global.f64 [%rd5], %fd1;"), "");
  EXPECT_THAT(message("st.global.f64 [%rd5], %fd1;\n" + pairs + "red.global.add.f64 [%rd6], %fd1;"),
              HasSubstr("race: atomic access"));
}

TEST(Check, BlocksRaceToo) {
  EXPECT_THAT(message("st.global.f64 [%rd5], %fd1;", 4, {}, 2),
              AllOf(HasSubstr("race"), HasSubstr("block (1,0,0)")));
}

TEST(Check, OneThreadReadsWhatAnotherWrites) {
  // Each thread writes its word and reads its neighbour's.
  EXPECT_THAT(message("xor.b32 %r2, %r1, 1; mul.wide.s32 %rd6, %r2, 8; add.s64 %rd6, %rd2, %rd6;\n"
                      "st.global.f64 [%rd5], %fd1;\nld.global.f64 %fd2, [%rd6];"),
              HasSubstr("race: read"));
  EXPECT_THAT(message("xor.b32 %r2, %r1, 1; mul.wide.s32 %rd6, %r2, 8; add.s64 %rd6, %rd2, %rd6;\n"
                      "ld.global.f64 %fd2, [%rd6];\nst.global.f64 [%rd5], %fd1;"),
              HasSubstr("race: write"));
  // A barrier between them orders the two.
  EXPECT_EQ(message("xor.b32 %r2, %r1, 1; mul.wide.s32 %rd6, %r2, 8; add.s64 %rd6, %rd2, %rd6;\n"
                    "st.global.f64 [%rd5], %fd1;\nbar.sync 0;\nld.global.f64 %fd2, [%rd6];"),
            "");
}

TEST(Check, AtomicsOfManyThreadsAreNoRaceButAPlainAccessBesideThemIs) {
  EXPECT_EQ(message("red.global.add.f64 [%rd2], %fd1;", 8, {}, 3), "");
  EXPECT_THAT(message("red.global.add.f64 [%rd2], %fd1;\nld.global.f64 %fd2, [%rd2];"),
              HasSubstr("race: read"));
  EXPECT_THAT(message("setp.eq.s32 %p1, %r1, 0; @%p1 st.global.f64 [%rd2], "
                      "%fd1;\nred.global.add.f64 [%rd2], %fd1;"),
              HasSubstr("race: atomic access"));
}

constexpr const char* kShared =
    ".shared .align 8 .b8 s[64]; mov.u64 %rd7, s; add.s64 %rd8, %rd7, %rd3;\n";

TEST(Check, SharedMemory) {
  const std::string s = kShared;
  EXPECT_EQ(message(s + "st.shared.f64 [%rd8], %fd1;\nld.shared.f64 %fd2, [%rd8];"), "");
  EXPECT_THAT(
      message(s + "st.shared.f64 [%rd8], %fd1;", 9),
      AllOf(HasSubstr("out of bounds write"), HasSubstr("shared variable 's', offset 64 of 64")));
  EXPECT_THAT(message(s + "ld.shared.f64 %fd2, [%rd8];"),
              HasSubstr("read of shared memory that was never written"));
  EXPECT_THAT(message(s + "st.shared.f64 [%rd7], %fd1;"),
              HasSubstr("race: write of shared memory that thread 0 also accesses"));
  EXPECT_THAT(message(s + "st.shared.f64 [%rd8], %fd1;\nld.shared.f64 %fd2, [s+8];"),
              HasSubstr("race: read of shared memory"));
  EXPECT_EQ(message(s + "st.shared.f64 [%rd8], %fd1;\nbar.sync 0;\nld.shared.f64 %fd2, [s+8];"),
            "");
  EXPECT_EQ(
      message(s + "st.shared.f64 [%rd8], %fd1;\nbar.warp.sync -1;\nld.shared.f64 %fd2, [s+8];"),
      "");
  EXPECT_THAT(message(s + "st.shared.f64 [%rd8+4], %fd1;"), HasSubstr("misaligned"));
}

TEST(Check, AWarpBarrierDoesNotOrderOtherWarps) {
  const std::string s = R"(
.shared .align 8 .b8 t[512]; mov.u64 %rd7, t; add.s64 %rd8, %rd7, %rd3;
xor.b32 %r2, %r1, 32; mul.wide.s32 %rd9, %r2, 8; add.s64 %rd9, %rd7, %rd9;
st.shared.f64 [%rd8], %fd1; bar.sync 0; st.shared.f64 [%rd8], %fd1; bar.warp.sync -1;
)";
  EXPECT_THAT(message(s + "ld.shared.f64 %fd2, [%rd9];", 64, {}, 1, 64), HasSubstr("race"));
  EXPECT_EQ(message(s + "bar.sync 0;\nld.shared.f64 %fd2, [%rd9];", 64, {}, 1, 64), "");
}

TEST(Check, LocalMemory) {
  const std::string s = ".local .align 8 .b8 l[32]; .reg .b64 %SPL; mov.u64 %SPL, l;\n";
  EXPECT_EQ(message(s + "st.local.f64 [%SPL+8], %fd1;\nld.local.f64 %fd2, [%SPL+8];"), "");
  EXPECT_THAT(message(s + "ld.local.f64 %fd2, [%SPL+8];"),
              AllOf(HasSubstr("read of local memory that was never written"),
                    HasSubstr("local variable 'l', offset 8 of 32")));
  EXPECT_THAT(message(s + "st.local.f32 [%SPL+8], 0f00000000;\nld.local.f64 %fd2, [%SPL+8];"),
              HasSubstr("never written"));
  EXPECT_THAT(message(s + "st.local.f64 [%SPL+32], %fd1;"), HasSubstr("out of bounds write"));
  EXPECT_THAT(message(s + "st.local.f64 [%SPL+-8], %fd1;"), HasSubstr("out of bounds write"));
  EXPECT_THAT(message(s + "st.local.f64 [%SPL+4], %fd1;"), HasSubstr("misaligned"));
  // By an address that differs by lane, and through a generic one.
  EXPECT_THAT(message(s + "add.s64 %rd6, %SPL, %rd3; st.local.f64 [%rd6], %fd1;"),
              AllOf(HasSubstr("thread (4,0,0)"), HasSubstr("out of bounds write")));
  EXPECT_THAT(
      message(s + "cvta.local.u64 %rd6, %SPL; add.s64 %rd6, %rd6, %rd3; ld.f64 %fd2, [%rd6];"),
      HasSubstr("never written"));
  // Half of the lanes write, all read.
  EXPECT_THAT(
      message(
          s +
          "setp.lt.s32 %p1, %r1, 4; @%p1 st.local.f64 [%SPL], %fd1;\nld.local.f64 %fd2, [%SPL];"),
      AllOf(HasSubstr("thread (4,0,0)"), HasSubstr("never written")));
}

TEST(Check, GenericAddressesReachEverySpace) {
  const std::string s =
      std::string(kShared) +
      ".local .align 8 .b8 l[32];\n"
      "st.shared.f64 [%rd8], 0d4000000000000000; cvta.shared.u64 %rd9, %rd8; ld.f64 %fd2, [%rd9];\n"
      "mov.u64 %rd10, l; cvta.local.u64 %rd10, %rd10; st.f64 [%rd10+8], %fd2; ld.local.f64 %fd3, "
      "[l+8];\n"
      "ld.f64 %fd4, [%rd4]; add.f64 %fd4, %fd4, %fd3; st.f64 [%rd5], %fd4;";
  const auto module = decode(kernel_text(2, 0, kRegisters + s));
  std::vector<TestBuffer> buffers{TestBuffer::of("x", std::vector<double>(8, 1.0)),
                                  TestBuffer::of("y", std::vector<double>(8, 2.0), true)};
  launch(*module, "k", buffers, {}, 8);
  EXPECT_EQ(buffers[1].as<double>(), std::vector<double>(8, 3.0));
}

TEST(Check, BarriersMustBeReachedByTheWholeBlock) {
  EXPECT_THAT(
      message("setp.lt.s32 %p1, %r1, 4; @%p1 bra L;\nbar.sync 0;\nL: st.global.f64 [%rd5], %fd1;"),
      HasSubstr("barrier reached by lanes 0x000000f0 of warp 0 only"));
  EXPECT_THAT(message("setp.lt.s32 %p1, %r1, 4; @%p1 exit;\nbar.sync 0;"),
              HasSubstr("barrier reached by lanes"));
  EXPECT_THAT(message("setp.lt.s32 %p1, %r1, 32; @%p1 exit;\nbar.sync 0;", 64),
              HasSubstr("warp 1 waits at a barrier that warp 0 has ended without"));
  EXPECT_THAT(
      message("setp.lt.s32 %p1, %r1, 32; @%p1 bra L;\nbar.sync 0;\nbra M;\nL: bar.sync 0;\nM: ret;",
              64),
      HasSubstr("waits at this barrier, warp"));
}

TEST(Check, EndlessLoopsMeetTheBudget) {
  LaunchOptions options;
  options.instruction_budget = 100'000;
  EXPECT_THAT(message("L: add.s32 %r2, %r2, 1; bra L;", 8, options),
              HasSubstr("exceeds its budget of 100000 instructions"));
}

TEST(Check, Trap) { EXPECT_THAT(message("trap;"), HasSubstr("trap")); }

TEST(Check, ShuffleFromALaneThatDoesNotTakePart) {
  EXPECT_THAT(message("setp.lt.s32 %p1, %r1, 4; @%p1 bra L;\nshfl.sync.idx.b32 %r2, %r1, 0, 31, "
                      "-1;\nL: st.global.f64 [%rd5], %fd1;"),
              HasSubstr("shuffle from lane 0, which does not take part"));
  EXPECT_THAT(message("setp.lt.s32 %p1, %r1, 4; @%p1 bra L;\nvote.sync.any.pred %p2, %p1, -1;\nL: "
                      "st.global.f64 [%rd5], %fd1;"),
              HasSubstr("vote among lanes"));
}

// --- what is refused at load ---

std::string refusal(const std::string& body, const std::string& scope = "") {
  try {
    decode(kernel_text(2, 0, kRegisters + body, scope));
  } catch (const LocatedError& error) {
    return error.what();
  }
  return "";
}

TEST(Refuse, UnknownInstructionsByNameAndLine) {
  EXPECT_THAT(refusal("\nwgmma.fence.sync.aligned;"),
              AllOf(HasSubstr("PTX:13:1: error:"),
                    HasSubstr("unsupported instruction 'wgmma.fence.sync.aligned'")));
  EXPECT_THAT(refusal("tex.1d.v4.f32.s32 {%r1, %r1, %r1, %r1}, [a, {%r1}];"), HasSubstr("error"));
  EXPECT_THAT(refusal("match.any.sync.b32 %r1, %r1, -1;"),
              HasSubstr("unsupported instruction 'match.any.sync.b32'"));
}

TEST(Refuse, UnknownModifiersTypesAndOperands) {
  EXPECT_THAT(refusal("add.rna.f64 %fd1, %fd1, %fd1;"),
              HasSubstr("unsupported modifier '.rna' of 'add.rna.f64'"));
  EXPECT_THAT(refusal("add.f16x2 %r1, %r1, %r1;"), HasSubstr("unsupported"));
  EXPECT_THAT(refusal("add.f64 %fd1, %fd1;"), HasSubstr("takes 3 operands here, not 2"));
  EXPECT_THAT(refusal("add.f64 %fd1, %fd1, %r1;"), HasSubstr("'%r1' does not fit the type"));
  EXPECT_THAT(refusal("add.s32 %r1, %r1, nowhere;"), HasSubstr("unsupported operand 'nowhere'"));
  EXPECT_THAT(refusal("mov.u32 %r1, %clock;"), HasSubstr("unsupported special register '%clock'"));
  EXPECT_THAT(refusal("bra NOWHERE;"), HasSubstr("no label 'NOWHERE'"));
  EXPECT_THAT(refusal("cvt.s32.f64 %r1, %fd1;"), HasSubstr("needs a rounding"));
  EXPECT_THAT(refusal("mov.b64 %rd1, p0;"), HasSubstr("address of a parameter"));
  EXPECT_THAT(refusal("ld.param.u64 %rd1, [p0+8];"), HasSubstr("does not lie in the parameter"));
}

TEST(Refuse, CallsOfWhatIsNotThere) {
  EXPECT_THAT(refusal("call.uni vprintf, ();", ".extern .func vprintf();\n"),
              HasSubstr("'vprintf' is called, but the module does not define it"));
  EXPECT_THAT(refusal("call f, ();", ".func f()\n{\ncall f, ();\nret;\n}\n"),
              HasSubstr("recursive"));
}

TEST(Refuse, BrokenText) {
  for (const std::string text :
       {"@", "{", "add.s32 %r1, %r1", "add.s32 %r1 %r1 %r1;", ".reg .b32 %x<",
        "mov.b64 %rd1, {%r1, {{{{;", "ld.global.f64 %fd1, [%rd1+;"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
  EXPECT_NE(refusal(std::string(100000, '{')), "");
  EXPECT_NE(refusal("mov.b64 %rd1, " + std::string(100000, '{')), "");
  EXPECT_NE(refusal("mov.b64 %rd1, " + std::string(100000, '!')), "");
  EXPECT_NE(refusal("ret;", ".global .align 8 .b8 big[99999999999999];"), "");
  EXPECT_NE(refusal("ret;", ".extern .shared .align 8 .b8 dynamic[];"), "");
}

TEST(Refuse, EveryPrefixOfAModuleEndsInAnErrorOrAModule) {
  const std::string text = fixture("control.ptx");
  for (std::size_t length = 0; length < text.size(); length += 37) {
    try {
      decode(text.substr(0, length));
    } catch (const LocatedError&) {
    }
  }
}

// Lines of a real module are dropped, doubled, exchanged or get other registers: whatever comes out
// is refused, runs, or ends in a fault.
TEST(Refuse, MutatedModulesAreRefusedOrRunUnderTheChecks) {
  const std::string text = fixture("control.ptx");
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::size_t ran = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> mutated = lines;
    for (int k = 0; k < 3; ++k) {
      std::string& line = mutated[pick(mutated.size())];
      const std::size_t digit = line.find_last_of("0123456789");
      switch (pick(4)) {
        case 0:
          line.clear();
          break;
        case 1:
          line += line;
          break;
        case 2:
          std::swap(line, mutated[pick(mutated.size())]);
          break;
        default:
          if (digit != std::string::npos) line[digit] = static_cast<char>('0' + pick(10));
      }
    }
    std::string joined;
    for (const std::string& line : mutated) joined += line + "\n";
    try {
      const auto module = decode(joined);
      LaunchOptions options;
      options.instruction_budget = 200'000;
      for (const std::string kernel : {"maze", "collatz", "permute"}) {
        const Program* program = module->find(kernel);
        if (program == nullptr || program->parameters.size() != 3) continue;
        std::vector<TestBuffer> buffers{TestBuffer::of("x", std::vector<std::int32_t>(40, 7)),
                                        TestBuffer::of("y", std::vector<std::int32_t>(40), true)};
        try {
          launch(*module, kernel, buffers, {40}, 64, 1, options);
          ++ran;
        } catch (const Fault&) {
        }
      }
    } catch (const LocatedError&) {
    }
  }
  EXPECT_GT(ran, 100U);
}

}  // namespace
}  // namespace femsynth::synth::ptx::testing
