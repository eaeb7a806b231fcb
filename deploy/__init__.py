"""Files and scripts to run the portal on a council's machines."""
