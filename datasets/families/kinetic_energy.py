"""
title = "Kinetic energy of a flow"
description = '''
The kinetic energy of a given velocity u with a given density r(x) over {rho}: M = integral of
({rho} + r^2) / 2 |u|^2.'''
form = "M"
rank = 0
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
rho = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, inner, Mesh

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = Coefficient(V)
r = Coefficient(Q)

M = ({rho} + r**2) / 2 * inner(u, u) * dx
