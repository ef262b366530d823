import { UsageError } from "./usage-error.ts";

export interface HostName {
  readonly user: string | undefined;
  readonly host: string;
}

/** "ops@gpu1.example" as ssh reads it: names of users may have an @. */
export function parseHostName(text: string): HostName {
  const at = text.lastIndexOf("@");
  const [user, host] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (host === "" || (at >= 0 && user === ""))
    throw new UsageError(`"${text}" is not a host: write it as [user@]host`);
  return { user: at < 0 ? undefined : user, host };
}
