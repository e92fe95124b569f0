"""
title = "Anisotropic diffusion with a constant matrix"
description = '''
Diffusion with a constant symmetric positive definite conductivity matrix K: a(u, v) = integral
of (K grad u) . grad v, K = {matrix}.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
k0 = { min = 1.0, max = 9.9, decimals = 1 }
k1 = { min = 1.0, max = 9.9, decimals = 1 }
k2 = { min = 1.0, max = 9.9, decimals = 1 }
c = { min = 0.1, max = 0.4, decimals = 2 }

[by_dim.matrix]
2 = "as_matrix((({k0}, {c}), ({c}, {k1})))"
3 = "as_matrix((({k0}, {c}, 0), ({c}, {k1}, {c}), (0, {c}, {k2})))"
"""
from basix.ufl import element
from ufl import as_matrix, dot, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
K = {matrix}
a = inner(dot(K, grad(u)), grad(v)) * dx
