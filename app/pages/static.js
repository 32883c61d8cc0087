// What Gradio's components cannot do by themselves. Served as a file, because the page's security
// policy refuses scripts inside the page.
"use strict";

// Logging out changes something, so it is a POST: a Gradio button can only follow a link. Whoever
// was logged out already, by time or from another device, ends at the login page as well. Whoever is
// still logged in is told so, and not shown a login page that says otherwise.
document.addEventListener("click", async (event) => {
  if (!event.target.closest("#log-out")) return;
  const answer = await fetch("/logout", { method: "POST", redirect: "manual" }).catch(() => null);
  if (answer && (answer.type === "opaqueredirect" || answer.status === 401)) {
    location.assign("/login");
  } else {
    alert("Logging out did not work: you may still be logged in. Reload the page and try again.");
  }
});

// Gradio draws Markdown without a label. An element `x` with a visible label `x-label` gets it as
// its accessible name, so that screen readers (and people who test) find it.
const ROLES = { "model-response": "region", performance: "status" };

function nameRegions() {
  let missing = false;
  for (const [id, role] of Object.entries(ROLES)) {
    const element = document.getElementById(id);
    if (element && document.getElementById(`${id}-label`)) {
      element.setAttribute("role", role);
      element.setAttribute("aria-labelledby", `${id}-label`);
    } else {
      missing = true;
    }
  }
  return !missing;
}

// The elements appear once, while Gradio draws the page; only the Instruct page has them.
if (location.pathname === "/" && !nameRegions()) {
  const observer = new MutationObserver(() => nameRegions() && observer.disconnect());
  observer.observe(document.documentElement, { childList: true, subtree: true });
}
