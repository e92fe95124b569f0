"""
title = "Square of the L2 norm"
description = '''
The squared L2 norm of a given function: M = {scale} * integral of u^2.'''
form = "M"
rank = 0
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
scale = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, inner, Mesh

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)

M = {scale} * inner(u, u) * dx
