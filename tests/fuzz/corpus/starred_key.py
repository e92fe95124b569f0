d = {(0, 1): 2}
t = (0, 1)
a = d[*t]
print(a)
