#include <gtest/gtest.h>

#include <ostream>

#include "meshes/support/error.hpp"
#include "synth/kernel/build.hpp"
#include "synth/kernel/check.hpp"
#include "synth/kernel/names.hpp"
#include "synth/kernel/parse.hpp"

namespace femsynth::synth {
namespace {

const char* const kHead =
    "module m f64\n"
    "table t: real[2] = {1.0, 2.0}\n"
    "device g(u: real[3], r: out real[3]) { r[0] = u[0] }\n"
    "device wait(a: real) { barrier }\n"
    "kernel k(n: int, x: real*, c: int*, y: out real*) block 64 {\n"
    "array A: real[3]\narray B: real[4][3]\narray s: real\n";

/// The complaint about a kernel body, or "" if there is none.
std::string complaint(const std::string& body) {
  try {
    check(parse_module(kHead + body + "\n}", "test"));
  } catch (const InternalError& error) {
    return error.what();
  }
  return {};
}

TEST(Check, AcceptsWhatIsMeant) {
  for (const char* body : {
           "for i in 0..4 { for j in 0..3 { B[i][j] = t[1] * x[3*i + j] } }",
           "s = 0.0\nfor i in 0..n { s += x[c[i]] }\natomic y[thread] += s",
           "for i in 0..3 { if 0 < i { A[i] = A[i - 1] } }",
           "for i in 0..3 { A[i] = i == 0 ? 0.0 : A[i - 1] }",
           "let m: int = n / 2\nif block < m { barrier }\nwait(1.0)",
           "array A2: real[3]\ng(A, A2)",
       }) {
    EXPECT_EQ(complaint(body), "") << body;
  }
}

struct Fault {
  const char* body;
  const char* words;
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.body; }

class Refused : public ::testing::TestWithParam<Fault> {};

TEST_P(Refused, WithFunctionAndReason) {
  const std::string message = complaint(GetParam().body);
  EXPECT_NE(message.find(GetParam().words), std::string::npos) << "got: " << message;
  EXPECT_NE(message.find("function k"), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, Refused,
    ::testing::Values(
        Fault{"s = u", "used before"}, Fault{"let n: real = 1.0", "declared twice"},
        Fault{"for i in 0..3 { let i: real = 1.0 }", "declared twice"},
        Fault{"let t: real = 1.0", "declared twice"},
        Fault{"let g: real = 1.0", "name of a function"},
        Fault{"let double: real = 1.0", "may not be a name"},
        Fault{"if n < 1 { let a: real = 1.0 }\ns = a", "used before"},
        Fault{"s = A", "stands where a number"}, Fault{"s = B[1]", "takes 2 indices"},
        Fault{"s = x[1][2]", "takes 1 indices"}, Fault{"s = n[1]", "no elements"},
        Fault{"s = A[3]", "values 3 .. 3"}, Fault{"s = A[-1]", "values -1 .. -1"},
        Fault{"for i in 0..4 { s = A[i] }", "values 0 .. 3"},
        Fault{"for i in 0..3 { s = B[i + 2][0] }", "values 2 .. 4"}, Fault{"s = A[1.0]", "not int"},
        Fault{"let i: int = 0.5", "not int"}, Fault{"for i in 0..1.5 { s = 0.0 }", "not int"},
        Fault{"if 1.0 { s = 0.0 }", "not int"}, Fault{"s = 1.0 && 0 ? 1.0 : 2.0", "not int"},
        Fault{"s = cube(1.0)", "no mathematical"}, Fault{"s = pow(1.0)", "1 operands, not 2"},
        Fault{"x[0] = 1.0", "may not be written"}, Fault{"t[0] = 1.0", "may not be written"},
        Fault{"n = 1", "may not be written"}, Fault{"atomic A[0] += 1.0", "local memory"},
        Fault{"h(A)", "no device function"}, Fault{"k(n, x, c, y)", "no device function"},
        Fault{"g(A)", "takes 2 arguments"}, Fault{"g(B, A)", "other extents"},
        Fault{"g(x, A)", "no such array"}, Fault{"g(A, A)", "passed twice"},
        Fault{"g(A[0], A)", "name of an array"},
        Fault{"if thread < n { barrier }", "not all threads"},
        Fault{"let a: int = local_thread + 1\nfor i in 0..a { barrier }", "not all threads"},
        Fault{"if x[0] < 1.0 { wait(1.0) }", "not all threads"},
        Fault{"array E: real[0]", "extent 0"}));

TEST(Check, RefusesTablesThatDoNotFit) {
  Module m;
  m.name = "m";
  m.tables = {{"t", "", ValueType::real, {2, 2}, {1, 2, 3}}};
  EXPECT_THROW(check(m), InternalError);
  m.tables = {{"t", "", ValueType::integer, {1}, {0.5}}};
  EXPECT_THROW(check(m), InternalError);
  m.tables = {{"norm", "", ValueType::real, {1}, {1}}};
  EXPECT_THROW(check(m), InternalError);
  m.tables = {{"t", "", ValueType::real, {1}, {1}}, {"t", "", ValueType::real, {1}, {1}}};
  EXPECT_THROW(check(m), InternalError);
}

TEST(Names, UsableNamesAreIdentifiersThatNothingReserves) {
  for (const char* wish :
       {"double", "threadIdx", "y0", "norm3df", "__x", "2nd", "φ", "", "u", "max", "sinf", "let"}) {
    const std::string name = usable_name(wish);
    EXPECT_TRUE(is_identifier(name)) << name;
    EXPECT_FALSE(is_reserved_global_name(name)) << name;
    EXPECT_EQ(usable_name(name), name);
  }
  EXPECT_EQ(usable_name("kappa"), "kappa");
  EXPECT_EQ(usable_name("double"), "double_");
  EXPECT_EQ(usable_name("NULL"), "NULL_");
  for (const char* word : {"abs", "xor_eq", "int", "thread", "atan2f"}) {
    EXPECT_TRUE(is_reserved_name(word)) << word;
  }
}

TEST(Build, IntegerArithmeticFoldsAndStaysIn32Bits) {
  using namespace build;
  EXPECT_EQ(add(multiply(integer(3), integer(4)), integer(5)), integer(17));
  EXPECT_EQ(add(add(var("i"), integer(2)), integer(3)), add(var("i"), integer(5)));
  EXPECT_EQ(multiply(integer(1), var("i")), var("i"));
  EXPECT_EQ(multiply(var("i"), integer(0)), integer(0));
  EXPECT_EQ(add(integer(0), var("i")), var("i"));
  EXPECT_EQ(add(var("i"), integer(0)), var("i"));
  EXPECT_EQ(subtract(var("i"), integer(0)), var("i"));
  EXPECT_EQ(add(integer(2147483647), integer(1)).kind, ExpressionKind::add);
  EXPECT_EQ(negate(integer(-2147483647 - 1)).kind, ExpressionKind::negate);
  EXPECT_EQ(divide(integer(1), integer(0)).kind, ExpressionKind::divide);
}

}  // namespace
}  // namespace femsynth::synth
