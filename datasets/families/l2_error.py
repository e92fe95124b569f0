"""
title = "Squared L2 error against an exact solution"
description = '''
How far a given function is from g(x) = {exact}, squared and integrated: M = integral of (u -
g)^2.'''
form = "M"
rank = 0
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
exact = [
  "{a} * sin({k} * x[0]) * cos({k} * x[1])",
  "{a} * exp(-{k} * x[0]) + x[1] ** 2",
  "{a} * x[0] * exp({k} * x[1])",
  "{a} * cos({k} * (x[0] + x[1]))",
]

[literals]
a = { min = 0.1, max = 5.0, decimals = 1 }
k = { min = 0.5, max = 6.0, decimals = 1 }
"""
from basix.ufl import element
from ufl import Coefficient, cos, dx, exp, FunctionSpace, Mesh, sin, SpatialCoordinate

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)
x = SpatialCoordinate(mesh)

g = {exact}
M = (u - g) ** 2 * dx
