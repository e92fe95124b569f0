from basix.ufl import element
e = element("Lagrage", "triangle", 2)
