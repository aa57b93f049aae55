"""PASI Core and a pinch of PASIprep as a separate program: `python -m pasi_simulator --help`.

Built from PASI's published rules. It shares the WSDL with PASI Connect and not one line of code.
"""
