"""
title = "Poisson stiffness matrix"
description = '''
The weak Laplacian with a constant conductivity: a(u, v) = kappa * integral of grad u . grad v,
kappa = {kappa}; the weak form of -kappa div grad u = f.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
kappa = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
a = {kappa} * inner(grad(u), grad(v)) * dx
