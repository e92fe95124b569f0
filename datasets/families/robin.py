"""
title = "Diffusion with a Robin boundary condition"
description = '''
Diffusion in the domain and linear exchange through its boundary: a(u, v) = {kappa} * integral
of grad u . grad v + {exchange} * boundary integral of {weight} u v.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']
weight = ["h", "h**2", "(1 + h**2)"]

[literals]
kappa = { min = 0.1, max = 5.0, decimals = 2 }
exchange = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, ds, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = TrialFunction(V)
v = TestFunction(V)
h = Coefficient(Q)

a = {kappa} * inner(grad(u), grad(v)) * dx + {exchange} * {weight} * u * v * ds
