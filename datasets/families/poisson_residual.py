"""
title = "Residual of the Poisson problem"
description = '''
The residual of -{kappa} div grad u = f at a given state u: F(v) = integral of {kappa} grad u .
grad v - f v.'''
form = "F"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
kappa = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = Coefficient(V)
v = TestFunction(V)
f = Coefficient(Q)

F = ({kappa} * inner(grad(u), grad(v)) - f * v) * dx
