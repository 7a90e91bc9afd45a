/*
 * Nothing of a diary stays on the screen after its reader signed out, in any tab.
 *
 * A page for strangers tells the other tabs that somebody may have signed out here. Those
 * that show a diary ask the server, as does a page that comes back from the browser's
 * memory (the back button), and leave if their reader is gone. Pages of clinicians and
 * staff do the same by idle.js, which covers what is half typed instead.
 */
(() => {
  "use strict";

  const page = document.body.dataset;
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("sign-in") : null;
  if (!page.user) {
    channel?.postMessage("signed out");
    return;
  }

  // null: nobody can say, there is no network.
  const isMine = async () => {
    const answer = await fetch(page.left, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return null;
    const { seconds, user } = await answer.json();
    return seconds > 0 && String(user) === page.user;
  };
  const leave = () => {
    document.body.hidden = true;
    location.replace(page.login);
  };

  if (!document.getElementById("idle")) {
    channel?.addEventListener("message", async () => {
      if ((await isMine()) === false) leave();
    });
  }
  window.addEventListener("pageshow", async (event) => {
    if (!event.persisted) return;
    document.body.hidden = true; // until it is known whose page this may be
    const mine = await isMine();
    if (mine) document.body.hidden = false;
    else if (mine === false) leave();
    else location.reload();
  });
})();
