// A page about long work shows how far it is, and the end when it comes. Without this script a link does it.
"use strict";
(() => {
  const look = async () => {
    const shown = document.getElementById("progress");
    if (!shown) return;
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = page.getElementById("progress");
        if (!answer.ok || !now) {
          location.reload();
          return;
        }
        for (const part of ["p", "progress"]) shown.querySelector(part).replaceWith(now.querySelector(part));
        document.title = page.title;
      } catch {
        // the server is away: look again later
      }
    }
    setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
})();
