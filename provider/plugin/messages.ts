import { defineMessages } from "../message.ts";

/** What only the plugin says; everything else is said by the operations it serves. */
export const pluginMessages = defineMessages({
  "host-not-in-inventory": ({ host, known }: { readonly host: string; readonly known: readonly string[] }) =>
    `host is "${host}", which is not in the provider configuration; its hosts are ${known.length === 0 ? "none" : known.join(", ")}`,
  "two-hosts": ({ other }: { readonly other: string }) => `host conflicts with ${other}; set one of them`,
  "import-id": () =>
    'the id to import must be a host of the provider configuration, a host name or address such as ops@gpu1.example:2222, or "local". The given id is not shown because it may hold a password or a key',
  "import-kind": ({ type }: { readonly type: string }) =>
    `${type} cannot be imported. Declare it instead: the update reserves its memory, or keeps the reservation of the same name`,
  "unknown-type": ({ type }: { readonly type: string }) => `the provider amdgpu has no resource ${type}`,
  "unknown-function": ({ token }: { readonly token: string }) =>
    `the provider amdgpu has no function ${token}`,
  "invalid-argument": ({ problem }: { readonly problem: string }) => problem,
  "secret-argument": ({ name }: { readonly name: string }) =>
    `${name} cannot be used. What is wrong with it is not shown, because it is a secret`,
  "host-not-read": ({ reason }: { readonly reason: string }) => reason,
  "no-host-named": () => "host is missing: give host, connection, local or simulation",
  "config-not-json": ({ name }: { readonly name: string }) =>
    `the configuration value amdgpu:${name} is not valid JSON`,
  "invalid-config": ({ problem }: { readonly problem: string }) => `amdgpu:${problem}`,
  "not-configured": () => "the provider amdgpu is not configured yet",
  cancelled: () => "the operation was cancelled",
  "time-is-over": ({ seconds }: { readonly seconds: number }) =>
    `the operation did not end within ${seconds} s, its custom timeout`,
});
