from ufl import *
f = Coefficient(FiniteElement("P", interval, 1))
M = curl(f)*dx
