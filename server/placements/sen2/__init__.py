"""SEN2, the DfE's yearly return: its names and codes, what fails in it, and its file."""
