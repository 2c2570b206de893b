// Writes the kinds of items that the page has words for.
import { KINDS } from "../../static/app/lib/item-words.js";
process.stdout.write(JSON.stringify(KINDS));
