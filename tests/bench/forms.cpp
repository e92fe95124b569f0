#include "tests/bench/forms.hpp"

#include "fem/language/form_file.hpp"

namespace femsynth::bench {

const std::string& poisson() {
  static const std::string text = R"(from basix.ufl import element
from ufl import *
e = element("P", "tetrahedron", 2)
u = TrialFunction(e)
v = TestFunction(e)
a = inner(grad(u), grad(v))*dx
)";
  return text;
}

const std::string& elasticity() {
  static const std::string text = R"(from basix.ufl import element
from ufl import *
e = element("P", "tetrahedron", 2, shape=(3,))
u = TrialFunction(e)
v = TestFunction(e)
mu = Constant(tetrahedron)
lmbda = Constant(tetrahedron)
def epsilon(w):
    return sym(grad(w))
def sigma(w):
    return 2*mu*epsilon(w) + lmbda*tr(epsilon(w))*Identity(3)
a = inner(sigma(u), epsilon(v))*dx
)";
  return text;
}

Sample make_sample(const std::string& source) {
  Sample sample{fem::parse_form(source, "bench.py"), {}, {}};
  sample.program = synth::make_program(sample.module, sample.module.forms[0],
                                       {.strategy = synth::Strategy::atomic, .block_size = 32});
  sample.compiled = synth::compile_cuda(sample.program.cuda, "bench.cu", {});
  return sample;
}

}  // namespace femsynth::bench
