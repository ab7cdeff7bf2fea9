// Package pickle reads Python's pickles without running them, and the weights that torch.save writes with
// them. A pickle is a program for a stack machine; here its steps only build plain values, and what it asks
// to call is noted as a name. Nothing is imported, called or made (the format: Python's Lib/pickletools.py).
package pickle
