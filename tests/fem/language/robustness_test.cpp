#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "meshes/support/file.hpp"
#include "tests/fem/language/support.hpp"

namespace femsynth::fem::testing {
namespace {

std::vector<std::string> sources() {
  std::vector<std::string> all;
  for (const std::string& path : files_in("tests/fem/language/forms", ".py")) {
    all.push_back(read_file(path));
  }
  return all;
}

/// Programs of the whole language, without and with a form.
std::vector<std::string> programs() {
  std::vector<std::string> all;
  for (const std::string& path : files_in("tests/fem/language/python", ".py")) {
    if (!path.ends_with("generate_values.py")) all.push_back(read_file(path));
  }
  return all;
}

/// Evaluates a text; an InputError is an answer, anything else is a failure.
void must_answer(const std::string& text) {
  try {
    const FormModule module = parse_form(text, "test.py");
    for (const Form& form : module.forms) {
      to_string(module.graph, form);
      canonical_text(module.graph, form);
    }
  } catch (const InputError& e) {
    EXPECT_STRNE(e.what(), "");
  } catch (const std::exception& e) {
    ADD_FAILURE() << e.what() << "\nof:\n" << text;
  }
}

TEST(Robustness, TheSourcesThemselvesAreForms) {
  ASSERT_GE(sources().size(), 6U);
  for (const std::string& text : sources()) EXPECT_NO_THROW(parse_form(text, "test.py")) << text;
}

TEST(Robustness, EveryPrefixOfAFormFileHasAnAnswer) {
  for (const std::string& text : sources()) {
    for (std::size_t length = 0; length < text.size(); ++length) {
      must_answer(text.substr(0, length));
    }
  }
}

TEST(Robustness, EveryPrefixOfAProgramHasAnAnswer) {
  const std::vector<std::string> all = programs();
  ASSERT_GE(all.size(), 3U);
  for (const std::string& text : all) {
    for (std::size_t length = 0; length < text.size(); length += 3) {
      must_answer(text.substr(0, length));
    }
  }
}

TEST(Robustness, MutatedFormFilesHaveAnAnswer) {
  static constexpr std::string_view pieces[] = {"(",
                                                ")",
                                                "[",
                                                "]",
                                                ",",
                                                ":",
                                                ".",
                                                "=",
                                                "*",
                                                "**",
                                                "-",
                                                "+",
                                                "/",
                                                "\n",
                                                "\n  ",
                                                "\\",
                                                "\"",
                                                "\"\"\"",
                                                "'",
                                                "#",
                                                "0",
                                                "1e9",
                                                "-1",
                                                "i",
                                                "dx",
                                                "def f(x):",
                                                "return",
                                                "grad",
                                                ".T",
                                                "[i]",
                                                "\t",
                                                "\xC3",
                                                "\xFF",
                                                ";",
                                                "if",
                                                "else",
                                                "for k in range(3)",
                                                "lambda",
                                                "...",
                                                "None",
                                                "as_tensor(",
                                                "{",
                                                "}",
                                                "<",
                                                "==",
                                                "0.0",
                                                "f",
                                                "u",
                                                "v",
                                                "==",
                                                "inner(",
                                                "while True:",
                                                "f'{",
                                                "}'",
                                                ".append(x)",
                                                "def f(*a, **k):",
                                                "global x",
                                                "nonlocal x",
                                                "*x, ",
                                                "**x",
                                                "1j",
                                                "[::-1]",
                                                "x[x]",
                                                "x = [x, x]",
                                                "x += x",
                                                "elif",
                                                "break",
                                                ":=",
                                                " in ",
                                                "assert ",
                                                "raise ",
                                                "del ",
                                                "sorted("};
  std::mt19937 random(20240601);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::vector<std::string> all = sources();
  std::ranges::copy(programs(), std::back_inserter(all));
  for (int round = 0; round < 6000; ++round) {
    std::string text = all[below(all.size())];
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text.erase(at, 1 + below(8));
          break;
        case 1:
          text.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 2:
          text[at] = static_cast<char>(below(256));
          break;
        case 3:
          text.insert(at, text.substr(below(text.size()), 1 + below(30)));
          break;
        default:
          text.replace(at, 1 + below(4), pieces[below(std::size(pieces))]);
          break;
      }
      if (text.empty()) text.push_back(' ');
    }
    must_answer(text);
  }
}

TEST(Robustness, FormsThatWouldBlowUpAreRefused) {
  const auto refused = [](const std::string& lines) {
    EXPECT_THROW(parse_after_prelude(lines), InputError) << lines.substr(0, 200);
  };
  std::string doubling = "M = f*dx\n";
  for (int k = 0; k < 40; ++k) doubling += "M = M + M\n";
  refused(doubling);
  std::string list = "y = [1]\n";
  for (int k = 0; k < 40; ++k) list += "y = y + y\n";
  refused(list + "M = f*dx");
  std::string nested = "y = [f]\n";
  for (int k = 0; k < 2000; ++k) nested += "y = [y]\n";
  refused(nested + "M = f*dx");
  std::string shared = "y = [f, f]\n";
  for (int k = 0; k < 30; ++k) shared += "y = [y, y]\n";
  refused(shared + "M = as_tensor(y)*dx");
  refused("y = [[[[k for k in range(4000)] for l in range(4000)] for m in range(4000)]]");
  refused("def r(x): return r(x + 1)\nM = r(f)*dx");
  std::string calls = "def f0(x): return x + 1\n";
  for (int k = 1; k < 60; ++k) {
    calls += fmt::format("def f{}(x): return f{}(f{}(x))\n", k, k - 1, k - 1);
  }
  refused(calls + "M = f59(f)*dx");
  // A graph of many levels is no problem: it is small.
  std::string levels = "y = f\n";
  for (int k = 0; k < 5000; ++k) levels += "y = y*y + 1\n";
  EXPECT_NO_THROW(parse_after_prelude(levels + "M = y*dx"));
}

/// A hostile program has an error, and soon.
void must_be_refused(const std::string& program, const std::string& words) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string error = first_error(program);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_NE(error.find(words), std::string::npos) << program.substr(0, 300) << "\n" << error;
  EXPECT_LT(seconds.count(), 20) << program.substr(0, 300);
}

TEST(HostileFiles, CannotTakeMuchMemory) {
  must_be_refused("x = [0]*10**9", "a list of more than");
  must_be_refused("x = (0,)*10**18", "a tuple of more than");
  must_be_refused("x = \"a\"*10**9", "a string of more than");
  must_be_refused("x = 10**10**10", "does not fit into 64 bits");
  must_be_refused("x = 10.0**10**10", "not a finite number");
  must_be_refused("x = range(10**15)", "a range of more than");
  must_be_refused("x = \"a\"\nwhile True:\n    x = x + x", "a string of more than");
  must_be_refused("x = [1]\nwhile True:\n    x += x", "a list of more than");
  must_be_refused("x = []\nwhile True:\n    x.append(1)", "a list of more than");
  must_be_refused("x = {}\nk = 0\nwhile True:\n    x[k] = k\n    k += 1",
                  "a dictionary of more than");
  must_be_refused("x = \"a\"*60000\ny = [[x for k in range(4000)] for m in range(4000)]",
                  "expressions evaluated");
  must_be_refused("x = \"a\"*60000\ny = {}\nfor k in range(4000):\n    y[k] = {x: x}",
                  "expressions evaluated");
  must_be_refused("x = {(\"a\"*50000, k): k for k in range(4000)}", "expressions evaluated");
  must_be_refused("x = [[0]*4096]\nwhile True:\n    x.append([0]*4096)", "expressions evaluated");
  must_be_refused("from itertools import product\nx = product(range(10), repeat=30)",
                  "more than 4096 tuples");
  must_be_refused("from itertools import permutations\nx = permutations(range(20))",
                  "more than 4096 tuples");
  must_be_refused("import numpy as np\nx = np.zeros((10**9, 10**9))", "components");
  must_be_refused("x = f\"{1:>{10**9}}\"", "width or precision");
  must_be_refused("x = \"%1000000000d\" % 1", "width or precision");
  must_be_refused("x = \"{:1000000000}\".format(1)", "width or precision");
  must_be_refused("x = \",\".join([\"a\"*60000]*2)", "a string of more than");
  must_be_refused("x = (\"a\"*60000).replace(\"a\", \"bb\")", "a string of more than");
}

TEST(HostileFiles, CannotTakeMuchTime) {
  must_be_refused("while True: pass", "expressions evaluated");
  must_be_refused("while True:\n    continue", "expressions evaluated");
  must_be_refused("x = [0 for a in range(4000) for b in range(4000) for c in range(4000) if 0]",
                  "expressions evaluated");
  must_be_refused(
      "x = [[[[0 for a in range(99)] for b in range(99)] for c in range(99)] "
      "for d in range(99)]",
      "expressions evaluated");
  must_be_refused("x = \"a\"*60000\ny = \"a\"*30000 + \"b\"\nwhile y not in x: pass",
                  "expressions evaluated");
  must_be_refused("x = \"a\"*60000\nwhile True: x.replace(\"ab\", \"c\")", "expressions evaluated");
  must_be_refused("x = [0]*4000\nwhile True: sorted(x)", "expressions evaluated");
  must_be_refused("x = [0]*4000\nwhile 1 not in x: pass", "expressions evaluated");
  must_be_refused("x = [0]*4000\nwhile x == list(x): x.reverse()", "expressions evaluated");
  must_be_refused("x = {k: k for k in range(4000)}\nwhile True: x.pop(x.setdefault(0, 0))\n",
                  "expressions evaluated");
  must_be_refused("def f(n): return f(n - 1) + f(n - 2) if n > 1 else n\nx = f(60)",
                  "expressions evaluated");
  must_be_refused("x = [1, 1]\nfor k in range(31): x = [x, x]\ny = repr(x)", "");
  must_be_refused("x = (1, 1)\nfor k in range(30): x = (x, x)\ny = {x: 1}", "a key of more than");
  must_be_refused(
      "x = (1, 1)\ny = (1, 1)\nfor k in range(30):\n    x = (x, x)\n    y = (y, y)\n"
      "z = x == y",
      "expressions evaluated");
  must_be_refused("x = [1, 1]\nfor k in range(30): x = [x, x]\nx.append([x])\ny = len(x)",
                  "expressions evaluated");
}

TEST(HostileFiles, CannotNestWithoutEnd) {
  must_be_refused("def f(): return f()\nx = f()", "nested more than");
  must_be_refused("f = lambda g: g(g)\nx = f(f)", "nested more than");
  must_be_refused("def f(x): return sorted([x, x], key=f)\ny = f(1)", "nested more than");
  must_be_refused("def f(x): return list(map(f, [x]))\ny = f(1)", "nested more than");
  must_be_refused("def f():\n    for k in [1]:\n        if k:\n            f()\nf()",
                  "nested more than");
  must_be_refused("x = [1]\nx.append(x)\ny = repr(x)", "in themselves");
  must_be_refused("x = [1]\nx.append(x)\ny = f\"{x}\"", "in themselves");
  must_be_refused("x = [1]\nx[0] = x\ny = [1]\ny[0] = y\nz = x == y", "nested more than");
  must_be_refused("x = {}\nx[1] = x\ny = str(x)", "in themselves");
  must_be_refused("from ufl import as_vector\nx = [1]\nx.append(x)\ny = as_vector(x)",
                  "in themselves");
  must_be_refused("x = [1]\nfor k in range(100): x = [x]", "nested more than");
  must_be_refused(
      "x = [1]\nfor k in range(100):\n    y = []\n    y.append(x)\n    x = y\nz = str(x)",
      "nested more than");
  std::string blocks;
  for (int k = 0; k < 300; ++k) blocks += std::string(static_cast<std::size_t>(k), ' ') + "if 1:\n";
  must_be_refused(blocks, "nested more than");
  std::string fields = "x = 1";
  for (int k = 0; k < 300; ++k) fields = "f\"{" + fields;
  must_be_refused("y = " + fields, "nested more than");
  must_be_refused(
      "x = " +
          [] {
            std::string lambdas;
            for (int k = 0; k < 300; ++k) lambdas += "lambda: ";
            return lambdas;
          }() +
          "1",
      "nested more than");
}

// Chains of any length are no problem: what values refer to is freed without recursion.
TEST(HostileFiles, LongChainsAndCirclesAreFreed) {
  EXPECT_NO_THROW(
      parse_after_prelude("def wrap(g): return lambda: g\nh = None\nfor m in range(40):\n"
                          "    for n in range(1000): h = wrap(h)\nM = f*dx"));
  EXPECT_NO_THROW(
      parse_after_prelude("top = []\nlast = top\nfor m in range(20):\n    for n in range(1000):\n"
                          "        new = []\n        last.append(new)\n        last = "
                          "new\nlast.append(top)\nM = f*dx"));
  // A long list of lists is no matter of nesting.
  EXPECT_NO_THROW(parse_after_prelude(
      "rows = []\nfor m in range(4000): rows.append([m, (m, m)])\nM = len(rows)*f*dx"));
  std::string branches = "if f is g: h = 0\n";
  for (int k = 0; k < 5000; ++k) branches += "elif f is g: h = 1\n";
  EXPECT_NO_THROW(parse_after_prelude(branches + "M = f*dx"));
}

TEST(HostileFiles, LeadToNoFileAndNoProcess) {
  for (const char* text : {"import os",
                           "import sys",
                           "import subprocess",
                           "from pathlib import Path",
                           "open(\"x\")",
                           "exec(\"x = 1\")",
                           "eval(\"1\")",
                           "compile(\"1\", \"\", \"eval\")",
                           "__import__(\"os\")",
                           "().__class__",
                           "(lambda: 1).__globals__",
                           "\"\".__class__.__mro__",
                           "getattr(1, \"real\")",
                           "globals()",
                           "vars()",
                           "input()",
                           "breakpoint()",
                           "type(1)",
                           "__builtins__",
                           "__file__",
                           "import ufl.os",
                           "from ufl import os",
                           "import importlib",
                           "f\"{().__class__}\"",
                           "\"{0.__class__}\".format(1)",
                           "help()",
                           "import ctypes",
                           "from ufl.utils import os"}) {
    EXPECT_EQ(first_error(text).substr(0, 2), "1:") << text << first_error(text);
  }
}

}  // namespace
}  // namespace femsynth::fem::testing
