"""
title = "Residual of the Bratu problem"
description = '''
The solid-fuel ignition model at a given temperature u: F(v) = integral of grad u . grad v -
{rate} exp({sharpness} u) v.'''
form = "F"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[literals]
rate = { min = 0.1, max = 9.9, decimals = 2 }
sharpness = { min = 0.5, max = 1.5, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, exp, FunctionSpace, grad, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)
v = TestFunction(V)

F = (inner(grad(u), grad(v)) - {rate} * exp({sharpness} * u) * v) * dx
