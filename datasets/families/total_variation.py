"""
title = "Smoothed total variation"
description = '''
The total variation of a given image u, smoothed by {epsilon}, with fidelity to data f: M =
integral of sqrt(epsilon + |grad u|^2) + {fidelity} / 2 (u - f)^2.'''
form = "M"
rank = 0
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
epsilon = { min = 0.01, max = 1.0, decimals = 2 }
fidelity = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, sqrt

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = Coefficient(V)
f = Coefficient(Q)

M = (sqrt({epsilon} + inner(grad(u), grad(u))) + {fidelity} / 2 * (u - f) ** 2) * dx
