"""
title = "Residual of linear elasticity with a body force"
description = '''
The unbalanced force of an elastic body at a given displacement u: F(v) = integral of sigma(u) :
eps(v) - f . v, Lame parameters lambda = {lame_lambda}, mu = {lame_mu}.'''
form = "F"
rank = 1
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2]
max_degree = { hexahedron = 1 }

[choices]
velocity_degree = [1, 2]

[literals]
lame_mu = { min = 0.1, max = 5.0, decimals = 2 }
lame_lambda = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, div, dx, FunctionSpace, grad, inner, Mesh, sym, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
B = FunctionSpace(mesh, element("P", "{cell}", {velocity_degree}, shape=({dim},)))
u = Coefficient(V)
v = TestFunction(V)
f = Coefficient(B)

F = (
    2 * {lame_mu} * inner(sym(grad(u)), sym(grad(v))) + {lame_lambda} * div(u) * div(v) - inner(f, v)
) * dx
