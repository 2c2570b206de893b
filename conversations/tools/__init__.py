"""Function tools: typed Python functions that models may call, in our own process.

`registry` knows them, `signatures` reads their parameters, `offers` says who may use which, `runs` runs a call.
"""
