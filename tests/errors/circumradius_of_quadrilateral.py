from ufl import *
h = Circumradius(quadrilateral)
