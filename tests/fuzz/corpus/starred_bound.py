from ufl import *
t = (0,)
a = [5, 6][*t:1]
