from basix.ufl import element, mixed_element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 2, shape=(2,)))
Q = FunctionSpace(mesh, element("P", "triangle", 1))
W = MixedFunctionSpace(V, Q)
(u, p), (v, q) = TrialFunctions(W), TestFunctions(W)
f = Coefficient(Q)
J = derivative(f**2*q*dx, f)
