"""Small rendered sets in the layouts of the field's data sets, to test readers and chains on."""
