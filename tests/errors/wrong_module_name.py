from basix.ufl import elemnt
