"""
title = "Mass matrix"
description = '''
The L2 inner product with a constant density: a(u, v) = rho * integral of u v, rho = {rho}. It
appears in every time-dependent problem and in L2 projections.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
rho = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import dx, FunctionSpace, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
a = {rho} * inner(u, v) * dx
