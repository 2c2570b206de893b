import js from "@eslint/js";
import globals from "globals";
import markedWords from "./scripts/marked-words.js";

const html = "Only static/app/lib/html.js makes HTML from text.";

export default [
  { ignores: ["build/", "node_modules/", ".venv/", "var/"] },
  js.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "createContextualFragment"].map(
          (property) => ({ property, message: html }),
        ),
      ],
    },
  },
  {
    files: ["static/app/**/*.js"],
    plugins: { salon: { rules: { "marked-words": markedWords } } },
    rules: { "salon/marked-words": "error" },
  },
  {
    files: ["build.mjs", "eslint.config.js", "tests/**/*.{js,mjs}"],
    languageOptions: { globals: { ...globals.node } },
  },
];
