from ufl import *
import basix.ufl
mesh = Mesh(basix.ufl.element("P", "triangle", 1))
