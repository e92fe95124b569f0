from ufl import *
P = RestrictedElement(FiniteElement("P", triangle, 1), "facet")
