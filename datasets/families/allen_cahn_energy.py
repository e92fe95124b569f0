"""
title = "Allen-Cahn energy"
description = '''
The free energy of a phase field u with interface width {epsilon}: M = integral of epsilon / 2
|grad u|^2 + {height} / epsilon (u^2 - 1)^2.'''
form = "M"
rank = 0
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
epsilon = { min = 0.1, max = 2.0, decimals = 2 }
height = { min = 0.1, max = 3.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)

M = ({epsilon} / 2 * inner(grad(u), grad(u)) + {height} / {epsilon} * (u**2 - 1) ** 2) * dx
