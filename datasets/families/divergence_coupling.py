"""
title = "Divergence coupling of velocity and pressure"
description = '''
The off-diagonal block of a Stokes problem: b(u, q) = -{scale} * integral of q div u, with the
velocity u one degree above the pressure q. The matrix is rectangular.'''
form = "b"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2]
max_degree = { hexahedron = 1 }

[choices]
velocity_degree = [1, 2, 3]

[literals]
scale = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import div, dx, FunctionSpace, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("P", "{cell}", {velocity_degree}, shape=({dim},)))
Q = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
q = TestFunction(Q)

b = -{scale} * q * div(u) * dx
