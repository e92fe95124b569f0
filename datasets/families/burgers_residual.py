"""
title = "Residual of the steady Burgers equation"
description = '''
Viscous transport of a vector field by itself at a given state u: F(v) = integral of {nu} grad u
: grad v + ((grad u) u) . v.'''
form = "F"
rank = 1
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
nu = { min = 0.01, max = 3.0, decimals = 2 }
rho = { min = 0.1, max = 5.0, decimals = 1 }
"""
from basix.ufl import element
from ufl import Coefficient, dot, dx, FunctionSpace, grad, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = Coefficient(V)
v = TestFunction(V)

F = ({nu} * inner(grad(u), grad(v)) + {rho} * inner(dot(grad(u), u), v)) * dx
