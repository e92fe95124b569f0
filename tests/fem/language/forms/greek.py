# κ is the conductivity.
from basix.ufl import element
from ufl import *
mesh = Mesh(element("Q", "quadrilateral", 1, shape=(2,)))
V = FunctionSpace(mesh, element("Q", "quadrilateral", 2))
κ = Constant(mesh, shape=(2, 2))
φ, ψ = TrialFunction(V), TestFunction(V)
a = dot(κ*grad(φ), grad(ψ))*dx
