"""
title = "Flux through the boundary"
description = '''
The total diffusive flux of a given function through the boundary: M = {kappa} * boundary
integral of {weight} grad u . n.'''
form = "M"
rank = 0
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P"]
degrees = [1, 2, 3]
max_degree = { hexahedron = 2 }

[choices]
coefficient_element = ['"DG", "{cell}", 0', '"P", "{cell}", 1', '"P", "{cell}", 2']
weight = ["k", "k**2", "(1 + k**2)"]

[literals]
kappa = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import Coefficient, dot, ds, FacetNormal, FunctionSpace, grad, Mesh

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
Q = FunctionSpace(mesh, element({coefficient_element}))
u = Coefficient(V)
k = Coefficient(Q)
n = FacetNormal(mesh)

M = {kappa} * {weight} * dot(grad(u), n) * ds
