"""
title = "Mass matrix with a coefficient that changes by a condition"
description = '''
The L2 inner product with the weight 1 + s (k - 1), where the slope s is {above} where the given
field k is above 1 and {below} elsewhere: the weight is continuous in k, its slope jumps. a(u,
v) = integral of w(k) u v.'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']

[literals]
above = { min = 1.0, max = 5.0, decimals = 1 }
below = { min = 0.1, max = 0.9, decimals = 1 }
"""
from basix.ufl import element
from ufl import (
    Coefficient, conditional, dx, FunctionSpace, gt, inner, Mesh, TestFunction, TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = TrialFunction(V)
v = TestFunction(V)
k = Coefficient(Q)

weight = 1 + conditional(gt(k, 1), {above}, {below}) * (k - 1)
a = weight * inner(u, v) * dx
