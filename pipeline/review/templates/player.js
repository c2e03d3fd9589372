// The whole board in one go: picked takes in their order, and a card for what is missing.
const player = $("#player");
const screens = $$("video", player);
const show = { shots: [], at: 0, paused: false, muted: false, begun: 0, held: 0, timer: 0 };

function start(shot) {
  show.shots = $$("#strip a").map((link) => ({ ...link.dataset, seconds: Number(link.dataset.seconds) }));
  if (!show.shots.length) return toast("There is no shot to play.");
  $$(".screen video").forEach((each) => stop(each.parentElement));
  $("#segments").replaceChildren(...show.shots.map((each, number) => {
    const segment = document.createElement("button");
    segment.type = "button";
    segment.style.setProperty("--seconds", each.seconds);
    segment.className = each.clip ? "" : "missing";
    segment.setAttribute("aria-label", `shot ${number + 1}, ${each.shot}`);
    segment.title = each.shot;
    segment.append(document.createElement("i"));
    segment.addEventListener("click", () => go(number));
    return segment;
  }));
  show.paused = false;
  if (!player.open) player.showModal();
  go(Math.max(show.shots.findIndex((each) => each.shot === shot), 0));
  show.timer ||= requestAnimationFrame(tick);
}
function load(screen, shot) {
  if (screen.dataset.shot === shot.shot) return;
  screen.dataset.shot = shot.shot;
  if (shot.clip) screen.src = shot.clip;
  else screen.removeAttribute("src");
  screen.load();
}
function go(number) {
  if (number < 0) number = 0;
  if (number >= show.shots.length) return end();
  const shot = show.shots[number];
  const front = screens[number % 2];
  show.at = number;
  show.begun = performance.now();
  show.held = 0;
  screens.forEach((each) => { each.pause(); each.hidden = each !== front || !shot.clip; });
  load(front, shot);
  front.muted = show.muted;
  if (shot.clip) {
    front.currentTime = 0;
    if (!show.paused) play(front);
  }
  const card = $(".card", player);
  card.hidden = Boolean(shot.clip);
  $("b", card).textContent = `${number + 1}  ${shot.shot}`;
  $("p", card).textContent = `${shot.missing}. ${shot.prompt}`;
  $("#now").textContent = `${number + 1} of ${show.shots.length}: ${shot.shot}${shot.take ? `, ${shot.take}` : ""}`;
  $$("#strip a").forEach((link) => link.toggleAttribute("aria-current", link.dataset.shot === shot.shot));
  const next = show.shots[number + 1];
  if (next) load(screens[(number + 1) % 2], next); // so that the cut is one
  face();
}
function end() {
  show.paused = true;
  screens.forEach((each) => each.pause());
  show.held = show.shots[show.at].seconds * 1000;
  face();
}
function face() {
  $("[data-do=toggle]", player).textContent = show.paused ? "Play" : "Pause";
  $("[data-do=mute]", player).textContent = show.muted ? "Sound on" : "Sound off";
}
const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
function tick() {
  if (!player.open) return void (show.timer = 0);
  advance();
  show.timer = requestAnimationFrame(tick);
}
// No frame is called for of a hidden page; what is heard goes on there.
setInterval(() => { if (document.hidden && player.open) advance(); }, 500);
function advance() {
  const shot = show.shots[show.at];
  const clip = screens[show.at % 2];
  const length = shot.clip ? clip.duration || shot.seconds : shot.seconds;
  const waited = show.paused ? show.held : show.held + performance.now() - show.begun;
  const inside = Math.min(shot.clip ? clip.currentTime : waited / 1000, length);
  $$("#segments button").forEach((segment, number) => {
    segment.classList.toggle("done", number < show.at);
    segment.firstChild.style.width = number === show.at ? `${(100 * inside) / length}%` : "0";
  });
  const before = show.shots.slice(0, show.at).reduce((sum, each) => sum + each.seconds, 0);
  const whole = show.shots.reduce((sum, each) => sum + each.seconds, 0);
  $("#clock").textContent = `${minutes(before + inside)} / ${minutes(whole)}`;
  if (!shot.clip && !show.paused && inside >= length) go(show.at + 1);
}
const controls = {
  back: () => go(show.at - 1),
  next: () => go(show.at + 1),
  mute: () => { show.muted = !show.muted; screens.forEach((each) => { each.muted = show.muted; }); face(); },
  full: () => (document.fullscreenElement ? document.exitFullscreen() : player.requestFullscreen()),
  close: () => player.close(),
  toggle: () => {
    const clip = screens[show.at % 2];
    const over = show.at === show.shots.length - 1 && (show.shots[show.at].clip ? clip.ended : show.held >= show.shots[show.at].seconds * 1000);
    show.paused = !show.paused;
    if (over && !show.paused) return go(0);
    if (show.paused) show.held += performance.now() - show.begun;
    else show.begun = performance.now();
    if (show.shots[show.at].clip) show.paused ? clip.pause() : play(clip);
    face();
  },
};
screens.forEach((screen, number) => {
  const current = () => player.open && show.at % 2 === number && show.shots[show.at].clip;
  screen.addEventListener("ended", () => { if (current()) go(show.at + 1); });
  screen.addEventListener("error", () => { // perhaps of the next shot, which is loaded beforehand
    const at = show.shots.findIndex((each) => each.shot === screen.dataset.shot);
    if (at < 0) return;
    show.shots[at] = { ...show.shots[at], clip: "", missing: "its clip isn't here, or can't be played" };
    if (player.open && at === show.at) go(at);
  });
});
player.addEventListener("click", (event) => controls[event.target.closest("[data-do]")?.dataset.do]?.());
player.addEventListener("keydown", (event) => {
  const act = { " ": "toggle", ArrowLeft: "back", ArrowRight: "next", m: "mute", f: "full" }[event.key];
  if (!act || (event.key === " " && event.target.matches("button"))) return;
  event.preventDefault();
  controls[act]();
});
player.addEventListener("close", () => {
  for (const each of screens) { each.pause(); each.removeAttribute("src"); each.load(); delete each.dataset.shot; }
  $$("#strip a[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
});
$("#play").addEventListener("click", () => start());
