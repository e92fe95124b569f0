"""
title = "Boundary mass matrix"
description = '''
The L2 inner product of traces on the boundary: a(u, v) = {alpha} * boundary integral of u v.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[literals]
alpha = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import ds, FunctionSpace, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
a = {alpha} * inner(u, v) * ds
