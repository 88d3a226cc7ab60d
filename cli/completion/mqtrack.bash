# bash completion for mqtrack. What is between the marks is written by docs/from_help.py from `mqtrack VERB --help`.

# BEGIN generated: tables
_mqtrack_verbs='run attach detach list snapshot top peek source diff report diagnose gate leaks owners why threads metrics topology hunt clean'
declare -gA _mqtrack_options=(
  [run]='--sample --without --snapshot-at-exit --snapshot-dir --generations --pid-file --log-dir --log-limit -q --quiet -h --help'
  [attach]='--sample --without --log-dir --log-limit --timeout -q --quiet -h --help'
  [detach]='--timeout --log-dir -q --quiet -h --help'
  [list]='-v --verbose --format --log-dir -q --quiet -h --help'
  [snapshot]='-o --output --core --format --keep-generation --wait --wait-idle --force --copy --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [top]='--format -n --rows --granularity --group-by --stacks --all-frames --by --focus --ignore --hide --tag-focus --tag-ignore --tag-root --tag-leaf --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [peek]='--base --format -n --functions --by --focus --ignore --hide --tag-focus --tag-ignore --tag-root --tag-leaf --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [source]='--base --format -n --functions --context --by --focus --ignore --hide --tag-focus --tag-ignore --tag-root --tag-leaf --wrappers --log-dir --sysroot --debug-dir --no-symbols --source-path --trim-path -q --quiet -h --help'
  [diff]='--format -o --output -n --rows --granularity --group-by --stacks --all-frames --by --focus --ignore --hide --tag-focus --tag-ignore --tag-root --tag-leaf --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [report]='--base --format -o --output --title --width --nodes -n --rows --granularity --group-by --stacks --all-frames --by --focus --ignore --hide --tag-focus --tag-ignore --tag-root --tag-leaf --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [diagnose]='--for --every --no-look --force --copy --fail-on --format --json -o --output -n --rows --all --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [gate]='--base --max-growth --max-site-growth --max-total --max-lost --per --by --config --suppressions --ignore --baseline --write-baseline --kept --allow-unrecorded --wrappers --format -o --output --source-root --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [leaks]='--core --force --copy --once --between --max-lost --suppressions --format --json -o --output -n --rows --stacks --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [owners]='--core --force --copy --format --json -o --output -n --rows --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [why]='--core --force --copy --site --client --owner --type --format --json -o --output -n --rows --wrappers --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [threads]='--format -o --output --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [metrics]='--format -o --output --sites --list --log-dir --sysroot --debug-dir --no-symbols -q --quiet -h --help'
  [topology]='--base --fail-on --field --duration-unit --window --format -o --output -n --rows -q --quiet -h --help'
  [hunt]='--address --only --list --bytes --rounds --address --target -j --jobs --keep --allow-remote --log-dir --format --json -o --output --all --stacks -q --quiet -h --help'
  [clean]='--everyone --dry-run --log-dir -q --quiet -h --help'
)
# What follows an option: words to choose from, or file, dir, target, text.
declare -gA _mqtrack_values=(
  [run --sample]='text'
  [run --without]='heap threads timers fds mappings mqtt resources packets'
  [run --snapshot-at-exit]='file'
  [run --snapshot-dir]='dir'
  [run --generations]='text'
  [run --pid-file]='file'
  [run --log-dir]='dir'
  [run --log-limit]='text'
  [attach --sample]='text'
  [attach --without]='heap threads timers fds mappings mqtt resources packets'
  [attach --log-dir]='dir'
  [attach --log-limit]='text'
  [attach --timeout]='text'
  [detach --timeout]='text'
  [detach --log-dir]='dir'
  [list --format]='text json'
  [list --log-dir]='dir'
  [snapshot -o]='file'
  [snapshot --output]='file'
  [snapshot --core]='file'
  [snapshot --format]='text json'
  [snapshot --wait]='text'
  [snapshot --wait-idle]='text'
  [snapshot --log-dir]='dir'
  [snapshot --sysroot]='dir'
  [snapshot --debug-dir]='dir'
  [top --format]='text json markdown'
  [top -n]='text'
  [top --rows]='text'
  [top --granularity]='function line stack leaf'
  [top --group-by]='text'
  [top --by]='inuse_space inuse_objects alloc_space alloc_objects mapped_space threads fds timers mqtt_clients mqtt_subscriptions resource_space resources'
  [top --focus]='text'
  [top --ignore]='text'
  [top --hide]='text'
  [top --tag-focus]='text'
  [top --tag-ignore]='text'
  [top --tag-root]='text'
  [top --tag-leaf]='text'
  [top --wrappers]='file'
  [top --log-dir]='dir'
  [top --sysroot]='dir'
  [top --debug-dir]='dir'
  [peek --base]='target'
  [peek --format]='text json'
  [peek -n]='text'
  [peek --functions]='text'
  [peek --by]='inuse_space inuse_objects alloc_space alloc_objects mapped_space threads fds timers mqtt_clients mqtt_subscriptions resource_space resources'
  [peek --focus]='text'
  [peek --ignore]='text'
  [peek --hide]='text'
  [peek --tag-focus]='text'
  [peek --tag-ignore]='text'
  [peek --tag-root]='text'
  [peek --tag-leaf]='text'
  [peek --wrappers]='file'
  [peek --log-dir]='dir'
  [peek --sysroot]='dir'
  [peek --debug-dir]='dir'
  [source --base]='target'
  [source --format]='text json'
  [source -n]='text'
  [source --functions]='text'
  [source --context]='text'
  [source --by]='inuse_space inuse_objects alloc_space alloc_objects mapped_space threads fds timers mqtt_clients mqtt_subscriptions resource_space resources'
  [source --focus]='text'
  [source --ignore]='text'
  [source --hide]='text'
  [source --tag-focus]='text'
  [source --tag-ignore]='text'
  [source --tag-root]='text'
  [source --tag-leaf]='text'
  [source --wrappers]='file'
  [source --log-dir]='dir'
  [source --sysroot]='dir'
  [source --debug-dir]='dir'
  [source --source-path]='dir'
  [source --trim-path]='text'
  [diff --format]='text json markdown pprof'
  [diff -o]='file'
  [diff --output]='file'
  [diff -n]='text'
  [diff --rows]='text'
  [diff --granularity]='function line stack leaf'
  [diff --group-by]='text'
  [diff --by]='inuse_space inuse_objects alloc_space alloc_objects mapped_space threads fds timers mqtt_clients mqtt_subscriptions resource_space resources'
  [diff --focus]='text'
  [diff --ignore]='text'
  [diff --hide]='text'
  [diff --tag-focus]='text'
  [diff --tag-ignore]='text'
  [diff --tag-root]='text'
  [diff --tag-leaf]='text'
  [diff --wrappers]='file'
  [diff --log-dir]='dir'
  [diff --sysroot]='dir'
  [diff --debug-dir]='dir'
  [report --base]='target'
  [report --format]='flame graph text json markdown dot svg pdf png folded'
  [report -o]='file'
  [report --output]='file'
  [report --title]='text'
  [report --width]='text'
  [report --nodes]='text'
  [report -n]='text'
  [report --rows]='text'
  [report --granularity]='function line stack leaf'
  [report --group-by]='text'
  [report --by]='inuse_space inuse_objects alloc_space alloc_objects mapped_space threads fds timers mqtt_clients mqtt_subscriptions resource_space resources'
  [report --focus]='text'
  [report --ignore]='text'
  [report --hide]='text'
  [report --tag-focus]='text'
  [report --tag-ignore]='text'
  [report --tag-root]='text'
  [report --tag-leaf]='text'
  [report --wrappers]='file'
  [report --log-dir]='dir'
  [report --sysroot]='dir'
  [report --debug-dir]='dir'
  [diagnose --for]='text'
  [diagnose --every]='text'
  [diagnose --fail-on]='text'
  [diagnose --format]='text json html'
  [diagnose -o]='file'
  [diagnose --output]='file'
  [diagnose -n]='text'
  [diagnose --rows]='text'
  [diagnose --wrappers]='file'
  [diagnose --log-dir]='dir'
  [diagnose --sysroot]='dir'
  [diagnose --debug-dir]='dir'
  [gate --base]='target'
  [gate --max-growth]='text'
  [gate --max-site-growth]='text'
  [gate --max-total]='text'
  [gate --max-lost]='text'
  [gate --per]='text'
  [gate --by]='inuse_space inuse_objects alloc_space alloc_objects mapped_space threads fds timers mqtt_clients mqtt_subscriptions resource_space resources'
  [gate --config]='file'
  [gate --suppressions]='file'
  [gate --ignore]='text'
  [gate --baseline]='file'
  [gate --write-baseline]='file'
  [gate --kept]='file'
  [gate --wrappers]='file'
  [gate --format]='text json junit markdown github'
  [gate -o]='file'
  [gate --output]='file'
  [gate --source-root]='dir'
  [gate --log-dir]='dir'
  [gate --sysroot]='dir'
  [gate --debug-dir]='dir'
  [leaks --core]='file'
  [leaks --between]='text'
  [leaks --max-lost]='text'
  [leaks --suppressions]='file'
  [leaks --format]='text json pprof'
  [leaks -o]='file'
  [leaks --output]='file'
  [leaks -n]='text'
  [leaks --rows]='text'
  [leaks --wrappers]='file'
  [leaks --log-dir]='dir'
  [leaks --sysroot]='dir'
  [leaks --debug-dir]='dir'
  [owners --core]='file'
  [owners --format]='text json pprof'
  [owners -o]='file'
  [owners --output]='file'
  [owners -n]='text'
  [owners --rows]='text'
  [owners --log-dir]='dir'
  [owners --sysroot]='dir'
  [owners --debug-dir]='dir'
  [why --core]='file'
  [why --site]='text'
  [why --client]='text'
  [why --owner]='text'
  [why --type]='text'
  [why --format]='text json'
  [why -o]='file'
  [why --output]='file'
  [why -n]='text'
  [why --rows]='text'
  [why --wrappers]='file'
  [why --log-dir]='dir'
  [why --sysroot]='dir'
  [why --debug-dir]='dir'
  [threads --format]='text json pprof'
  [threads -o]='file'
  [threads --output]='file'
  [threads --log-dir]='dir'
  [threads --sysroot]='dir'
  [threads --debug-dir]='dir'
  [metrics --format]='openmetrics prometheus json'
  [metrics -o]='file'
  [metrics --output]='file'
  [metrics --sites]='text'
  [metrics --list]='name type unit labels meaning'
  [metrics --log-dir]='dir'
  [metrics --sysroot]='dir'
  [metrics --debug-dir]='dir'
  [topology --base]='target'
  [topology --fail-on]='text'
  [topology --field]='text'
  [topology --duration-unit]='ns us ms s'
  [topology --window]='text'
  [topology --format]='text json dot svg pdf png'
  [topology -o]='file'
  [topology --output]='file'
  [topology -n]='text'
  [topology --rows]='text'
  [hunt --address]='text'
  [hunt --only]='text'
  [hunt --list]='text'
  [hunt --bytes]='text'
  [hunt --rounds]='text'
  [hunt --address]='text'
  [hunt --target]='text'
  [hunt -j]='text'
  [hunt --jobs]='text'
  [hunt --log-dir]='dir'
  [hunt --format]='text json junit github'
  [hunt -o]='file'
  [hunt --output]='file'
  [clean --log-dir]='dir'
)
# END generated: tables

# Names and pids of the recorded processes.
_mqtrack_targets() {
  mqtrack list --quiet 2>/dev/null | awk 'NR > 1 {print $1; print $2}' | sort -u
}

_mqtrack() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]-} i
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$_mqtrack_verbs help --help --version" -- "$word")
    return
  fi
  if [[ $verb == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$_mqtrack_verbs" -- "$word")
    return
  fi
  if [[ $verb == run ]]; then
    for ((i = 2; i < COMP_CWORD; ++i)); do
      [[ ${COMP_WORDS[i]} == -- ]] || continue
      # Behind "--" the command to start is completed, as if it stood alone.
      if declare -F _command_offset >/dev/null; then
        _command_offset $((i + 1))
      elif ((i + 1 == COMP_CWORD)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
      else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
      fi
      return
    done
  fi
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${_mqtrack_options[$verb]-}" -- "$word")
    return
  fi
  case ${_mqtrack_values[$verb $previous]-} in
    text) ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    dir) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    '' | target)
      [[ $verb != list && $verb != clean ]] || return
      if [[ $verb == run ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$word")
        return
      fi
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word"; compgen -W "$(_mqtrack_targets)" -- "$word")
      ;;
    *) mapfile -t COMPREPLY < <(compgen -W "${_mqtrack_values[$verb $previous]}" -- "$word") ;;
  esac
}

complete -F _mqtrack mqtrack
