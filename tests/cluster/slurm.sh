#!/usr/bin/env bash
# A throw-away SLURM on one Debian machine, for the tests: a real munged, slurmctld and
# several slurmd on loopback, without systemd, cgroups or a database, all of it under one
# folder.
#
#   slurm.sh install       apt-get what is missing; exit 77, with the reason, where it cannot
#   slurm.sh up            start the daemons, wait until the nodes are idle
#   slurm.sh down          cancel the jobs, stop what `up` started, remove the folder
#   slurm.sh slay NODE     kill a node's daemon and its jobs, as if the power had gone
#   slurm.sh revive NODE   start it again
#   slurm.sh with CMD ...  install, up, CMD, down; the exit status is CMD's
#
# CLUSTER_ROOT  the folder (/tmp/twoarm-slurm)   CLUSTER_NODES  how many nodes (2)
# CLUSTER_PORT  first of some TCP ports (17817)  CLUSTER_CPUS, CLUSTER_MB  of a node (4, 6000)
set -euo pipefail

ROOT=${CLUSTER_ROOT:-${TMPDIR:-/tmp}/twoarm-slurm}
NODES=${CLUSTER_NODES:-2}
CPUS=${CLUSTER_CPUS:-4}
MEMORY=${CLUSTER_MB:-6000}
PORT=${CLUSTER_PORT:-17817}
HOST=$(hostname -s)
PIDS=$ROOT/pids
SKIP=77
# Within a job the executor drops SLURM_CONF, so the file lies where clients look for it.
CONF=/etc/slurm/slurm.conf
export CLUSTER_ROOT=$ROOT

say() { echo "slurm.sh: $*" >&2; }
skip() { say "no SLURM here: $*"; exit $SKIP; }

install() {
    [ "$(id -u)" = 0 ] || skip "its daemons need root"
    "$(dirname "$0")/../debian.sh" munge slurmctld slurmd slurm-client slurm-wlm-torque ||
        skip "it is not installed, for the reason above"
}

started() { # When a process started: tells ours from a later one of the same number.
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}
start() { # start NAME CMD...: in the background, and note its process
    local name=$1
    shift
    "$@" </dev/null >>"$ROOT/log/$name.out" 2>&1 &
    echo "$! $(started $!)" >"$PIDS/$name"
    disown $!
}
alive() {
    local pid since
    [ -s "$PIDS/$1" ] || return 1
    read -r pid since <"$PIDS/$1"
    [ "$(started "$pid")" = "$since" ]
}
stop() { # stop SIGNAL NAME: that very process, killed if it is still there after 10 s
    local pid i
    if alive "$2"; then
        read -r pid _ <"$PIDS/$2"
        kill "-$1" "$pid" 2>/dev/null || true
        for i in $(seq 100); do alive "$2" || break; sleep 0.1; done
        ! alive "$2" || kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$PIDS/$2"
}
await() { # await SECONDS WHAT CMD...
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until timeout 5 "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $end ]; then
            tail -n 20 "$ROOT"/log/* >&2
            say "gave up waiting for $what"
            exit 1
        fi
        sleep 0.1
    done
}

loopback() { # The daemons bind to what the host's name resolves to: that must be loopback.
    local mark="# twoarm-slurm" rest
    rest=$(grep -vF "$mark" /etc/hosts || true)
    if [ "$1" = add ]; then
        case $(getent ahostsv4 "$HOST" | head -n 1) in 127.*) return ;; esac
        printf '127.0.0.1 %s %s\n%s\n' "$HOST" "$mark" "$rest" >/etc/hosts
    elif grep -qF "$mark" /etc/hosts; then
        printf '%s\n' "$rest" >/etc/hosts
    fi
}

configure() {
    mkdir -p "$ROOT"/{log,run,state,spool} "$PIDS"
    chmod 755 "$ROOT" "$ROOT/run"
    (umask 077; head -c 1024 /dev/urandom >"$ROOT/munge.key")
    cat >"$ROOT/slurm.conf" <<END
ClusterName=twoarm
SlurmctldHost=$HOST(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=$PORT
SlurmctldPidFile=$ROOT/run/slurmctld.pid
SlurmctldLogFile=$ROOT/log/slurmctld.log
SlurmdPidFile=$ROOT/run/slurmd.%n.pid
SlurmdLogFile=$ROOT/log/slurmd.%n.log
SlurmdSpoolDir=$ROOT/spool/%n
StateSaveLocation=$ROOT/state
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$ROOT/run/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
# Without cgroups a step's memory is looked at each second, and its excess killed.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
PropagateResourceLimits=NONE
# The CPUs and the memory below are believed, whatever the machine has.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=5,bf_interval=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait=2
OverTimeLimit=0
# What ended stays in squeue for the length of a run.
MinJobAge=3600
SlurmctldTimeout=30
SlurmdTimeout=15
InactiveLimit=0
# What each job was, from when to when, where, and how it ended.
JobCompType=jobcomp/filetxt
JobCompLoc=$ROOT/log/jobcomp.log
AccountingStorageType=accounting_storage/none
$(for i in $(seq "$NODES"); do
    echo "NodeName=n$i NodeHostname=$HOST NodeAddr=127.0.0.1 Port=$((PORT + 10 + i))" \
        "CPUs=$CPUS RealMemory=$MEMORY State=UNKNOWN"
done)
PartitionName=short Nodes=ALL Default=YES MaxTime=600 PriorityTier=1 State=UP
PartitionName=urgent Nodes=ALL Default=NO MaxTime=600 PriorityTier=2 State=UP
END
}

answer() { # The executor turns to sacct, which hangs without a database, when it waits long.
    mkdir -p "$ROOT/bin"
    cat >"$ROOT/bin/sacct" <<'END'
#!/bin/sh
case "$*" in *Account*) exit ;; esac # nobody has one
exec squeue --noheader --states=all --format="%A|%T"
END
    chmod 755 "$ROOT/bin/sacct"
    export PATH=$ROOT/bin:$PATH
}
revive() {
    mkdir -p "$ROOT/spool/$1"
    start "slurmd.$1" slurmd -D -N "$1" -f "$ROOT/slurm.conf"
}
idle() { [ "$(sinfo -h -N -p short -t idle -o %N | sort -u | wc -l)" = "$NODES" ]; }

up() {
    local node
    [ ! -d "$PIDS" ] || { say "$ROOT is there already: 'slurm.sh down' first"; exit 1; }
    if [ -e $CONF ] || [ -L $CONF ]; then
        [ "$(readlink $CONF)" = "$ROOT/slurm.conf" ] || skip "$CONF is of another SLURM"
    fi
    configure
    answer
    loopback add
    mkdir -p "${CONF%/*}"
    ln -sfn "$ROOT/slurm.conf" $CONF
    start munged munged --foreground --force --origin=127.0.0.1 \
        --key-file="$ROOT/munge.key" --socket="$ROOT/run/munge.socket" \
        --pid-file="$ROOT/run/munged.pid" --log-file="$ROOT/log/munged.log" \
        --seed-file="$ROOT/run/munged.seed" --num-threads=2
    await 10 munged munge -S "$ROOT/run/munge.socket" -n
    start slurmctld slurmctld -D -f "$ROOT/slurm.conf"
    await 30 slurmctld scontrol ping
    for node in $(seq -f n%g "$NODES"); do revive "$node"; done
    export -f idle
    export NODES
    await 30 "$NODES idle nodes" bash -c idle
    say "up: $NODES nodes of $CPUS CPUs and $MEMORY MB"
}

jobs_of() { # Processes of jobs of this cluster, on one node or on all
    local place id
    for place in /proc/[0-9]*/environ; do
        id=${place#/proc/}
        { tr '\0' '\n' <"$place"; } 2>/dev/null |
            grep -cxE "SLURM_CLUSTER_NAME=twoarm|SLURMD_NODENAME=${1:-n[0-9]+}" |
            grep -qx 2 && echo "${id%/environ}"
    done
    return 0
}
slay() {
    stop KILL "slurmd.$1"
    jobs_of "$1" | xargs -r kill -KILL 2>/dev/null || true
}

down() {
    local file i
    [ -d "$PIDS" ] || return 0
    if alive slurmctld; then
        timeout 10 squeue -h -o %A | xargs -r timeout 10 scancel || true
        for i in $(seq 50); do
            [ -n "$(timeout 5 squeue -h -o %A)" ] || break
            sleep 0.2
        done
    fi
    for file in "$PIDS"/slurmd.* "$PIDS"/slurmctld "$PIDS"/munged; do
        [ ! -e "$file" ] || stop TERM "${file##*/}"
    done
    jobs_of | xargs -r kill -KILL 2>/dev/null || true
    loopback remove
    [ "$(readlink $CONF)" != "$ROOT/slurm.conf" ] || rm -f $CONF
    rm -rf "$ROOT"
    say down
}

case ${1:-} in
install | up | down) "$1" ;;
slay | revive) "$1" "$2" ;;
with)
    shift
    install
    trap down EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    up
    "$@"
    ;;
*)
    sed -n '2,16s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
