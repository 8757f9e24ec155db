// Loads each island when the page first holds its tag, also after htmx has put new content in.
import "gz/page";

const ISLANDS = {
  "gz-map": () => import("gz/map"),
  "gz-atlas": () => import("gz/atlas"),
  "gz-chart": () => import("gz/chart"),
  "gz-live": () => import("gz/live"),
  "gz-recorder": () => import("gz/recorder"),
  "gz-select": () => import("gz/select"),
  "gz-keys": () => import("gz/keys"),
  "gz-light": () => import("gz/light"),
  "gz-outbox": () => import("gz/outbox"),
  "gz-tree": () => import("gz/tree"),
  "gz-upload": () => import("gz/upload"),
  "gz-compare": () => import("gz/compare"),
  "gz-wall": () => import("gz/wall"),
  "gz-spot": () => import("gz/spot"),
  "gz-nearest": () => import("gz/spot"),
  "gz-near": () => import("gz/spot"),
  "gz-rows": () => import("gz/rows"),
  "gz-bubbles": () => import("gz/bubbles"),
};

const loaded = new Set();

function load(root) {
  for (const name of Object.keys(ISLANDS)) {
    if (loaded.has(name)) continue;
    if (root.localName === name || root.querySelector?.(name)) {
      loaded.add(name);
      ISLANDS[name]().catch((reason) => {
        loaded.delete(name);
        console.error(`${name} could not be loaded`, reason);
      });
    }
  }
}

load(document);
new MutationObserver((changes) => {
  for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === 1) load(node);
}).observe(document.body, { childList: true, subtree: true });
