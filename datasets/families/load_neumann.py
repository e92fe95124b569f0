"""
title = "Neumann load"
description = '''
The load of a given flux g(x) through the boundary: L(v) = {scale} * boundary integral of {flux}
v.'''
form = "L"
rank = 1
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']
flux = ["g", "g**2", "g**3"]

[literals]
scale = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, ds, FunctionSpace, Mesh, TestFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
v = TestFunction(V)
g = Coefficient(Q)

L = {scale} * {flux} * v * ds
