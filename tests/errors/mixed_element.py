from ufl import *
P = FiniteElement("P", triangle, 1)
Q = FiniteElement("P", tetrahedron, 1)
M = P * Q
