from ufl import *
import basix.ufl as b
m = Mesh(b.element("P", "triangle", 1, shape=(2,)))
V = FunctionSpace(m, b.element("P", "triangle", 2))
W = FunctionSpace(m, b.element("P", "triangle", 1, shape=(2,)))
u, v, f, w, k = TrialFunction(V), TestFunction(V), Coefficient(V), Coefficient(W), Constant(m)
s = 0
for i in range(5):
    if i % 2 == 0:
        s += i*f
    elif 1 < i <= 3:
        continue
    else:
        break
while False:
    s = 1
L = s*v*dx
