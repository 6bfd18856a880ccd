#!/bin/sh
# Installs credmint from this checkout, or from a release archive whose signature it verifies. Needs no root.
#
# The whole script is one function that is called on the last line, so that a truncated copy does nothing.

set -eu

usage() {
	cat <<'EOF'
usage: ./install.sh [--prefix DIR]                        build this checkout and install it
       ./install.sh --from BASE --key FILE [--prefix DIR] install a release: BASE is an https address or a directory
                                                          with the archive, SHA256SUMS and SHA256SUMS.sig; FILE holds
                                                          the release key (an ssh public key)
       ./install.sh --uninstall [--prefix DIR]            remove what was installed; secrets and sessions stay
       ./install.sh --demo                                show the main job on a throw-away home: no AWS account and
                                                          no keychain are needed, and nothing stays behind

Installs PREFIX/bin/credmint and its names for git and docker: git-credential-credmint, git-remote-codecommit and
docker-credential-credmint; and in PREFIX/share the manual, and what completes command lines in bash, zsh and fish.
PREFIX is ~/.local unless --prefix says otherwise.
EOF
}

say() { printf '%s\n' "$*"; }

die() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}

need() { command -v "$1" >/dev/null 2>&1 || die "$1 is needed for this: $2"; }

# build FILE PACKAGE: one static binary, without HTTP/2, which credmint never speaks.
build() {
	need go "install Go 1.26 or newer (https://go.dev/dl/)"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -tags nethttpomithttp2 -ldflags '-s -w -funcalign=16' -o "$1" "$2")
}

# place FILE: puts the binary and its other names into PREFIX/bin, each in one step, so that a running credmint and
# its callers see the old or the new one.
place() {
	mkdir -p "$prefix/bin" || die "cannot make $prefix/bin: choose another place with --prefix"
	next="$prefix/bin/.credmint.$$"
	if ! { cp "$1" "$next" && chmod 755 "$next" && mv -f "$next" "$prefix/bin/credmint"; }; then
		die "cannot write to $prefix/bin"
	fi
	for name in $names; do
		if [ -e "$prefix/bin/$name" ] && ! is_ours "$prefix/bin/$name"; then
			die "$prefix/bin/$name is another program's: remove it first"
		fi
		ln -sf credmint "$prefix/bin/$name"
	done
	say "installed $prefix/bin/credmint ($("$prefix/bin/credmint" version))"
	share
	case ":$PATH:" in
	*":$prefix/bin:"*) ;;
	*)
		say "add this to your shell's start-up file, so that you and git find it:"
		say "    export PATH=\"$prefix/bin:\$PATH\""
		;;
	esac
	say "next: credmint add PROFILE"
}

# share: has credmint write its manual, and what shells read to complete its command lines.
share() {
	"$prefix/bin/credmint" man "$prefix/share/man/man1" || say "the manual was not written"
	for shell in bash zsh fish; do
		file=$(completion "$shell")
		if ! { mkdir -p "${file%/*}" && "$prefix/bin/credmint" completion "$shell" >"$file"; }; then
			say "$file was not written"
		fi
	done
}

# completion SHELL: the file in which a shell looks for it.
completion() {
	case $1 in
	bash) say "$prefix/share/bash-completion/completions/credmint" ;;
	zsh) say "$prefix/share/zsh/site-functions/_credmint" ;;
	fish) say "$prefix/share/fish/vendor_completions.d/credmint.fish" ;;
	esac
}

is_ours() { [ -L "$1" ] && [ "$(readlink "$1")" = credmint ]; }

uninstall() {
	for name in $names; do
		if is_ours "$prefix/bin/$name"; then
			rm -f "$prefix/bin/$name"
		fi
	done
	rm -f "$prefix/bin/credmint" "$prefix"/share/man/man1/credmint.1 "$prefix"/share/man/man1/credmint-*.1
	for shell in bash zsh fish; do
		rm -f "$(completion "$shell")"
	done
	say "removed credmint from $prefix/bin; secrets stay in the keychain (see credmint remove) and profiles in ~/.aws/config"
}

# fetch NAME: copies a file of the release into the scratch directory. Redirects may not leave https.
fetch() {
	case $from in
	https://*)
		need curl "to download"
		curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --max-filesize 100000000 \
			--output "$scratch/$1" "$from/$1" || die "cannot download $from/$1"
		;;
	*://*) die "$from: only https addresses and directories are taken" ;;
	*) cp "$from/$1" "$scratch/$1" || die "cannot read $from/$1" ;;
	esac
}

# release: fetches and verifies before anything of the archive is unpacked or run. Whatever is missing is refused.
release() {
	[ -n "$key" ] || die "--from needs --key FILE: the release key, which you have from somewhere else than the archive"
	[ -s "$key" ] || die "cannot read the release key $key"
	need ssh-keygen "it verifies the signature (OpenSSH 8.0 or newer)"
	need tar "to unpack"
	archive="credmint-$(system)-$(machine).tar.gz"
	fetch SHA256SUMS
	fetch SHA256SUMS.sig
	fetch "$archive"
	printf 'release@credmint namespaces="credmint-release" %s\n' "$(cat "$key")" >"$scratch/signers"
	ssh-keygen -Y verify -f "$scratch/signers" -I release@credmint -n credmint-release \
		-s "$scratch/SHA256SUMS.sig" <"$scratch/SHA256SUMS" >/dev/null 2>&1 ||
		die "the signature of SHA256SUMS is not the release key's: nothing was installed"
	sum=$(awk -v name="$archive" '$2 == name || $2 == "*" name { print $1 }' "$scratch/SHA256SUMS")
	[ -n "$sum" ] || die "SHA256SUMS does not name $archive: nothing was installed"
	[ "$(sha256 "$scratch/$archive")" = "$sum" ] || die "$archive has another checksum than was signed: nothing was installed"
	tar -xzf "$scratch/$archive" -C "$scratch" credmint || die "$archive holds no credmint"
	if [ ! -f "$scratch/credmint" ] || [ -L "$scratch/credmint" ]; then
		die "$archive holds no credmint"
	fi
	place "$scratch/credmint"
}

sha256() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$1" | cut -d ' ' -f 1
	else
		need shasum "to check the archive"
		shasum -a 256 "$1" | cut -d ' ' -f 1
	fi
}

system() { uname -s | tr '[:upper:]' '[:lower:]'; }

machine() {
	case $(uname -m) in
	x86_64 | amd64) say amd64 ;;
	aarch64 | arm64) say arm64 ;;
	*) die "there is no release for $(uname -m): build from a checkout" ;;
	esac
}

clean() {
	if [ -n "$loopback" ]; then
		kill "$loopback" 2>/dev/null || :
		wait "$loopback" 2>/dev/null || :
	fi
	rm -rf "$scratch"
}

# now: milliseconds, or seconds where date knows no better.
now() {
	case $(date +%N) in
	[0-9]*) echo $(($(date +%s%N) / 1000000)) ;;
	*) echo $(($(date +%s) * 1000)) ;;
	esac
}

# step TEXT COMMAND...: runs a step of the demo, shows what it printed and how long it took.
step() {
	say ""
	say "▸ $1"
	shift
	began=$(now)
	"$@" || die "the demo failed at: $*"
	took=$(($(now) - began))
	say "  (${took} ms)"
}

# field NAME: a value of the loopback AWS's start-up line.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$scratch/loopback.json"; }

# brief: what a credential_process answer says, without its secrets.
brief() { sed -e 's/"SecretAccessKey":"[^"]*"/"SecretAccessKey":"…"/' -e 's/"SessionToken":"[^"]*"/"SessionToken":"…"/' -e 's/^/  /'; }

add_key() {
	printf '%s\n%s\n' "$(field access_key_id)" "$(field secret_access_key)" |
		credmint add --stdin --keychain file me 2>&1 | sed 's/^/  /'
}

answer() { credmint aws reader | brief; }

real_client() {
	if command -v aws >/dev/null 2>&1; then
		aws sts get-caller-identity --profile reader --output text --endpoint-url "$AWS_ENDPOINT_URL" 2>&1 | sed 's/^/  aws: /'
	else
		say "  no AWS CLI on this machine: its place is taken by nothing, and the demo goes on"
	fi
}

git_password() {
	printf 'protocol=https\nhost=git-codecommit.eu-west-1.amazonaws.com\npath=v1/repos/demo\n\n' |
		credmint git --profile reader get | sed -e 's/^\(username=[A-Z0-9]*\)%.*/\1%…/' -e 's/^/  /'
}

demo() {
	mkdir -p "$scratch/bin" "$scratch/home/.aws"
	say "building credmint and the loopback AWS that the tests use"
	build "$scratch/bin/credmint" ./cmd/credmint
	build "$scratch/bin/loopback" ./helper/mint/awstest/loopback
	mkfifo "$scratch/hold"
	"$scratch/bin/loopback" <"$scratch/hold" >"$scratch/loopback.json" &
	loopback=$!
	exec 9>"$scratch/hold" # it ends when this script does
	tries=0
	until [ -s "$scratch/loopback.json" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || die "the loopback AWS does not start"
		sleep 0.1
	done

	# A home of its own: nothing of yours is read or written.
	unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN \
		AWS_CA_BUNDLE AWS_SHARED_CREDENTIALS_FILE XDG_DATA_HOME XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME \
		http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
	HOME=$scratch/home
	AWS_CONFIG_FILE=$HOME/.aws/config
	AWS_ENDPOINT_URL=$(field endpoint)
	AWS_EC2_METADATA_DISABLED=true
	CREDMINT_PASSPHRASE='correct horse battery staple'
	PATH=$scratch/bin:$PATH
	export HOME AWS_CONFIG_FILE AWS_ENDPOINT_URL AWS_EC2_METADATA_DISABLED CREDMINT_PASSPHRASE PATH
	cat >"$AWS_CONFIG_FILE" <<EOF
[profile reader]
region = eu-west-1
credential_process = credmint aws reader
credmint_role_arn = $(field reader_role_arn)
credmint_source_profile = me
EOF

	step "credmint add me: the key is checked with AWS and goes into an encrypted file" add_key
	step "credmint aws reader, cold: GetSessionToken, then AssumeRole" answer
	step "credmint aws reader, warm: no request is made" answer
	step "aws sts get-caller-identity --profile reader: a real client, through credential_process" real_client
	step "git asks for a CodeCommit password: signed from the same session" git_password
	step "credmint list" credmint list
	say ""
	say "The file keychain asks Argon2id for its key on every call, which is most of the time above; the system's keychain"
	say "answers in about a millisecond. Nothing of this demo is left behind."
}

main() {
	here=$(cd "$(dirname "$0")" && pwd)
	prefix=${HOME:-}/.local
	from='' key='' mode=install loopback=''
	names='git-credential-credmint git-remote-codecommit docker-credential-credmint'
	while [ $# -gt 0 ]; do
		case $1 in
		--prefix | --from | --key)
			[ -n "${2:-}" ] || die "$1 wants a value"
			case $1 in
			--prefix) prefix=$2 ;;
			--from) from=${2%/} mode=release ;;
			--key) key=$2 ;;
			esac
			shift
			;;
		--uninstall) mode=uninstall ;;
		--demo) mode=demo ;;
		-h | --help)
			usage
			exit 0
			;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift
	done
	case $prefix in
	/*) ;;
	*) prefix=$PWD/$prefix ;;
	esac
	scratch=$(mktemp -d)
	trap clean EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	case $mode in
	install)
		build "$scratch/credmint" ./cmd/credmint
		place "$scratch/credmint"
		;;
	release) release ;;
	uninstall) uninstall ;;
	demo) demo ;;
	esac
}

main "$@"
