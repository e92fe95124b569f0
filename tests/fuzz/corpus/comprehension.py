from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
c = [i*j for i in range(3) for j in range(2) if i != j]
t = {"a": 1, "b": (2, 3)}
g = lambda s, *, r=2: s**r + t["b"][-1]
a = sum(g(u.dx(i)) for i in range(2))*0*dx + as_vector([u.dx(i) for i in range(2)])[1]*v*dx(degree=c[-1])
