# shellcheck shell=bash
# What Tab offers behind supervisorctl in bash: options, actions, and names of processes in a state that the action is for.
# Asks the daemon at most once, for a fifth of a second, never for a password. Must not print anything.
_supervisorctl() {
  local cur prev words cword
  _init_completion -n : || return
  local actions='add apply avail can clear diff disable doctor enable exit fg graph health history hup init kill logs maintail open passwd pid plan quit reload
    remove reread restart rollout scale shutdown signal start status stop tail token top update upgrade version wait whoami why'
  local takes_file='-c --configuration -r --history_file --password-file --token-file --cacert --cert --key'
  local takes_word='-s --serverurl -u --username -p --password --color --errors --timeout'
  local options='-h --help -i --interactive --json -q --quiet'

  # The action is the first word that is no option and no option's value; the daemon is asked with the same options.
  local i action='' state='' given=()
  for ((i = 1; i < cword; i++)); do
    case " $takes_file $takes_word " in
    *" ${words[i]} "*) given+=("${words[i]}" "${words[i + 1]}") && i=$((i + 1)) && continue ;;
    esac
    [[ ${words[i]} == -* ]] && continue
    action=${words[i]}
    break
  done
  if [[ -z $action ]]; then
    case " $takes_file " in *" $prev "*) _filedir && return ;; esac
    case $prev in
    --color) mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur") && return ;;
    --errors) mapfile -t COMPREPLY < <(compgen -W 'stdout stderr' -- "$cur") && return ;;
    esac
    case " $takes_word " in *" $prev "*) return ;; esac
    mapfile -t COMPREPLY < <(compgen -W "$options $takes_file $takes_word $actions" -- "$cur")
    return
  fi

  if [[ $cur == -* ]]; then
    case $action in
    status) mapfile -t COMPREPLY < <(compgen -W '-v --json --state --sort --strict --watch' -- "$cur") && return ;;
    logs)
      mapfile -t COMPREPLY < <(compgen -W '-f -n --since --stdout --stderr --both --no-prefix --timestamps --json' -- "$cur")
      return
      ;;
    init) mapfile -t COMPREPLY < <(compgen -W '--program --json' -- "$cur") && return ;;
    top) mapfile -t COMPREPLY < <(compgen -W '--once' -- "$cur") && return ;;
    health) mapfile -t COMPREPLY < <(compgen -W '--ready --json' -- "$cur") && return ;;
    fg | signal | tail | maintail) ;;
    *) mapfile -t COMPREPLY < <(compgen -W '--json' -- "$cur") && return ;;
    esac
  fi
  case $action in
  init) _filedir -d && return ;;
  start) state='^(STOPPED|EXITED|FATAL|BACKOFF)$' ;;
  stop | restart | fg) state='^(RUNNING|STARTING|BACKOFF)$' ;;
  hup) state='^RUNNING$' ;;
  kill) state='^(RUNNING|STARTING|BACKOFF|STOPPING)$' ;;
  signal)
    if [[ $prev == signal ]]; then
      mapfile -t COMPREPLY < <(compgen -W 'HUP INT QUIT KILL USR1 USR2 TERM CONT STOP WINCH' -- "$cur")
      return
    fi
    state='^(RUNNING|STARTING|STOPPING)$'
    ;;
  clear | disable | enable | logs | pid | status | tail | wait | why | graph | health | history) state=. ;;
  *) return ;;
  esac
  local name
  COMPREPLY=()
  while read -r name; do # compgen would expand what a name holds
    [[ $name != "$cur"* ]] || COMPREPLY+=("$name")
  done < <(
    timeout 0.2 supervisorctl "${given[@]}" status </dev/null 2>/dev/null | awk -v state="$state" '
      $2 ~ state { print $1; if (sub(/:.*/, ":*", $1) && !seen[$1]++) print $1 }'
    [[ $action != @(clear|disable|enable|hup|kill|pid|start|status|stop|restart|signal) ]] || echo all
  )
  __ltrim_colon_completions "$cur"
}
complete -F _supervisorctl supervisorctl
