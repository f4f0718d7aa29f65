#!/bin/sh
# A listener in the shell: posix.sh RECORD
while :; do
  echo READY
  IFS= read -r header || exit 0
  { printf '%s\n' "$header"; dd bs=1 count="${header##*len:}" 2>/dev/null; printf '\n--\n'; } >>"$1"
  printf 'RESULT 2\nOK'
done
