"""
title = "Vector Laplacian"
description = '''
The componentwise weak Laplacian of a vector field: a(u, v) = nu * integral of grad u : grad v,
nu = {nu}.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
nu = { min = 0.01, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
a = {nu} * inner(grad(u), grad(v)) * dx
