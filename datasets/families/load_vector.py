"""
title = "Body force on a vector field"
description = '''
The load of a given force density f(x): L(v) = {rho} * integral of f . v.'''
form = "L"
rank = 1
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[choices]
velocity_degree = [1, 2]

[literals]
rho = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
B = FunctionSpace(mesh, element("P", "{cell}", {velocity_degree}, shape=({dim},)))
v = TestFunction(V)
f = Coefficient(B)

L = {rho} * inner(f, v) * dx
