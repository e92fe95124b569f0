from basix.ufl import element
from ufl import *
mesh = Mesh(element("P", "interval", 1, shape=(1,)))
V = FunctionSpace(mesh, element("DG", "interval", 2))
u, v = TrialFunction(V), TestFunction(V)
b = Constant(mesh, shape=(1,))
n = FacetNormal(mesh)
bn = dot(b, n)
outflow = conditional(gt(bn, 0), bn, 0)
inflow = conditional(And(lt(bn, 0), Not(eq(bn, -1))), abs(bn), max_value(bn, 0.0))
a = -u*div(b*v)*dx + outflow*u*v*ds
L = inflow*sum(k*v for k in range(3))*ds
M = (b[i]*n[i] if 1 < 2 else 0)*ds(metadata={"quadrature_degree": 2})
