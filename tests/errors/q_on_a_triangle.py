from basix.ufl import element
e = element("Q", "triangle", 1)
