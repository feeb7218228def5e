// Bundles the page and its workers into OUT, each file gzipped.   node build.mjs OUT
import { build } from 'esbuild';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

const out = resolve(process.argv[2]);
rmSync(out, { recursive: true, force: true });
const common = {
  bundle: true, minify: true, outdir: out, legalComments: 'none', logLevel: 'error', jsx: 'automatic', target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' }, loader: { '.ttf': 'dataurl', '.woff2': 'dataurl', '.svg': 'dataurl' },
};
await build({ ...common, entryPoints: { graphiql: 'graphiql.jsx' }, format: 'esm' });
await build({
  ...common, format: 'iife',
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
});
for (const name of readdirSync(out)) {
  writeFileSync(join(out, name + '.gz'), gzipSync(readFileSync(join(out, name)), { level: 9 }));
  rmSync(join(out, name));
}
