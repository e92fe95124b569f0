from basix.ufl import element, mixed_element
from ufl import *

mesh = Mesh(element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(mesh, element("P", "triangle", 2, shape=(2,)))
Q = FunctionSpace(mesh, element("P", "triangle", 1))
W = MixedFunctionSpace(V, Q)
(u, p), (v, q) = TrialFunctions(W), TestFunctions(W)
equation = inner(u, v)*dx == v[0]*dx
forms = extract_blocks(equation)
