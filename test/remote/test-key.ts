import ssh2 from "ssh2";

/**
 * An ed25519 key pair in memory. The library's generator drops a leading zero byte, so that about one key in 290 cannot
 * be read by anybody, ssh-keygen included: such a key is made again.
 */
export function testKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}
