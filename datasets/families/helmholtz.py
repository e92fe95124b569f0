"""
title = "Helmholtz operator"
description = '''
The time-harmonic wave operator of wave number k = {wave_number}: a(u, v) = integral of grad u .
grad v - k^2 u v; the weak form of -div grad u - k^2 u = f.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
wave_number = { min = 0.5, max = 20.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
k = {wave_number}
a = (inner(grad(u), grad(v)) - k**2 * inner(u, v)) * dx
