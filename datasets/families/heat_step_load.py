"""
title = "Right-hand side of one step of the heat equation"
description = '''
The load of one step of the theta method, theta = {theta}, from a given old temperature w with a
given source f: L(v) = integral of w v - (1 - theta) dt {kappa} grad w . grad v + dt f v.'''
form = "L"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']
theta = [0, 0.25, 0.5]

[literals]
kappa = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, Constant, dx, FunctionSpace, grad, inner, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
v = TestFunction(V)
w = Coefficient(V)
f = Coefficient(Q)
dt = Constant(mesh)

L = (w * v - (1 - {theta}) * dt * {kappa} * inner(grad(w), grad(v)) + dt * f * v) * dx
