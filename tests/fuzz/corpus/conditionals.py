from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
x = SpatialCoordinate(m)
c = conditional(And(lt(x[0], 0.5), Not(ge(f, 0))), max_value(f, 0), sign(f)*min_value(f, k))
L = c*v*dx + bessel_J(1, f)*v*dx + atan2(f, k)*erf(f)*v*ds(2)
