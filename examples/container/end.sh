#!/bin/sh
# An event listener in plain sh: when a program has ended, or could not be started, it ends supervisord, and with it the
# container; whoever runs containers starts another one. stdout belongs to the protocol, stderr is its log.
while printf 'READY\n' && read -r header; do
  body=$(dd bs=1 count="${header##*len:}" 2>/dev/null)
  echo "a program has ended, so the container does: $body" >&2
  kill -TERM "$PPID" # its parent is supervisord
  printf 'RESULT 2\nOK'
done
