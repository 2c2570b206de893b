/** A language of highlight.js: the package describes them all at once, not one by one. */
import type { LanguageFn } from "highlight.js";

declare const language: LanguageFn;
export default language;
