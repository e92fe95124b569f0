"""
title = "Mass matrix of a vector field"
description = '''
The L2 inner product of two vector fields with a constant density: a(u, v) = rho * integral of u
. v, rho = {rho}.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
rho = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import dx, FunctionSpace, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
a = {rho} * inner(u, v) * dx
