from ufl import *
P = FiniteElement("P", triangle)
