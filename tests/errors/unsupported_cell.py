from basix.ufl import element
e = element("P", "point", 1)
