import * as fc from "fast-check";
import { SaxesParser } from "saxes";
import { expect, test } from "vitest";

import { bytes, gibibytes } from "../../provider/bytes.ts";
import { descriptionSvg } from "../../provider/cli/svg/description.ts";
import { STYLE } from "../../provider/cli/svg/style.ts";
import { wrap } from "../../provider/cli/svg/wrap.ts";
import { xmlText } from "../../provider/cli/svg/xml.ts";
import { plainText } from "../../provider/plain-text.ts";
import { describeHost, type HostDescription } from "../../provider/standalone/describe.ts";
import { hostOf } from "../partitioner/host.ts";

interface Parsed {
  readonly elements: ReadonlySet<string>;
  readonly attributes: ReadonlySet<string>;
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
}

/** Reads a document as strictly as XML asks; throws where it is not well-formed. */
function parse(document: string): Parsed {
  const parser = new SaxesParser();
  const elements = new Set<string>();
  const attributes = new Set<string>();
  const texts: string[] = [];
  const numbers: number[] = [];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => {
    elements.add(tag.name);
    for (const [name, value] of Object.entries(tag.attributes)) {
      attributes.add(name);
      if (["x", "y", "width", "height"].includes(name)) numbers.push(Number(value));
    }
  });
  parser.on("text", (text) => texts.push(text));
  parser.write(document).close();
  return { elements, attributes, texts, numbers };
}

const described = (name: string, changes: Partial<HostDescription> = {}): HostDescription => {
  const claim = { key: name, model: name, devices: [{ id: "0000:0c:00.3", bytes: gibibytes(20) }] };
  const observation = hostOf(["CPX/NPS4", "CPX/NPS4"], "MI300X", {
    record: { reservations: [{ ...claim, exclusive: false }] },
    gpuProcesses: [{ pid: 1, name, gpus: [], vram: { "0000:22:00.1": bytes(5) } }],
  });
  const capability = { level: "REAL_PARTITIONING", reason: name } as const;
  return { ...describeHost({ capability, observation }), hostId: name, ...changes };
};

const hostile = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 4 }),
        fc.constantFrom(
          "<script>",
          "]]>",
          "&amp;",
          '"',
          "'",
          "\u0000",
          "\uFFFF",
          "\uD800",
          "-->",
          "</svg>",
          "\u001B[2J",
        ),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(""));

test("a picture is well-formed and runs and loads nothing, whatever a host says", () => {
  fc.assert(
    fc.property(hostile(), fc.array(hostile(), { maxLength: 3 }), (name, sentences) => {
      const document = descriptionSvg(described(name, { drift: sentences, problems: sentences }));
      const { elements, attributes, numbers } = parse(document);
      expect([...elements].toSorted()).toEqual(["desc", "g", "rect", "style", "svg", "text", "title"]);
      expect([...attributes].filter((one) => /^on|href|^style$|src/i.test(one))).toEqual([]);
      expect(numbers.filter((one) => !Number.isFinite(one) || one < 0)).toEqual([]);
    }),
  );
});

test("a sentence is broken between words into lines that have room, and nothing of it is lost", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("abcdefgh ij", 3)).toEqual(["abc", "def", "gh", "ij"]);
  fc.assert(
    fc.property(hostile(), fc.integer({ min: 8, max: 40 }), (text, most) => {
      const lines = wrap(text, most);
      expect(lines.filter((line) => line.length > most)).toEqual([]);
      expect(lines.join("").replaceAll(" ", "")).toBe(plainText(text).replaceAll(" ", ""));
    }),
  );
});

test("text in a picture reads as the host said it, in plain characters", () => {
  fc.assert(
    fc.property(hostile(), (text) => {
      const { texts } = parse(`<a b="${xmlText(text)}">${xmlText(text)}</a>`);
      expect(texts.join("")).toBe(plainText(text).replaceAll(/[\uFFFE\uFFFF]/g, "\uFFFD"));
    }),
  );
});

test("a picture has every GPU, device, model and size as text", () => {
  const { texts } = parse(descriptionSvg(described("shop/dev/llama")));
  const all = texts.join("\n");
  expect(all).toContain("0000:22:00.0");
  expect(all).toContain("MI300X, CPX/NPS4");
  expect(all).toContain("0000:0c:00.3  shop/dev/llama: shop/dev/llama, 20.0 GiB");
  expect(all).toContain("0000:22:00.1  5 B without a reservation");
  expect(all).toContain("memory domain 0000:0c:00/nps4.3, 48.0 GiB");
  expect(all).toContain("2 GPUs, 16 devices: 20.0 GiB reserved");
});

test("a picture of 64 devices, and of a host without GPUs, has its size", () => {
  const eight = describeHost({
    capability: { level: "NONE", reason: "r" },
    observation: hostOf(Array<string>(8).fill("CPX/NPS4")),
  });
  const document = descriptionSvg(eight);
  expect(document.match(/class="device"/g)).toHaveLength(64 + 1);
  expect(document.length).toBeLessThan(40_000);
  parse(descriptionSvg({ ...eight, gpus: [] }));
});

/** Relative luminance of WCAG 2. */
function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = parts.map((one) =>
    one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("texts of a picture have contrast in light and dark, and areas of memory differ from free ones", () => {
  const themes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, body = ""]) => new Map([...body.matchAll(/--([a-z]+): (#[0-9a-f]{6})/g)].map(([, k, v]) => [k, v])),
  );
  expect(themes).toHaveLength(2);
  for (const theme of themes) {
    const contrast = (a: string, b: string): number => {
      const [x, y] = [luminance(theme.get(a) ?? ""), luminance(theme.get(b) ?? "")];
      return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    };
    for (const ink of ["ink", "soft", "bad"]) expect(contrast(ink, "ground")).toBeGreaterThan(4.5);
    for (const area of ["reserved", "used"]) expect(contrast(area, "free")).toBeGreaterThan(3);
  }
});
