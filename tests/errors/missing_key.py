parameters = {"mu": 1.0}
x = parameters["lambda"]
