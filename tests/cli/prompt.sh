#!/bin/sh
# What is said to the model on the command line: prompts, seeds, tokens.  $1: tincture-cli
. "$(dirname "$0")/tap.sh"
cli=$(realpath "$1")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# UTF-8 is text in every locale, also in one that is not installed
cafe=$(printf 'a caf\303\251 cat')
for locale in C C.UTF-8 xx_YY.UTF-8; do
    LC_ALL=$locale "$cli" text --prompt "$cafe" --out $locale.safetensors
    check $? "a prompt in UTF-8 in the locale $locale"
done
cmp C.safetensors C.UTF-8.safetensors && cmp C.safetensors xx_YY.UTF-8.safetensors
check $? "the same ids in each"
"$cli" text --prompt "a cafe cat" --out plain.safetensors && ! cmp -s C.safetensors plain.safetensors
check $? "other ids than without the accent"

# a seed of -1 is drawn, said, and gives the same picture again
"$cli" generate --prompt apple --steps 1 --seed -1 --out drawn.png 2>said &&
    seed=$(sed -n 's/^seed \([0-9]*\)$/\1/p' said) && [ -n "$seed" ] &&
    "$cli" generate --prompt apple --steps 1 --seed "$seed" --out again.png && cmp drawn.png again.png
check $? "seed -1 draws one and says which"
"$cli" generate --prompt apple --steps 1 --seed -1 --out other.png 2>/dev/null && ! cmp -s drawn.png other.png
check $? "and another the next time"

echo "1..$n"
exit $bad
