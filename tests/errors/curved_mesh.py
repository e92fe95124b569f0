from ufl import *
import basix.ufl
mesh = Mesh(basix.ufl.element("P", "triangle", 4, shape=(2,)))
