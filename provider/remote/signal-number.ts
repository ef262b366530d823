/** Linux' numbers of the signals an SSH server may name (RFC 4254, section 6.10); ours may run on another system. */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

/** The exit status a shell gives to a process that a signal killed; 128 alone for a signal without a number in the table. */
export function codeOfSignal(name: string): number {
  return 128 + (NUMBERS[name.replace(/^SIG/, "")] ?? 0);
}
