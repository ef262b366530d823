import type {
  keyMessages,
  loginMessages,
  reachMessages,
  trafficMessages,
} from "../../../provider/remote/messages.ts";
import type { ExamplesOf } from "./examples.ts";

const JUMP = "the jump host ops@bastion.example";
const ADDRESS = "gpu1.example:22";

export const reach: ExamplesOf<typeof reachMessages> = {
  "name-unknown": [[]],
  "dns-silent": [[]],
  "no-route": [[]],
  "connection-refused": [[]],
  "connection-reset": [[]],
  "no-answer": [[{}], [{ seconds: 15 }]],
  "socket-failed": [[{ detail: "read EPROTO" }]],
  "stage-too-slow": [[{ phase: "handshake", seconds: 15 }]],
  "closed-before-ssh": [[{ said: "" }], [{ said: "Not allowed at this time" }]],
  "closed-in-stage": [[{ phase: "login", said: "" }], [{ phase: "handshake", said: "Too many connections" }]],
  "no-ssh-server": [[{ said: "HTTP/1.1 400 Bad Request" }]],
  "no-common-algorithm": [[{ kind: "host key algorithm" }]],
  "too-many-startups": [[]],
  "protocol-error": [[{ phase: "handshake", detail: "Bad packet length" }]],
  "jump-connection-lost": [[{ jump: JUMP, detail: "" }], [{ jump: JUMP, detail: "Connection timed out" }]],
  "jump-connection-refused": [[{ jump: JUMP, address: ADDRESS }]],
  "jump-no-route": [[{ jump: JUMP, address: ADDRESS }]],
  "jump-name-unknown": [[{ jump: JUMP, address: ADDRESS }]],
  "jump-no-answer": [[{ jump: JUMP, address: ADDRESS }], [{ jump: JUMP, address: ADDRESS, seconds: 15 }]],
  "forwarding-forbidden": [[{ jump: JUMP, address: ADDRESS }]],
  "address-not-permitted": [[{ jump: JUMP, address: ADDRESS }]],
  "forwarding-unsupported": [[{ jump: JUMP }]],
  "forwarding-failed": [[{ jump: JUMP, address: ADDRESS, detail: "Permission denied" }]],
};

export const login: ExamplesOf<typeof loginMessages> = {
  "credentials-refused": [
    [{ tried: ["the private key"], user: "ops", offered: ["publickey"], said: "", detail: "" }],
    [
      {
        tried: ["any key of the agent", "the password"],
        user: "ops",
        offered: [],
        said: "",
        detail: "Too many authentication failures",
      },
    ],
  ],
  "more-wanted": [[{ accepted: ["the private key"], user: "ops", offered: ["password"] }]],
  "agent-keys-unsupported": [
    [
      {
        refused: 'the server did not accept any key of the agent for user "ops"',
        kinds: ["sk-ssh-ed25519@openssh.com"],
      },
    ],
  ],
  "prompt-unanswered": [[{ user: "ops", prompt: "Verification code:" }]],
  "password-expired": [[{ user: "ops", prompt: "New password:" }]],
  "no-credentials": [[{ property: "connection" }], [{ property: "connection.proxy" }]],
  "agent-silent": [[{ agent: "/run/user/1000/agent.sock" }]],
  "agent-or-server-slow": [[{ agent: "/run/user/1000/agent.sock", seconds: 15 }]],
  "no-session": [[]],
  "no-commands": [[]],
};

export const traffic: ExamplesOf<typeof trafficMessages> = {
  "too-much-before-login": [[{ mebibytes: 1 }]],
  "connection-ended": [[{ detail: "Connection reset by peer" }]],
  "too-much-unasked": [[{ mebibytes: 16 }]],
  "too-many-key-exchanges": [[{ count: 8 }]],
  "packets-too-small": [[{ bytes: 16 }]],
};

export const key: ExamplesOf<typeof keyMessages> = {
  "key-encrypted": [[]],
  "key-passphrase-wrong": [[]],
  "key-cipher-unknown": [[]],
  "key-of-putty-encrypted": [[]],
  "key-of-putty-broken": [[]],
  "key-of-pkcs8-broken": [[]],
  "key-kind-unknown": [[]],
  "key-is-public": [[]],
  "key-is-path": [[]],
  "key-lines-escaped": [[]],
  "key-of-security-key": [[]],
  "key-unreadable": [[]],
};
