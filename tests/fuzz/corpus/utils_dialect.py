from utils import LagrangeElement, FiniteElement, MixedElement
from ufl import (Coefficient, FunctionSpace, Mesh, TestFunction, dx, triangle)
e = LagrangeElement(triangle, 1)
d = Mesh(LagrangeElement(triangle, 1, (2,)))
s = FunctionSpace(d, e)
L = Coefficient(s)*TestFunction(s)*dx
