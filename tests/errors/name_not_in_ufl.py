from ufl import Coeficient, dx
