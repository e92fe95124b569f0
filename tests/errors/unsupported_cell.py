from basix.ufl import element
e = element("P", "prism", 1)
