"""
title = "Diffusion with a variable coefficient"
description = '''
Diffusion with a given conductivity k(x) over a constant background: a(u, v) = integral of
({background} + k) grad u . grad v; the weak form of -div(({background} + k) grad u) = f.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']
power_of_k = ["k", "k**2", "k**4"]

[literals]
background = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = TrialFunction(V)
v = TestFunction(V)
k = Coefficient(Q)

a = ({background} + {power_of_k}) * inner(grad(u), grad(v)) * dx
