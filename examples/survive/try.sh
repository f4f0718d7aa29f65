#!/bin/sh
# Sees for itself whether supervisord outlives its own death: starts one of its own in a temporary folder, kills its worker
# a few times while a program writes numbered lines, and looks for a line that is missing. Ends what it has started.
# Usage: try.sh [FOLDER OF supervisord AND supervisorctl]
set -eu
bin=${1:+$1/}
dir=$(mktemp -d)
cat >"$dir/supervisord.conf" <<EOF
[unix_http_server]
file=$dir/s.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
logfile=$dir/supervisord.log
pidfile=$dir/supervisord.pid
survive=true
survivelimit=100/1s
[program:count]
command=/bin/sh -c 'i=0; while :; do echo \$i; i=\$((i + 1)); sleep 0.01; done'
stdout_logfile=$dir/count.log
EOF
"${bin}supervisord" -c "$dir/supervisord.conf"
daemon=$(cat "$dir/supervisord.pid")
trap 'kill "$daemon"; rm -rf "$dir"' EXIT

ctl() { "${bin}supervisorctl" -s "unix://$dir/s.sock" "$@"; }
deaths() { grep -c "supervisord's worker (pid" "$dir/supervisord.log" || :; }

until ctl status count | grep -q RUNNING; do sleep 0.1; done
before=$(ctl pid count)
for n in 1 2 3 4 5; do
  worker=$(ps -o pid= -o comm= --ppid "$daemon" | awk '$2 == "troupe-worker" { print $1 }')
  echo "kill -9 $worker ($n of 5)"
  kill -9 "$worker"
  until [ "$(deaths)" -eq "$n" ]; do sleep 0.01; done
done
after=$(ctl pid count)
grep "supervisord's worker" "$dir/supervisord.log"
ctl status
[ "$before" = "$after" ] || { echo "the program is another one: $before, $after"; exit 1; }
ctl stop count
awk '$1 != NR - 1 { print "line " NR " is missing"; bad = 1; exit } END { print NR " lines, none missing"; exit bad }' "$dir/count.log"
