from ufl import *
import basix.ufl
for name in ("RT", "N1curl", "BDM", "N2curl"):
    e = basix.ufl.element(name, "triangle", 1)
m = Mesh(basix.ufl.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, e)
u, v = TrialFunction(V), TestFunction(V)
a = inner(u, v)*dx + div(u)*div(v)*dx
