#!/bin/bash
# What the side-by-side benchmark calls: judges the fleet of $SEED, and writes $OUT/found.json from
# the findings. TRIMTAB names the command, if it is not the one on the path.
cd "$(dirname "$0")" || exit 3
${TRIMTAB:-trimtab} scan --accounts "$SEED/accounts.json" --policies policies \
    --output csv > "$OUT/scan.csv"
code=$?
awk -F '","' '
    /^"finding",/ { found[$5] = found[$5] sep[$5] "\"" $2 "/" $3 "/" $4 "\""; sep[$5] = "," }
    END {
        printf "{\"unused\":[%s],", found["unused"]
        printf "\"overmem\":[%s],\"deprecated\":[%s]}\n", found["overmem"], found["deprecated"]
    }' "$OUT/scan.csv" > "$OUT/found.json"
exit $code
