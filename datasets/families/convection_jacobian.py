"""
title = "Jacobian of the convective term"
description = '''
The derivative of (grad w) w at a given flow w: a(u, v) = {rho} * integral of ((grad u) w +
(grad w) u) . v.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2]
max_degree = { hexahedron = 1 }

[literals]
rho = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    Coefficient, dot, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
w = Coefficient(V)

a = {rho} * inner(dot(grad(u), w) + dot(grad(w), u), v) * dx
