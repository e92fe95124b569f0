"""
title = "Anisotropic diffusion with a matrix-valued coefficient"
description = '''
Diffusion with a given conductivity matrix K(x), symmetrised, plus {background} times the
identity: a(u, v) = integral of ((sym K + {background} I) grad u) . grad v.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { tetrahedron = 2, hexahedron = 1 }

[choices]
tensor_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1']

[literals]
background = { min = 1.0, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import (
    Coefficient, dot, dx, FunctionSpace, grad, Identity, inner, Mesh, sym, TestFunction,
    TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
T = FunctionSpace(mesh, element({tensor_element}, shape=({dim}, {dim})))
u = TrialFunction(V)
v = TestFunction(V)
K = Coefficient(T)

a = inner(dot(sym(K) + {background} * Identity({dim}), grad(u)), grad(v)) * dx
