"""
title = "Residual of the minimal surface equation"
description = '''
The first variation of the area of the graph of u: F(v) = {tension} * integral of grad u . grad
v / sqrt(1 + |grad u|^2).'''
form = "F"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[literals]
tension = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, sqrt, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)
v = TestFunction(V)

F = {tension} * inner(grad(u), grad(v)) / sqrt(1 + inner(grad(u), grad(u))) * dx
