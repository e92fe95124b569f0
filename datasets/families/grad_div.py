"""
title = "Viscous term with grad-div stabilisation"
description = '''
The viscous term of a flow with a penalty on its divergence: a(u, v) = integral of {nu} grad u :
grad v + {gamma} div u div v.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[literals]
nu = { min = 0.01, max = 5.0, decimals = 2 }
gamma = { min = 0.1, max = 9.9, decimals = 1 }
"""
from basix.ufl import element
from ufl import div, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
a = ({nu} * inner(grad(u), grad(v)) + {gamma} * div(u) * div(v)) * dx
