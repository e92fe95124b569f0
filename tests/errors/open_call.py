data = open("data.txt")
