// What a served page does besides: it follows the run, and picks takes.
const token = document.body.dataset.token;

function element(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content.firstElementChild;
}
// A shot is put in anew as a whole; what somebody has opened, or stands on, stays as it was.
function renew(id, html) {
  const old = document.getElementById(`shot-${id}`);
  const made = element(html);
  if (!old) return board.append(made);
  const opened = $$("details[open]", old).map((each) => each.closest(".tile").dataset.key);
  const within = document.activeElement;
  const key = old.contains(within) ? within.closest(".tile")?.dataset.key : "";
  const kind = within.classList?.[0];
  $$("video", old).forEach((each) => stop(each.parentElement));
  old.replaceWith(made);
  for (const each of opened) {
    const details = $(`[data-key="${CSS.escape(each)}"] details`, made);
    if (details) details.open = true;
  }
  if (key) {
    const tile = $(`[data-key="${CSS.escape(key)}"]`, made);
    (tile && (kind && $(`.${kind}`, tile))) ? $(`.${kind}`, tile).focus() : $(".play, .blank", tile ?? made)?.focus();
  }
}
function hear(event) {
  heard = event.lastEventId;
  const said = JSON.parse(event.data);
  if (said.token !== token) return location.reload(); // another server, perhaps another version
  const trouble = $("#trouble");
  trouble.textContent = said.trouble;
  trouble.hidden = !said.trouble;
  sayLive();
  if (said.trouble || !said.order) return;
  for (const [id, html] of Object.entries(said.shots)) renew(id, html);
  const wanted = new Set(said.order);
  $$(".shot").forEach((shot) => { if (!wanted.has(shot.dataset.shot)) shot.remove(); });
  said.order.forEach((id, place) => {
    const shot = document.getElementById(`shot-${id}`);
    if (board.children[place] !== shot) board.insertBefore(shot, board.children[place]);
  });
  $(".empty", board)?.remove();
  const chosen = new Set($$("#states :checked").map((box) => box.value));
  $("#totals").innerHTML = said.totals;
  $("#strip").innerHTML = said.strip;
  $("#states").innerHTML = said.states;
  $$("#states input").forEach((box) => { box.checked = chosen.has(box.value); });
  filter();
}
const link = $("#link");
function say(state, lost) {
  link.textContent = state;
  link.classList.toggle("lost", lost);
}
const sayLive = () => say($("#trouble").hidden ? "live" : "live, as it was before a mistake", false);
// Browsers have six connections to a server, for all their tabs: what nobody sees holds none.
let heard = document.body.dataset.version;
let changes = null;
function follow() {
  changes?.close();
  changes = document.hidden ? null : new EventSource(`events?since=${heard}`);
  changes?.addEventListener("message", hear);
  changes?.addEventListener("open", sayLive);
  changes?.addEventListener("error", () => say("not connected", true));
}
document.addEventListener("visibilitychange", follow);
follow();

// Nobody knows how far a task is; how long its model takes as a rule is published.
setInterval(() => {
  for (const screen of $$(".screen[data-begun]")) {
    const since = Math.max((Date.now() - Date.parse(screen.dataset.begun)) / 1000, 0);
    const typical = Number(screen.dataset.typical);
    $(".since", screen).textContent = `${Math.round(since)} s${typical ? ` of about ${Math.round(typical)} s` : ""}`;
    const bar = $("progress", screen);
    if (typical) bar.value = Math.min(since / typical, 0.97);
  }
}, 500);

let picking = false; // a button that is disabled would lose the focus
async function pick(tile) {
  if (picking) return;
  const button = $(".pick", tile);
  const take = button.getAttribute("aria-pressed") === "true" ? null : Number(tile.dataset.take);
  const shot = tile.closest(".shot").dataset.shot;
  picking = true;
  try {
    const answer = await fetch("pick", {
      method: "POST",
      headers: { "content-type": "application/json", "x-shotmake-token": token },
      body: JSON.stringify({ shot, take }),
    });
    toast((await answer.json()).says);
  } catch {
    toast("Not picked: shotmake review --serve doesn't answer any more.");
  }
  picking = false;
}
board.addEventListener("click", (event) => {
  if (event.target.closest(".pick")) pick(event.target.closest(".tile"));
});
