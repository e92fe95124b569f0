"""
title = "Advection-diffusion operator"
description = '''
Transport of u by a given velocity b(x) with diffusion: a(u, v) = integral of {kappa} grad u .
grad v + (b . grad u) v. The matrix is not symmetric.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
velocity_degree = [1, 2]

[literals]
kappa = { min = 0.01, max = 3.0, decimals = 2 }
scale = { min = 0.5, max = 5.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    Coefficient, dot, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
B = FunctionSpace(mesh, element("P", "{cell}", {velocity_degree}, shape=({dim},)))
u = TrialFunction(V)
v = TestFunction(V)
b = Coefficient(B)

a = ({kappa} * inner(grad(u), grad(v)) + {scale} * dot(b, grad(u)) * v) * dx
