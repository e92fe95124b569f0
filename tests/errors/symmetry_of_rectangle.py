from basix.ufl import element
P = element("P", "triangle", 1, shape=(2, 3), symmetry=True)
