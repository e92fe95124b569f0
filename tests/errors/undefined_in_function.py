def norm(w):
    return sqrt(innner(w, w))
y = norm(1)
