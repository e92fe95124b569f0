k = 0
while k >= 0:
    k = k + 1 - 1
