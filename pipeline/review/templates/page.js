"use strict";
// What the page does: clips that play where they lie, filters, keys, and the board in one go.
// It works on what the HTML says; without it the page is still all there to read.
const $ = (query, from = document) => from.querySelector(query);
const $$ = (query, from = document) => [...from.querySelectorAll(query)];
const board = $("#board");
document.body.classList.remove("still");
const quiet = matchMedia("(prefers-reduced-motion: reduce)");

let toasting = 0;
function toast(text) {
  clearTimeout(toasting);
  $("#toast").textContent = text;
  toasting = setTimeout(() => { $("#toast").textContent = ""; }, 4000);
}

// --- one take: a clip is loaded when somebody wants it, and let go of when not --------------------
function video(screen) {
  const there = $("video", screen);
  if (there) return there;
  const made = document.createElement("video");
  made.src = $(".play", screen).dataset.clip;
  made.loop = made.playsInline = made.muted = true;
  made.addEventListener("error", () => {
    stop(screen);
    toast("This clip isn't here, or can't be played; a run brings it back, free.");
  });
  screen.append(made);
  return made;
}
function stop(screen) {
  const there = $("video", screen);
  if (!there) return;
  there.removeAttribute("src");
  there.load();
  there.remove();
}
const play = (clip) => clip.play().catch(() => {}); // refused, or ended before it began: no matter

function hover(event) {
  const screen = event.target.closest?.(".screen");
  if (!screen || !$(".play", screen) || quiet.matches || event.pointerType === "touch") return;
  if (event.type === "pointerover") {
    if (!$("video", screen)) play(video(screen));
  } else if (!screen.contains(event.relatedTarget) && !$("video[controls]", screen)) stop(screen);
}
board.addEventListener("pointerover", hover);
board.addEventListener("pointerout", hover);

function toggle(screen) {
  const clip = video(screen);
  if (clip.controls) return clip.paused ? play(clip) : clip.pause();
  $$("video[controls]").forEach((other) => stop(other.parentElement));
  clip.controls = true;
  clip.muted = false;
  clip.currentTime = 0;
  play(clip);
}

// --- filters -------------------------------------------------------------------------------------
const texts = new WeakMap();
function words(shot) {
  if (!texts.has(shot)) texts.set(shot, shot.textContent.toLowerCase());
  return texts.get(shot);
}
function filter() {
  const sought = $("#find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const states = new Set($$("#states :checked").map((box) => box.value));
  const model = $("#model").value;
  const shots = $$(".shot");
  let shown = 0;
  for (const shot of shots) {
    const text = sought.length ? words(shot) : "";
    let fits = (!model || shot.dataset.model === model) && sought.every((word) => text.includes(word));
    if (fits && states.size) {
      const tiles = $$(".tile", shot);
      tiles.forEach((tile) => {
        tile.hidden = !states.has(tile.dataset.state) && !("open" in tile.dataset && states.has("none picked"));
      });
      fits = tiles.some((tile) => !tile.hidden);
    } else if (fits) $$(".tile[hidden]", shot).forEach((tile) => { tile.hidden = false; });
    shot.hidden = !fits;
    shown += fits;
  }
  const some = sought.length || states.size || model;
  $("#shown").textContent = some ? `${shown} of ${shots.length} shots` : "";
  $("#none").hidden = shown > 0 || !shots.length;
}
function showAll() {
  $("#find").value = $("#model").value = "";
  $$("#states :checked").forEach((box) => { box.checked = false; });
  filter();
}
$("#find").addEventListener("input", filter);
$("#model").addEventListener("change", filter);
$("#states").addEventListener("change", filter);
$("#all").addEventListener("click", showAll);

// --- clicks --------------------------------------------------------------------------------------
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(`copied: ${text}`);
}
board.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".play")) toggle(button.parentElement);
  if (button?.matches(".copy")) copy(button.dataset.command);
});
$("#keys").addEventListener("click", () => $("#help").showModal());

// --- keys ----------------------------------------------------------------------------------------
function step(by) {
  const stops = $$(".tile .play, .tile .blank[tabindex]").filter((each) => each.checkVisibility());
  const tile = document.activeElement?.closest(".tile");
  const at = stops.findIndex((each) => tile?.contains(each));
  const next = stops[at < 0 ? 0 : Math.min(Math.max(at + by, 0), stops.length - 1)];
  next?.focus();
  next?.closest(".shot").scrollIntoView({ block: "nearest" });
}
const keys = {
  ArrowRight: () => step(1), j: () => step(1), ArrowLeft: () => step(-1), k: () => step(-1),
  "/": () => $("#find").focus(),
  "?": () => $("#help").showModal(),
  b: (tile) => start(tile?.closest(".shot").dataset.shot),
  c: (tile) => { if (tile) copy($(".copy", tile)?.dataset.command); },
  p: (tile) => {
    if (tile && $(".pick", tile)) $(".pick", tile).click();
    else if (!document.body.dataset.token) toast("Takes are picked on a served page: shotmake review --serve");
  },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
  const within = document.activeElement;
  if (event.key === "Escape") {
    $$(".screen video").forEach((each) => stop(each.parentElement));
    showAll();
    return within.blur();
  }
  if (within.matches("input:not([type=checkbox]), select, video")) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act(within.closest(".tile"));
});
