/** What `amdSmiPath` may be: nothing that a shell, systemd or a list of words could split. */
export const SAFE_PATH = /^\/[A-Za-z0-9._+@:/-]+$/;
