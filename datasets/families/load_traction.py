"""
title = "Pressure load on the boundary of an elastic body"
description = '''
The load of a given pressure p(x) along the outward normal n, with dead load {gravity}: L(v) = -
boundary integral of p n . v + {gravity} * integral of v[0].'''
form = "L"
rank = 1
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
gravity = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dot, ds, dx, FacetNormal, FunctionSpace, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
Q = FunctionSpace(mesh, element({coefficient_element}))
v = TestFunction(V)
p = Coefficient(Q)
n = FacetNormal(mesh)

L = -p * dot(n, v) * ds + {gravity} * v[0] * dx
