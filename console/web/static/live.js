// A page that is open learns at once that its session has ended, and goes where it is said why. The page in view listens, no other: it keeps
// nothing from the server but that, and leaves a browser's few connections to what people do.
"use strict";
(() => {
  let stream = null;
  const rest = () => {
    if (stream) stream.close();
    stream = null;
  };
  const listen = () => {
    if (stream || document.visibilityState === "hidden") return;
    stream = new EventSource("/cloison/live");
    stream.addEventListener("over", () => {
      rest();
      location.replace("/cloison/fin");
    });
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? rest() : listen()));
  // Who leaves the page by an act of their own goes where that leads; a download leaves it open.
  addEventListener("beforeunload", () => {
    rest();
    setTimeout(listen, 5000);
  });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  listen();
})();
