// Nothing: headers.sh includes one header before it.
