"""
title = "Reaction-diffusion operator"
description = '''
Diffusion with a linear reaction: a(u, v) = integral of {kappa} grad u . grad v + {sigma}
{weight} u v; the weak form of -{kappa} div grad u + {sigma} {weight} u = f.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']
weight = ["c", "c**2", "(1 + c**2)"]

[literals]
kappa = { min = 0.1, max = 5.0, decimals = 2 }
sigma = { min = 0.1, max = 5.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = TrialFunction(V)
v = TestFunction(V)
c = Coefficient(Q)

a = ({kappa} * inner(grad(u), grad(v)) + {sigma} * {weight} * inner(u, v)) * dx
