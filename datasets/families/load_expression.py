"""
title = "Load given by an expression in x"
description = '''
The load of the source f(x) = {amplitude} {source}: L(v) = integral of f v.'''
form = "L"
rank = 1
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
source = [
  "sin({k} * x[0]) * cos({k} * x[1])",
  "exp(-{k} * (x[0] ** 2 + x[1] ** 2))",
  "x[0] * exp({k} * x[1])",
  "sin({k} * x[0]) + x[1] ** 3",
  "cos({k} * x[0] * x[1])",
]

[literals]
amplitude = { min = 0.1, max = 9.9, decimals = 2 }
k = { min = 0.5, max = 6.0, decimals = 1 }
"""
from basix.ufl import element
from ufl import cos, dx, exp, FunctionSpace, Mesh, sin, SpatialCoordinate, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
v = TestFunction(V)
x = SpatialCoordinate(mesh)

f = {amplitude} * {source}
L = f * v * dx
