"""
title = "Residual of a nonlinear reaction-diffusion equation"
description = '''
Diffusion with a polynomial reaction at a given state u: F(v) = integral of {kappa} grad u .
grad v + {rate} ({reaction}) v.'''
form = "F"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[choices]
reaction = ["u**3 - u", "u**2", "u * (1 - u)", "u**3"]

[literals]
kappa = { min = 0.01, max = 3.0, decimals = 2 }
rate = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = Coefficient(V)
v = TestFunction(V)

F = ({kappa} * inner(grad(u), grad(v)) + {rate} * ({reaction}) * v) * dx
