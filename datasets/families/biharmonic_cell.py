"""
title = "Cell term of the biharmonic operator"
description = '''
The product of Laplacians inside the cells, as in C0 interior penalty methods for plates: a(u,
v) = {stiffness} * integral of (div grad u) (div grad v).'''
form = "a"
rank = 2
cells = ["interval", "triangle", "tetrahedron", "quadrilateral", "hexahedron"]
elements = ["P", "DG"]
degrees = [2, 3, 4]
max_degree = { tetrahedron = 3, hexahedron = 2 }

[literals]
stiffness = { min = 0.1, max = 9.9, decimals = 2 }
"""
from basix.ufl import element
from ufl import div, dx, FunctionSpace, grad, inner, Mesh, TestFunction, TrialFunction

mesh = Mesh(element("P", "{cell}", 1, shape=({dim},)))
V = FunctionSpace(mesh, element("{element}", "{cell}", {degree}))
u = TrialFunction(V)
v = TestFunction(V)
a = {stiffness} * inner(div(grad(u)), div(grad(v))) * dx
