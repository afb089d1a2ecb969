// The page: what is chosen, the address that says it, the controls, and the keys.
Atlas.words = {
  way: (direction) => (direction === "gov_to_dep" ? "governor → dependent" : "dependent → governor"),
  convention: { awi: "from where a word is read", awo: "from where a word is about to be said" },
};

Atlas.app = (() => {
  const { data } = Atlas;
  const VIEWS = { model: Atlas.grid, head: Atlas.heads, neuron: Atlas.neurons };
  const $ = (id) => document.getElementById(id);
  const first = data.doc.subjects.find((seen) => seen.sites.length) || data.doc.subjects[0];
  const state = {
    view: "model", model: first.model, control: first.control, beside: null, sentence: null,
    site: null, layer: 0, head: 0, heads: [0], query: null, unit: "pieces", dim: false,
    arcs: null, relation: "", role: "", part: "all", absent: null,
  };
  // What an address need not say, and is so where it does not.
  const UNSAID = { query: null, unit: "pieces", dim: false, arcs: null, relation: "", role: "", part: "all" };
  let drawings = [];
  let turn = 0;

  const current = () => data.subject(state.model, state.control) || first;
  const controls = () => data.doc.subjects.filter((seen) => seen.model === state.model);

  function shown() {
    const others = controls().filter((seen) => seen.control === state.beside && seen !== current());
    return [current(), ...others];
  }

  // From an address such as #model=m&site=encoder&layer=2&head=8&view=head.
  function read(address) {
    const given = new URLSearchParams(address.replace(/^#/, ""));
    const number = (name) => (/^\d+$/.test(given.get(name) || "") ? Number(given.get(name)) : null);
    const model = given.get("model");
    if (data.doc.subjects.some((seen) => seen.model === model)) state.model = model;
    const control = given.get("control");
    const isHere = (!model || model === state.model) && (!control || data.subject(state.model, control));
    state.absent = isHere ? null : [model || state.model, control].filter(Boolean).join(", ");
    const corpus = given.get("corpus");
    if (isHere && corpus && data.doc.corpus && corpus !== data.doc.corpus) state.absent = `corpus ${corpus}`;
    state.control = data.subject(state.model, control) ? control : controls()[0].control;
    if (given.has("beside")) state.beside = given.get("beside");
    for (const name of ["layer", "head", "sentence", "query"]) if (number(name) !== null) state[name] = number(name);
    for (const name of ["site", "relation", "role", "unit", "part", "arcs"]) if (given.has(name)) state[name] = given.get(name);
    if (given.has("dim")) state.dim = given.get("dim") === "1";
    const heads = (given.get("heads") || "").split(",").filter((part) => /^\d+$/.test(part)).map(Number);
    if (heads.length) [state.heads, state.head] = [heads, given.has("head") ? state.head : heads[0]];
    else if (number("head") !== null) state.heads = [state.head];
    if (VIEWS[given.get("view")]) state.view = given.get("view");
    else if (number("head") !== null) state.view = "head";
  }

  // What is chosen becomes what there is.
  function settle() {
    if (!data.subject(state.model, state.control)) state.control = controls()[0].control;
    const seen = current();
    const names = seen.sites.map((site) => site.name);
    if (!names.includes(state.site)) state.site = names[0];
    const site = data.siteOf(seen, state.site);
    if (state.beside === null) state.beside = (controls().find((other) => other !== seen) || { control: "" }).control;
    state.sentence = state.sentence === null ? null : Math.min(state.sentence, data.doc.sentences.length - 1);
    if (!site) {
      // The model could read none of the sentences: its view says so.
      [state.view, state.sentence] = ["model", state.sentence || 0];
      return;
    }
    state.layer = Math.min(state.layer, site.layers - 1);
    state.heads = [...new Set(state.heads.filter((head) => head < site.heads))];
    state.head = Math.min(state.head, site.heads - 1);
    if (!state.heads.length) state.heads = [state.head];
    if (!state.heads.includes(state.head)) state.head = state.heads[0];
    if (state.sentence === null) state.sentence = chosen(seen);
    if (!state.arcs) state.arcs = usual();
    if (state.arcs !== "none" && state.arcs !== "gov_to_dep") state.arcs = "dep_to_gov";
  }

  // The sentence to begin with: that of the head, and one that has the relation that is asked for.
  function chosen(seen) {
    const about = `${state.site}.${state.layer}.${state.head}`;
    const own = data.doc.sentences.findIndex((s) => s.about === about);
    const has = (k) => {
      const read = data.reading(seen, k);
      const text = read && data.text(read, data.doc.sentences[k], state.site, "queries");
      return ((text && text.arcs) || []).some((arc) => arc[2] === state.relation);
    };
    if (!state.relation || (own >= 0 && has(own))) return Math.max(0, own);
    const other = data.doc.sentences.findIndex((_, k) => has(k));
    return Math.max(0, other >= 0 ? other : own);
  }

  // The direction of the relation that the head tracks best.
  function usual() {
    const site = data.siteOf(current(), state.site);
    const roles = site && data.rolesOf(site, state.layer, state.head);
    const best = ((roles && roles.relations) || [])[0];
    return best ? best.direction : "dep_to_gov";
  }

  function address() {
    const said = new URLSearchParams();
    const kept = ["view", "model", "control", "beside", "sentence", "site", "layer", "head"];
    if (state.view === "neuron") kept.push("query");
    for (const name of kept) if (state[name] != null) said.set(name, state[name]);
    if (state.heads.length > 1) said.set("heads", state.heads.join(","));
    for (const name of ["relation", "role"]) if (state[name]) said.set(name, state[name]);
    if (state.arcs && state.arcs !== usual()) said.set("arcs", state.arcs);
    if (state.unit === "words") said.set("unit", "words");
    if (state.part !== "all") said.set("part", state.part);
    if (state.dim) said.set("dim", "1");
    return `#${said}`;
  }

  let written = "";
  // A frame without an address of its own (a notebook's) does without.
  function write(isNew) {
    written = address();
    try {
      history[isNew ? "pushState" : "replaceState"](null, "", written);
    } catch {
      written = "";
    }
  }

  function go(changes) {
    const moved = ["view", "control", "site", "layer", "head"].some((k) => k in changes && changes[k] !== state[k]);
    if (["model", "site", "layer", "head"].some((k) => k in changes && changes[k] !== state[k])) changes.arcs ??= null;
    if (changes.control && changes.control !== state.control && changes.control === state.beside)
      changes.beside = state.control;
    const focus = changes.view && changes.view !== state.view;
    Object.assign(state, { absent: null }, changes);
    settle();
    write(moved);
    return refresh(focus ? "view" : null);
  }

  const say = (words) => {
    $("status").textContent = Atlas.svg.printable(words);
  };

  async function refresh(focus) {
    const mine = ++turn;
    const active = document.activeElement && document.activeElement.id;
    const within = !active && $("view").contains(document.activeElement);
    Atlas.settings.draw(state);
    const seen = current();
    const missing = shown().filter((s) => !data.reading(s, state.sentence));
    const room = Math.max(280, $("view").clientWidth);
    const found = await VIEWS[state.view].draw(state, room).catch((error) => [
      { heading: "Nothing can be shown", note: Atlas.svg.printable(error.message) },
    ]);
    if (mine !== turn) return;
    drawings = found.filter((drawing) => drawing.drawn);
    const parts = found.map(({ heading, drawn, note }) => section(heading, drawn, note));
    parts.push(...missing.map((s) => section(`${s.model}, ${s.control}`, null, "This sentence is longer than the model can read, or its words cannot be told apart.")));
    if (state.absent) parts.unshift(section(state.absent, null, "This page does not show it: it was made of another. Below is one that it shows."));
    if (state.view === "model") parts.push(Atlas.grid.legend());
    $("view").replaceChildren(...parts);
    $("view").dataset.view = state.view;
    const about = state.view === "model" ? "" : Atlas.grid.describe(data.siteOf(seen, state.site), state.layer, state.head);
    $("roles").textContent = Atlas.svg.printable(about);
    say("");
    if (focus || within) focusFirst();
    else if (active && $(active)) $(active).focus({ preventScroll: true });
    document.documentElement.dataset.ready = String(mine);
  }

  function focusFirst() {
    const target = $("view").querySelector('[tabindex="0"]:not(.scroll)') || $("view");
    target.focus({ preventScroll: true });
  }

  function section(heading, drawn, note) {
    const box = document.createElement("section");
    const title = document.createElement("h2");
    title.textContent = Atlas.svg.printable(heading);
    box.append(title);
    if (drawn) {
      const scroll = document.createElement("div");
      scroll.className = "scroll";
      scroll.append(drawn);
      box.append(scroll);
    }
    if (note) {
      const words = document.createElement("p");
      words.textContent = note;
      box.append(words);
    }
    return box;
  }

  function save() {
    if (!drawings.length) return;
    const sentence = data.doc.sentences[state.sentence];
    const title = `${data.doc.title}: ${sentence.id}`;
    const url = URL.createObjectURL(new Blob([Atlas.svg.file(title, drawings)], { type: "image/svg+xml" }));
    const link = document.createElement("a");
    const place = state.view === "model" ? "" : `-${state.site}-${state.layer}-${state.heads.join("_")}`;
    const safe = `${state.model}-${state.control}`.replace(/[^\w~-]+/g, "_");
    [link.href, link.download] = [url, `atlas-${state.view}-${safe}${place}-${state.sentence}.svg`];
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    say(`Saved ${link.download}`);
  }

  const THEMES = ["system", "light", "dark"];
  let theme = "system";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  function paint() {
    const wanted = theme === "system" ? (dark.matches ? "dark" : "light") : theme;
    document.documentElement.dataset.theme = wanted;
    $("theme").textContent = `Theme: ${theme}`;
  }

  function back(event) {
    if (event.key !== "Escape") return;
    const to = { neuron: "head", head: "model" }[state.view];
    if (to) go({ view: to });
  }

  function start() {
    paint();
    read(`#${new URLSearchParams(data.doc.start || {})}`);
    read(location.hash);
    settle();
    if (!state.absent) write(false); // what it asks for stays there, to be said again
    $("export").addEventListener("click", save);
    $("theme").addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      paint();
      refresh();
    });
    dark.addEventListener("change", () => {
      paint();
      refresh();
    });
    document.addEventListener("keydown", back);
    window.addEventListener("popstate", () => {
      if (location.hash === written) return;
      Object.assign(state, UNSAID);
      read(location.hash);
      settle();
      written = location.hash;
      refresh("view");
    });
    let waiting = 0;
    window.addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(refresh, 120);
    });
    refresh();
  }

  return { state, current, controls, shown, go, say, start };
})();
