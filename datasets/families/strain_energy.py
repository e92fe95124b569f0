"""
title = "Strain energy"
description = '''
The energy stored in a linear elastic body under a given displacement u, Lame parameters lambda
= {lame_lambda}, mu = {lame_mu}: M = integral of mu eps : eps + lambda / 2 tr(eps)^2.'''
form = "M"
rank = 0
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
lame_mu = { min = 0.1, max = 5.0, decimals = 2 }
lame_lambda = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, sym, tr

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = Coefficient(V)

eps = sym(grad(u))
M = ({lame_mu} * inner(eps, eps) + {lame_lambda} / 2 * tr(eps) ** 2) * dx
