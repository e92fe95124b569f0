from basix.ufl import element
e = element("P", "triangle", 1, shape=(0,))
