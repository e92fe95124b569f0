from basix.ufl import element
e = element("P", "triangel", 1)
