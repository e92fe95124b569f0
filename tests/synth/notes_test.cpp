#include <gtest/gtest.h>

#include <algorithm>

#include "fem/language/form_file.hpp"
#include "meshes/support/error.hpp"
#include "meshes/support/file.hpp"
#include "synth/program.hpp"

namespace femsynth::synth {
namespace {

struct Example {
  std::string text;
  int line = 0;
};

/// The examples of notes/form_language.md that it does not call refused, as whole files.
std::vector<Example> examples() {
  const std::string page = read_file(std::string(FEMSYNTH_SOURCE_DIR) + "/notes/form_language.md");
  std::vector<Example> all;
  std::string base;
  std::size_t at = 0;
  for (int line = 1; at < page.size(); ++line) {
    const std::size_t end = page.find('\n', at);
    const std::string text = page.substr(at, end - at);
    at = end == std::string::npos ? page.size() : end + 1;
    if (text != "```python" && text != "```python file") continue;
    const std::string body = page.substr(at, page.find("\n```", at - 1) + 1 - at);
    all.push_back({text == "```python" ? base + body : body, line});
    if (base.empty()) base = body;
  }
  return all;
}

bool has_imaginary_unit(const fem::ExprGraph& g, const fem::Form& form) {
  return std::ranges::any_of(form.integrals, [&](const fem::Integral& integral) {
    const std::vector<fem::ExprId> nodes = fem::reachable(g, integral.integrand);
    return std::ranges::any_of(nodes,
                               [&](fem::ExprId id) { return g[id].op == fem::Op::imaginary_unit; });
  });
}

// tests/fem/language evaluates the examples; here they become CUDA.
TEST(Notes, EveryExampleOfTheFormLanguageIsLowered) {
  int forms = 0;
  for (const Example& example : examples()) {
    try {
      const fem::FormModule module = fem::parse_form(example.text, "form_language.md");
      for (const fem::Form& form : module.forms) {
        Schedule schedule;
        if (has_imaginary_unit(module.graph, form)) schedule.precision = Precision::c128;
        EXPECT_FALSE(make_program(module, form, schedule).cuda.empty());
        ++forms;
      }
      for (const fem::PointExpression& expression : module.expressions) {
        EXPECT_FALSE(make_expression_program(module, expression, {}).cuda.empty());
      }
    } catch (const InputError& error) {
      ADD_FAILURE() << "the example of line " << example.line << ": " << error.what();
    }
  }
  EXPECT_GT(forms, 60);
}

// A form's text depends on the form alone: on no other form, no order, no earlier work.
TEST(Notes, TheTextOfAFormDoesNotDependOnWhatWasLoweredBefore) {
  for (const Example& example : examples()) {
    const auto parse = [&] { return fem::parse_form(example.text, "form_language.md"); };
    const auto text = [](const fem::FormModule& module, std::size_t k) {
      Schedule schedule;
      const fem::Form& form = module.forms[k];
      if (has_imaginary_unit(module.graph, form)) schedule.precision = Precision::c128;
      return make_program(module, form, schedule).cuda;
    };
    const fem::FormModule shared = parse();
    std::vector<std::string> backwards(shared.forms.size());
    for (std::size_t k = shared.forms.size(); k-- > 0;) backwards[k] = text(shared, k);
    for (std::size_t k = 0; k < shared.forms.size(); ++k) {
      EXPECT_EQ(text(shared, k), backwards[k]) << "line " << example.line;
      EXPECT_EQ(text(parse(), k), backwards[k]) << "line " << example.line;
    }
  }
}

// The same statements with other forms and functions defined, and lowered, before them.
TEST(Notes, TheTextOfAFormDoesNotDependOnOtherFormsOfTheFile) {
  const std::string head = R"(from basix.ufl import element, mixed_element
from ufl import *
mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 2))
D = FunctionSpace(mesh, element("DG", "triangle", 1))
)";
  const std::string other = R"(g, z = Coefficient(D), TestFunction(D)
m, n = indices(2)
A = as_tensor(grad(g)[m]*grad(g)[n], (m, n))
b = derivative(exp(g)*tr(A)*dx, g, z) + sqrt(1 + g**2)*z*ds(3) + jump(g)*avg(z)*dS
)";
  const std::string form = R"(f = Coefficient(V)
u, v = TrialFunction(V), TestFunction(V)
F = inner((1 + f**2)*grad(f), grad(v))*dx + f*v*ds + grad(f)[i]*grad(v)[i]*f**3*dx(degree=4)
a = derivative(F, f, u)
)";
  const auto text = [](const std::string& file, bool after_another) {
    const fem::FormModule module = fem::parse_form(file + "forms = [a]\n", "form.py");
    if (after_another) {
      const fem::FormModule whole = fem::parse_form(file + "forms = [b, a]\n", "form.py");
      EXPECT_FALSE(make_program(whole, whole.forms[0], {}).cuda.empty());
      return make_program(whole, whole.forms[1], {}).cuda;
    }
    return make_program(module, module.forms[0], {}).cuda;
  };
  const std::string alone = text(head + form, false);
  EXPECT_EQ(text(head + other + form, false), alone);
  EXPECT_EQ(text(head + form + other, false), alone);
  EXPECT_EQ(text(head + other + form, true), alone);
  EXPECT_EQ(text(head + form + other, true), alone);
}

}  // namespace
}  // namespace femsynth::synth
