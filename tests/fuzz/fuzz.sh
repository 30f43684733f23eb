#!/bin/sh
# fuzz.sh FUZZER CORPUS FOLDER [OPTION...]: runs a fuzzer from the corpus. What it finds on the way is kept in FOLDER/corpus
# and is where the next run begins; what breaks the program is left in FOLDER, to be given to FUZZER as its one argument.
fuzzer=$1
corpus=$2
folder=$3
shift 3
mkdir -p "$folder/corpus" || exit 1
export G_DEBUG=fatal-criticals
# No reader has a reason to take half a gigabyte, or a second, for the pictures of up to a megapixel that are let in.
exec "$fuzzer" -rss_limit_mb=1024 -malloc_limit_mb=512 -timeout=10 -print_final_stats=1 "-artifact_prefix=$folder/" "$@" \
    "$folder/corpus" "$corpus"
