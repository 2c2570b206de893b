// Bundles the scripts and styles of static/ into build/static/dist: `node build.mjs [--watch]`
import { globSync, rmSync } from "node:fs";
import { basename } from "node:path";
import * as esbuild from "esbuild";

// The words of each language but English, made from locale/ by scripts/translations.py
const words = globSync("build/words/*.js").map((path) => [`words/${basename(path, ".js")}`, path]);

const options = {
  entryPoints: {
    app: "static/app/app.js",
    compare: "static/app/compare.js",
    conversation: "static/app/conversation.js",
    studio: "static/app/studio.js",
    "push-worker": "static/app/push-worker.js",
    style: "static/css/style.css",
    ...Object.fromEntries(words),
  },
  outdir: "build/static/dist",
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  sourcemap: true,
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  // KaTeX's style names three formats of each font; every browser that we support reads woff2
  loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty" },
  target: ["chrome122", "firefox128", "safari17.5"],
  legalComments: "linked",
  logLevel: "warning",
};

if (process.argv.includes("--watch")) {
  await (await esbuild.context(options)).watch();
} else {
  rmSync(options.outdir, { recursive: true, force: true });
  await esbuild.build(options);
}
