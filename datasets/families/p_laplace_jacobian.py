"""
title = "Jacobian of the p-Laplacian"
description = '''
The derivative of the regularised p-Laplace residual at a given state w, p = {p}: with s =
{epsilon} + |grad w|^2, a(u, v) = integral of s^((p-2)/2) grad u . grad v + (p - 2) s^((p-4)/2)
(grad w . grad u) (grad w . grad v).'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[choices]
p = [1.5, 3, 4, 5, 6]

[literals]
epsilon = { min = 0.1, max = 3.0, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    Coefficient, dot, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
w = Coefficient(V)

p = {p}
s = {epsilon} + inner(grad(w), grad(w))
a = (
    s ** ((p - 2) / 2) * inner(grad(u), grad(v))
    + (p - 2) * s ** ((p - 4) / 2) * dot(grad(w), grad(u)) * dot(grad(w), grad(v))
) * dx
