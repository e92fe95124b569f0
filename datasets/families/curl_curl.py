"""
title = "Curl-curl operator on a vector Lagrange space"
description = '''
The magnetic energy product with a mass term: a(u, v) = integral of {reluctivity} curl u . curl
v + {sigma} u . v.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2]
max_degree = { hexahedron = 1 }

[literals]
reluctivity = { min = 0.1, max = 5.0, decimals = 2 }
sigma = { min = 0.1, max = 5.0, decimals = 1 }
"""
from basix.ufl import element
from ufl import curl, dx, FunctionSpace, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
a = ({reluctivity} * inner(curl(u), curl(v)) + {sigma} * inner(u, v)) * dx
