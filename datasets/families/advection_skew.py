"""
title = "Skew-symmetric advection"
description = '''
The skew-symmetric part of transport by a given velocity b(x): a(u, v) = {scale} / 2 * integral
of (b . grad u) v - u (b . grad v). The matrix is antisymmetric whatever b is.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
velocity_degree = [1, 2]

[literals]
scale = { min = 0.1, max = 5.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dot, dx, FunctionSpace, grad, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
B = FunctionSpace(mesh, element("P", "{cell}", {velocity_degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
b = Coefficient(B)

a = {scale} / 2 * (dot(b, grad(u)) * v - u * dot(b, grad(v))) * dx
