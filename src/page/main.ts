import { abilityWords, findAbilities } from "./abilities.js";
import { App } from "./app.js";
import { element } from "./elements.js";
import { notice } from "./notices.js";
import { Tabs } from "./tabs.js";
import { readWelcome, type Welcome } from "./welcome.js";

const abilities = findAbilities(new URLSearchParams(location.search).get("demand"));

/** Why no machine can run in this tab, in words; null: one can. */
function obstacleOf({ v86Problem }: Welcome): string | null {
  if (abilities.hasSimd) return v86Problem;
  return "This browser has no SIMD in WebAssembly, or it is turned off, and the PC needs it. Every current browser has it.";
}

async function begin(): Promise<void> {
  element("abilities").textContent = abilityWords(abilities);
  const welcome = readWelcome();
  if (welcome === null) return notice("This page works only where `godwit page` serves it.");
  const obstacle = obstacleOf(welcome);
  if (obstacle !== null) notice(obstacle);
  new App({ welcome, abilities, obstacle, tabs: await Tabs.join(abilities.demand) }).show();
}

begin().catch((error: Error) => notice(`The page could not begin: ${error.message}`));
