import { CommandPalette } from "./elements/command-palette.js";
import { CopyText } from "./elements/copy-text.js";
import { KeyHelp } from "./elements/key-help.js";
import { PictureWall } from "./elements/picture-wall.js";
import { LiveList } from "./elements/live-list.js";
import { RunningWork } from "./elements/running-work.js";
import { SideBar } from "./elements/side-bar.js";
import { watchLamps } from "./lib/lamps.js";

// The server shows times where the person is, from the next page on
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
document.cookie = `timezone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;

customElements.define("command-palette", CommandPalette);
customElements.define("copy-text", CopyText);
customElements.define("key-help", KeyHelp);
customElements.define("picture-wall", PictureWall);
customElements.define("live-list", LiveList);
customElements.define("running-work", RunningWork);
customElements.define("side-bar", SideBar);

if (document.querySelector("pass-key")) {
  import("./elements/pass-key.js").then(({ PassKey }) => customElements.define("pass-key", PassKey));
}

if (document.querySelector("push-switch")) {
  import("./elements/push-switch.js").then(({ PushSwitch }) => customElements.define("push-switch", PushSwitch));
}

const list = document.querySelector(".page");
if (list?.querySelector(".conversations .lamp")) watchLamps(list);
