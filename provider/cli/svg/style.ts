/** Light and dark as the reader's system has it; every text has a contrast of at least 4.5 on its ground. */
export const STYLE = `
:root { --ground: #ffffff; --ink: #1a1a1a; --soft: #595959; --free: #e6e9ee; --edge: #8a93a3; --reserved: #2f6fbd; --used: #b35c00; --bad: #b00020 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15181d; --ink: #f0f0f0; --soft: #b0b6c0; --free: #2a3039; --edge: #6f7a8b; --reserved: #5b9be6; --used: #e08a2e; --bad: #ff7a85 }
}
text { font: 12px system-ui, sans-serif; fill: var(--ink) }
.title { font-size: 18px; font-weight: 600 }
.soft { fill: var(--soft) }
.bad { fill: var(--bad) }
.ground { fill: var(--ground) }
.device { fill: var(--free); stroke: var(--edge) }
.domain { fill: none; stroke: var(--ink); stroke-width: 1.5 }
.reserved { fill: var(--reserved) }
.used { fill: var(--used) }
`;
