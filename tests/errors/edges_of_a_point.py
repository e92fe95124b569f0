from basix.ufl import element
from ufl import *
mesh = Mesh(element("P", "interval", 1, shape=(1,)))
h = MaxFacetEdgeLength(mesh)
