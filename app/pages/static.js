// What Gradio's components cannot do by themselves. Served as a file, because the page's security
// policy refuses scripts inside the page.
"use strict";

// Logging out changes something, so it is a POST: a Gradio button can only follow a link.
document.addEventListener("click", (event) => {
  if (!event.target.closest("#log-out")) return;
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/logout";
  document.body.append(form);
  form.submit();
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
