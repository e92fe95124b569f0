#include "tests/fem/language/support.hpp"

#include <algorithm>
#include <filesystem>

#include "fem/passes/passes.hpp"

namespace femsynth::fem::testing {

const char* const prelude = R"(
from basix.ufl import element
from ufl import *
mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 1))
W = FunctionSpace(mesh, element("P", "triangle", 2, shape=(2,)))
T = FunctionSpace(mesh, element("P", "triangle", 1, shape=(2, 2)))
u, v = TrialFunction(V), TestFunction(V)
f, g = Coefficient(V), Coefficient(V)
b, d = Coefficient(W), Coefficient(W)
A, B = Coefficient(T), Coefficient(T)
x = SpatialCoordinate(mesh)
c = Constant(mesh)
)";

FormModule parse_after_prelude(const std::string& lines) {
  return parse_form(prelude + lines + "\n", "test.py");
}

std::string canonical(const std::string& lines) {
  const FormModule module = parse_after_prelude(lines);
  return canonical_text(module.graph, module.forms.at(0));
}

std::string canonical_expression(const std::string& expression) {
  return canonical("M = (" + expression + ")*dx");
}

std::string first_error(const std::string& text) {
  try {
    const FormModule module = parse_form(text, "F");
    for (const Form& form : module.forms) run_passes(module, form);
  } catch (const LocatedError& e) {
    const std::string message = e.what();
    return message.substr(2, message.find('\n') - 2);  // after "F:"
  }
  return "";
}

std::vector<std::string> files_in(const std::string& folder, const std::string& extension) {
  std::vector<std::string> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(FEMSYNTH_SOURCE_DIR) + "/" + folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace femsynth::fem::testing
