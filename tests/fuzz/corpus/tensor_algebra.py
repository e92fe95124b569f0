from ufl import *
import basix.ufl
m = Mesh(basix.ufl.element("Q", "hexahedron", 1, shape=(3,)))
T = FunctionSpace(m, basix.ufl.element("Q", "hexahedron", 1, shape=(3, 3)))
A, B = Coefficient(T), TestFunction(T)
L = inner(inv(A) + cofac(A) + dev(A) + skew(A) + sym(A).T, B)*dx + det(A)*tr(B)*dx + inner(outer(diag_vector(A), diag_vector(A)), B)*dx
