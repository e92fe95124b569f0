from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
import basix
du = grad(f)
pts = [[0.0, 0.0], [1.0, 0.0], [0.25, 0.25]]
expressions = [(du, pts), (w, [[0.5, 0.5]])]
