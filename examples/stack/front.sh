#!/bin/sh
# Writes nginx.conf from nginx.conf.in, with the port and the web processes' sockets: as many as there are at first, and
# those that `scale` has added. Run before nginx is started, and with `reload` to have one that runs read it anew.
set -eu
[ -O . ] # in a folder that somebody else has made nothing is believed
servers=$(
  {
    n=0
    while [ "$n" -lt "$WEBS" ]; do
      printf 'web_%02d.sock\n' "$n"
      n=$((n + 1))
    done
    find . -maxdepth 1 -name 'web_[0-9]*.sock' | cut -c 3-
  } | sort -u | sed 's/.*/server unix:& max_fails=0;/' | tr '\n' ' '
)
sed "s/@PORT@/$PORT/; s/@SERVERS@/$servers/" "$(dirname "$0")/nginx.conf.in" >nginx.conf.new
"$NGINX" -q -t -p . -c nginx.conf.new -e stderr # before the one that works is gone
mv nginx.conf.new nginx.conf
[ "${1:-}" != reload ] || kill -HUP "$SUPERVISOR_PID"
