"""
title = "Dirichlet energy"
description = '''
The energy of diffusion with a source at a given state u: M = integral of {kappa} / 2 |grad u|^2
- f u.'''
form = "M"
rank = 0
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
kappa = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = Coefficient(V)
f = Coefficient(Q)

M = ({kappa} / 2 * inner(grad(u), grad(u)) - f * u) * dx
