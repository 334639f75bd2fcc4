// Shows both documents. Whatever of the viewer would reach for another host, or lead to a service of its makers, is switched off.
Scalar.createApiReference("#reference", {
  sources: [
    {
      title: "Calls API",
      slug: "calls",
      url: "/openapi.json",
      default: true,
      // The token that the README takes: any will do, unless the server was started with --auth strict.
      authentication: { preferredSecurityScheme: "bearer", securitySchemes: { bearer: { token: "any" } } },
    },
    { title: "Control API", slug: "control", url: "/__admin/openapi.json" },
  ],
  defaultOpenAllTags: true,
  // As they are sent: in the documented order.
  orderSchemaPropertiesBy: "preserve",
  orderRequiredPropertiesFirst: false,
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  customFetch: async (...request) => {
    const answer = await fetch(...request);
    if (answer.headers.get("content-type")?.startsWith("audio")) hear(await answer.clone().blob());
    return answer;
  },
});

// The viewer calls a recording a binary file. Here it gets a player, in the place of those words.
const players = document.createElement("template");
players.innerHTML = '<audio controls aria-label="Recording" style="display: block; width: 100%; min-width: 20rem; height: 3.5rem"></audio>';
let recording;

function hear(sound) {
  if (recording) URL.revokeObjectURL(recording);
  recording = URL.createObjectURL(sound);
  for (const player of document.querySelectorAll("audio")) player.src = recording;
}

new MutationObserver((changes) => {
  if (!recording) return;
  for (const added of changes.flatMap((change) => [...change.addedNodes])) {
    const texts = document.createTreeWalker(added, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = texts.currentNode; text; text = texts.nextNode()) {
      if (text.nodeType === Node.TEXT_NODE && text.data.trim() === "Binary file") found.push(text);
    }
    for (const text of found) {
      const player = players.content.cloneNode(true);
      player.firstChild.src = recording;
      text.after(player);
      text.data = "";
    }
  }
}).observe(document.body, { childList: true, subtree: true });
