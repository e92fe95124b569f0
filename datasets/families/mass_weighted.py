"""
title = "Weighted mass matrix"
description = '''
The L2 inner product weighted by a given density w(x): a(u, v) = integral of {scale} w u v.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
scale = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = TrialFunction(V)
v = TestFunction(V)
w = Coefficient(Q)

a = {scale} * w * inner(u, v) * dx
