with open("data.txt") as data:
    x = 1
