/** The folder of the host record on a GPU host; the record, its lock, and nothing else. */
export const HOST_RECORD_DIRECTORY = "/var/lib/pulumi-amd-gpu";
export const HOST_RECORD_PATH = `${HOST_RECORD_DIRECTORY}/host.json`;
export const HOST_LOCK_PATH = `${HOST_RECORD_DIRECTORY}/lock`;
