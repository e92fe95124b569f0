"""
title = "Residual of the p-Laplacian"
description = '''
The regularised p-Laplacian, p = {p}, at a given state u: F(v) = integral of ({epsilon} + |grad
u|^2)^((p-2)/2) grad u . grad v. It models power-law fluids and nonlinear diffusion.'''
form = "F"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
p = [1.5, 3, 4, 5, 6]

[literals]
epsilon = { min = 0.1, max = 3.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)
v = TestFunction(V)

p = {p}
F = ({epsilon} + inner(grad(u), grad(u))) ** ((p - 2) / 2) * inner(grad(u), grad(v)) * dx
