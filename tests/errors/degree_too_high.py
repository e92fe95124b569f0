from basix.ufl import element
e = element("P", "triangle", 11)
