from ufl import *

cell = quadrilateral
element = VectorElement("Q", cell, 1)
u, v = TrialFunction(element), TestFunction(element)
w = Coefficient(element)
K = TensorConstant(cell)
nu = Constant(cell)

a = nu*u[i].dx(j)*v[i].dx(j)*dx \
    + w[j]*Dx(u[i], j)*v[i]*dx \
    + as_tensor(K[i, k]*grad(u)[k, j], (i, j))[p, q]*grad(v)[p, q]*dx(1)
