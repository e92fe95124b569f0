"""
title = "One step of the heat equation by the theta method"
description = '''
The matrix of one implicit step of size dt for the heat equation with weight theta = {theta}:
a(u, v) = integral of u v + theta dt {kappa} grad u . grad v.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[choices]
theta = [0.5, 0.75, 1]

[literals]
kappa = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Constant, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
dt = Constant(mesh)

a = (inner(u, v) + {theta} * dt * {kappa} * inner(grad(u), grad(v))) * dx
