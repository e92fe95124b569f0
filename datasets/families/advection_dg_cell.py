"""
title = "Cell term of discontinuous Galerkin advection"
description = '''
The volume and outer boundary terms of a discontinuous Galerkin discretisation of conservative
transport by the constant velocity b = {velocity}: a(u, v) = - integral of u (b . grad v) +
integral over the boundary of (b . n) u v / 2 + {penalty} u v.'''
form = "a"
rank = 2
cells = ["triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["DG"]
degrees = [1, 2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
b0 = { min = 0.1, max = 3.0, decimals = 2 }
b1 = { min = 0.1, max = 3.0, decimals = 2 }
b2 = { min = 0.1, max = 3.0, decimals = 2 }
penalty = { min = 0.1, max = 3.0, decimals = 1 }

[by_dim.velocity]
2 = "as_vector(({b0}, -{b1}))"
3 = "as_vector(({b0}, -{b1}, {b2}))"
"""
from basix.ufl import element
from ufl import (
    as_vector, dot, ds, dx, FacetNormal, FunctionSpace, grad, Mesh, TestFunction,
    TrialFunction,
)

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
n = FacetNormal(mesh)
b = {velocity}

a = -u * dot(b, grad(v)) * dx + (dot(b, n) / 2 + {penalty}) * u * v * ds
