#include <fmt/format.h>
#include <gtest/gtest.h>

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
                                                "inner("};
  std::mt19937 random(20240601);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> all = sources();
  for (int round = 0; round < 4000; ++round) {
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

}  // namespace
}  // namespace femsynth::fem::testing
