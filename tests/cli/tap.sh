# Sourced by the tests here: counts and says what holds. They end with: echo "1..$n"; exit $bad
n=0
bad=0

check() { # check STATUS NAME
    n=$((n + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n - $2"
    else
        echo "not ok $n - $2"
        bad=1
    fi
}
