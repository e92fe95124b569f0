"""Linear elasticity with a body force, trilinear elements on hexahedra."""
from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "hexahedron", 1, shape=(3,)))
V = FunctionSpace(mesh, element("P", "hexahedron", 1, shape=(3,)))
u, v = TrialFunction(V), TestFunction(V)
mu = Constant(mesh)
lmbda = Constant(mesh)
x = SpatialCoordinate(mesh)


def strain(w):
    return sym(grad(w))


def stress(w):
    return 2*mu*strain(w) + lmbda*tr(strain(w))*Identity(3)


# The displacement that the body force -div(stress) belongs to.
known = as_vector((sin(x[0])*x[1], cos(x[1])*x[2], x[0]*sin(x[2])))

a = inner(stress(u), strain(v))*dx
L = -inner(div(stress(known)), v)*dx
