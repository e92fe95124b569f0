from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
i, j = indices(2)
A = as_tensor(w[i]*w[j], (j, i))
a = A[i, j]*u.dx(i)*v.dx(j)*dx + w[i].dx(i)*u*v*dx + Dx(u, 0)*v*dx + A[:, 0][1]*u*v*dx + A[..., 1][0]*u*v*ds
