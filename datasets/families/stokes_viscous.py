"""
title = "Viscous term of Stokes flow"
description = '''
The viscous stress of an incompressible Newtonian fluid of viscosity {nu}: a(u, v) = 2 nu *
integral of eps(u) : eps(v), eps the symmetric gradient.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
nu = { min = 0.01, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import dx, FunctionSpace, grad, inner, Mesh, sym, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
a = 2 * {nu} * inner(sym(grad(u)), sym(grad(v))) * dx
