from basix.ufl import element
from ufl import *

mesh = Mesh(element("P", "pyramid", 3, shape=(3,)))
M = SpatialCoordinate(mesh)[0]*dx
