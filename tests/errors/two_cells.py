from ufl import *
f = Coefficient(FiniteElement("P", triangle, 1))
g = Coefficient(FiniteElement("P", tetrahedron, 1))
