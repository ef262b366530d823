/** What a user can name on the Hub. */
export interface HubName {
  /** "owner/name" */
  readonly repository: string;
  /** A branch, a tag or a commit. */
  readonly revision?: string;
  /** One of several GGUF files: its quantisation or its name. */
  readonly choice?: string;
}

const NAME =
  /^(?<repository>[\w.-]{1,96}\/[\w.-]{1,96})(?:@(?<revision>[\w.-]{1,96}))?(?::(?<choice>[\w.-]{1,200}))?$/;

/**
 * "owner/name", "owner/name@revision", "owner/name:Q4_K_M" as vLLM and llama.cpp have it, or both in this order; undefined for
 * anything else.
 */
export function parseHubName(text: string): HubName | undefined {
  const { repository, revision, choice } = NAME.exec(text)?.groups ?? {};
  if (repository === undefined) return undefined;
  return { repository, ...(revision && { revision }), ...(choice && { choice }) };
}
