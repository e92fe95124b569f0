from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
k = 3.2 + 1.0j
a = k*inner(grad(u), grad(v))*dx + conj(f)*u*conj(v)*dx
L = real(f)*v*dx + 1j*imag(f)*v*ds
