import type { Home } from "./home.ts";

/** Separates the arguments of a logged command line: no argument has it. */
export const ARGUMENT_SEPARATOR = "\u001F";

/**
 * First lines of a tool: who calls, and one line in the log. `[ -O / ]` is true for root, who owns it; any other caller is the
 * operator.
 */
const logged = (home: Home, tool: string): string => `#!/bin/sh
if [ -O / ]; then uid=0; else uid=1000; fi
read -r since _ </proc/uptime
IFS=${ARGUMENT_SEPARATOR}
printf '%s\\t%s\\t%s\\t%s\\n' "$since" "$uid" "${tool}" "$*" >>'${home.commands}'
IFS=' '
`;

const slow = (home: Home, tool: string): string =>
  `exec '${home.node}' '${home.code}/main.js' '${home.path}' "${tool}" "$@"\n`;

/**
 * amd-smi: prints what is prepared for these arguments; what changes something, and anything unusual, goes to Node. In Perl,
 * which logs, waits and prints in one process: a bench runs 64 such hosts on two cores, and the time is the bench's.
 */
export const amdSmiScript = (home: Home, readSeconds: number): string => `#!/usr/bin/perl
my ($caller, $uid) = $> == 0 ? ("root", 0) : ("user", 1000);
open my $uptime, "<", "/proc/uptime";
my ($since) = split / /, <$uptime>;
open my $log, ">>", '${home.commands}';
print $log join("\\t", $since, $uid, "amd-smi", join("${ARGUMENT_SEPARATOR}", @ARGV)), "\\n";
close $log;
select undef, undef, undef, ${readSeconds} unless ($ARGV[0] // "") =~ /^(set|reset)$/;
sub content { open my $file, "<", shift or return; local $/; scalar <$file> }
unless (grep m{/}, @ARGV) {
  my $answer = '${home.outputs}' . "/$caller/@ARGV";
  if (defined(my $text = content($answer))) { print $text; exit 0 }
  if (defined(my $code = content("$answer.code"))) {
    print content("$answer.out");
    print STDERR content("$answer.err");
    exit $code;
  }
}
exec '${home.node}', '${home.code}/main.js', '${home.path}', "amd-smi", @ARGV;
`;

/** dmesg, for root alone, as distributions have it. */
export const dmesgScript = (home: Home): string => `#!/bin/sh
[ -O / ] && exec cat '${home.kernelLog}'
echo 'dmesg: read kernel buffer failed: Operation not permitted' >&2
exit 1
`;

/** modprobe and systemctl; also mounted over the real ones, which a test must never reach, under whatever name. */
export const toolScript = (home: Home): string => {
  const tool = "${0##*/}";
  return `${logged(home, tool)}${slow(home, tool)}`;
};
