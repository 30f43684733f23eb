#!/bin/sh
# check_size.sh TINCTURE_CLI PICTURE WIDTH HEIGHT: whether the picture has that size.
"$1" info --json "$2" | tr -d ' \n' | grep -q "\"width\":$3,\"height\":$4,"
