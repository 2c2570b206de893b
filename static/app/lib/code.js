// Colours for code: classes only, because the page allows no inline style.
import { gettext } from "./gettext.js";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = {
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  dockerfile,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  markdown,
  php,
};
const more = { python, ruby, rust, shell, sql, swift, typescript, xml, yaml };
for (const [name, language] of Object.entries({ ...languages, ...more })) hljs.registerLanguage(name, language);

/** Longer code stays plain: colouring it takes one task, which would hold the page up. */
export const LONGEST = 12_000;

/**
 * The language that a class like `language-python` names.
 * @param {string} className
 */
export function languageOf(className) {
  return /(?:^|\s)language-([\w+#.-]+)/.exec(className)?.[1] ?? "";
}

/**
 * How people call a language: "Python" for `py`.
 * @param {string} language
 */
export function languageName(language) {
  return hljs.getLanguage(language)?.name ?? (language || gettext("Text"));
}

/**
 * The text as a fragment of spans with `hljs-…` classes.
 * @param {string} text
 * @param {string} language
 */
export function highlighted(text, language) {
  const root = document.createDocumentFragment();
  if (!hljs.getLanguage(language) || text.length > LONGEST) {
    root.append(text);
    return root;
  }
  /** @type {(DocumentFragment | HTMLElement)[]} */
  const open = [root];
  const { _emitter: tree } = hljs.highlight(text, { language, ignoreIllegals: true });
  // The library's own output is a string of HTML; its tree gives elements without one
  /** @type {any} */ (tree).walk({
    addText: (/** @type {string} */ part) => open.at(-1)?.append(part),
    openNode: (/** @type {{ scope?: string }} */ { scope }) => {
      const span = document.createElement("span");
      if (scope && !scope.includes(":")) span.className = `hljs-${scope.split(".")[0]}`;
      const parent = open.at(-1);
      const host = scope ? span : parent;
      if (scope) parent?.append(span);
      open.push(/** @type {HTMLElement} */ (host));
    },
    closeNode: () => open.pop(),
  });
  return root;
}
