"""
title = "Advection by a constant velocity"
description = '''
Transport by the constant velocity b = {velocity} with a linear decay: a(u, v) = integral of (b
. grad u) v + {decay} u v.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
b0 = { min = 0.1, max = 3.0, decimals = 2 }
b1 = { min = 0.1, max = 3.0, decimals = 2 }
b2 = { min = 0.1, max = 3.0, decimals = 2 }
decay = { min = 0.1, max = 3.0, decimals = 1 }

[by_dim.velocity]
2 = "as_vector(({b0}, -{b1}))"
3 = "as_vector(({b0}, -{b1}, {b2}))"
"""
from basix.ufl import element
from ufl import as_vector, dot, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
b = {velocity}
a = (dot(b, grad(u)) * v + {decay} * u * v) * dx
