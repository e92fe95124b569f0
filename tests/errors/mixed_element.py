from ufl import *
P = FiniteElement("P", triangle, 1)
M = P * P
