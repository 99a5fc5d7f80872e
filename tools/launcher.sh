#!/bin/sh
# Layotto on Deno, in one file: this script, then a tar with the deno executable and our JavaScript.
# The first start extracts it; every start after that only execs. Nothing is printed unless it fails,
# since containerd takes what a shim's start prints, on either stream, as its address.
digest=@DIGEST@
home=@HOME@
dir=$home/$digest

fail() {
	echo "layotto: $1" >&2
	exit 70
}

# Files of another user are never run: who owns them could change them.
own() {
	[ -O "$1" ] || fail "$1 does not belong to user $(id -u); remove it and start again"
}

# Makes $home/$digest, which appears whole or not at all, however many start at once.
unpack() {
	[ -x "$dir/deno" ] && return 0
	find "$home" -maxdepth 1 -name '.new-*' -mtime +0 -exec rm -rf {} + 2>/dev/null
	if command -v sha256sum >/dev/null 2>&1; then
		found=$(tail -c +@OFFSET@ "$0" | sha256sum)
		[ "${found%% *}" = "$digest" ] ||
			fail "$0 is damaged: its payload has SHA-256 ${found%% *}, expected $digest; copy it again"
	fi
	new=$(mktemp -d "$home/.new-XXXXXX") || fail "cannot make a folder in $home"
	trap 'rm -rf "$new"' EXIT
	trap 'exit 70' HUP INT TERM
	mkdir "$new/$digest" &&
		tail -c +@OFFSET@ "$0" | tar -x -o -f - -C "$new/$digest" &&
		[ -e "$new/$digest/complete" ] ||
		fail "cannot extract $0 to $home: it is damaged, or @SIZE@ bytes do not fit there"
	chmod 755 "$new/$digest"
	# Releases mostly share one deno: as one file it takes disk and memory once.
	for old in "$home"/*/deno; do
		cmp -s "$old" "$new/$digest/deno" 2>/dev/null || continue
		ln -f "$old" "$new/$digest/deno"
		break
	done
	sync "$new/$digest"/* 2>/dev/null || sync
	# Into $home under its own name: if another start was faster, rename(2) refuses a folder that is not empty.
	mv "$new/$digest" "$home/" 2>/dev/null || [ -x "$dir/deno" ] ||
		fail "cannot move the extracted files to $dir"
	# Deno's cache knows a file by its path and is not open to hosts, which are somebody else: it is filled here, once.
	run prime </dev/null >/dev/null 2>&1
	return 0
}

# What is extracted, with our JavaScript's rights.
run() {
	DENO_DIR=$dir/cache DENO_NO_UPDATE_CHECK=1 "$dir/deno" @FLAGS@ "$dir/main.js" "$@"
}

if [ ! -x "$dir/deno" ]; then
	umask 022
	if [ "$(id -u)" != 0 ]; then
		umask 077
		case ${XDG_CACHE_HOME-} in
		/*) base=$XDG_CACHE_HOME ;;
		*)
			[ -n "${HOME-}" ] || fail "HOME is not set; expected a folder to extract to, since only root uses $home"
			base=$HOME/.cache
			;;
		esac
		home=$base/layotto/bin
		dir=$home/$digest
	fi
	mkdir -p "$home" || fail "cannot make $home, where the program is extracted to"
	own "${home%/*}"
	own "$home"
	# In a subshell, so that the lock is not passed on to what we exec. Without flock(1) several may extract; one wins.
	(
		flock 9 2>/dev/null
		unpack
	) 9>"$home/.lock" || exit $?
	own "$dir"
fi
export DENO_DIR="$dir/cache" DENO_NO_UPDATE_CHECK=1
for last; do :; done
case ${1-}:${last-} in
-namespace*:start | --namespace*:start)
	# The kernel lets the first who enters a cgroup wait 10 to 25 ms, and those right after not: that wait begins now, with
	# somebody who enters the cgroup he is in, and holds none of containerd's pipes while he waits.
	while IFS=: read -r _ controller path; do
		case $controller in
		pids | memory | '')
			{ echo 0 >"/sys/fs/cgroup/$controller$path/cgroup.procs" & } </dev/null >/dev/null 2>&1
			break
			;;
		esac
	done </proc/self/cgroup
	# containerd's start. Of what is started here one process stays as the daemon, so that a pod waits for one boot, not
	# two: it prints the address, then lets go of our pipe, which is what we wait for. If it fails it says why on stderr.
	address=$({ "$dir/deno" @FLAGS@ "$dir/main.js" daemon "$@" <&3 3<&- & } 3<&0)
	[ -n "$address" ] || exit 1
	echo "$address"
	exit 0
	;;
esac
exec "$dir/deno" @FLAGS@ "$dir/main.js" "$@"
exit 70
