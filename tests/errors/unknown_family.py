from basix.ufl import element
e = element("Lagrangian", "triangle", 1)
