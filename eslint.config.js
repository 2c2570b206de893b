import js from "@eslint/js";
import globals from "globals";

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
    files: ["build.mjs", "eslint.config.js", "tests/**/*.{js,mjs}"],
    languageOptions: { globals: { ...globals.node } },
  },
];
