// The engine inside a Node.js program: see embed.c for how the module is built.
//
//     node embed.mjs DIRECTORY [embed.node]
import assert from "node:assert";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const engine = createRequire(import.meta.url)(resolve(process.argv[3] ?? "embed.node"));

engine.open(process.argv[2], "films", 3);
engine.put("films", "alien", Float32Array.of(0.9, 0.1, 0));
engine.put("films", "amelie", Float32Array.of(0, 0.2, 0.9)); // on disk when it returns
const hits = engine.search("films", Float32Array.of(1, 0, 0), 2);
assert.throws(() => engine.search("films", Float32Array.of(1, 0), 2), { code: "VZ_INVALID_ARGUMENT" });
engine.close();

console.log(hits.join(" "));
assert.deepStrictEqual(hits, ["alien", "amelie"]);
