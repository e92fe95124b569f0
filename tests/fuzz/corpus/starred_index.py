from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 2, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 4))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
i, j = indices(2)
A = as_tensor(w[i]*w[j], (j, i))
a = A[i, j]*u.dx(i)*v.dx(j)*v*dx + A[:][*0]*u*v*ds
