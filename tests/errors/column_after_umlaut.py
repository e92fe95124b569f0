# Wärmeleitung
s = "Wärme"; t = wärme
