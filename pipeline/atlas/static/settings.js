// The controls above a view. Drawn anew with every change; a control keeps its id, and so its focus.
Atlas.settings = (() => {
  const { data } = Atlas;
  const $ = (id) => document.getElementById(id);
  const printable = (label) => Atlas.svg.printable(label);
  const short = (label, n = 60) => (label.length > n ? `${label.slice(0, n - 1)}…` : label);

  function select(name, label, options, value, change, wide = false) {
    const box = document.createElement("label");
    if (wide) box.className = "wide";
    box.append(label);
    const list = document.createElement("select");
    list.id = `set-${name}`;
    for (const [key, words] of options) {
      const option = document.createElement("option");
      option.value = key;
      option.textContent = printable(words);
      option.selected = String(key) === String(value);
      list.append(option);
    }
    list.addEventListener("change", () => change(list.value));
    box.append(list);
    return box;
  }

  function check(name, label, value, change) {
    const box = document.createElement("label");
    box.className = "check";
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.id = `set-${name}`;
    tick.checked = value;
    tick.addEventListener("change", () => change(tick.checked));
    box.append(tick, label);
    return box;
  }

  const numbers = (n, what) => Array.from({ length: n }, (_, k) => [k, `${what} ${k}`]);
  const to = (name, number = false) => (value) => Atlas.app.go({ [name]: number ? Number(value) : value });

  // Relations that some head shown tracks, or that a sentence shown has.
  function relations(state) {
    const found = new Set();
    for (const seen of Atlas.app.shown())
      for (const site of seen.sites)
        for (const roles of Object.values(site.roles || {}))
          for (const { deprel } of roles.relations || []) found.add(deprel);
    if (state.view !== "model") {
      const { source, target } = data.doc.sentences[state.sentence];
      for (const text of [source, target]) for (const arc of (text && text.arcs) || []) found.add(arc[2]);
    }
    if (state.relation) found.add(state.relation);
    return [["", "all relations"], ...[...found].sort().map((name) => [name, name])];
  }

  function common(state) {
    const models = [...new Set(data.doc.subjects.map((seen) => seen.model))].map((name) => [name, name]);
    const controls = Atlas.app.controls().map((seen) => [seen.control, seen.control]);
    const beside = [["", "nothing"], ...controls.filter(([name]) => name !== state.control)];
    const sentences = data.doc.sentences.map((s, k) => [k, `${k}: ${short(s.source.words.join(" "))}`]);
    const found = [];
    if (models.length > 1) found.push(select("model", "Model", models, state.model, (model) => Atlas.app.go({ model, beside: null })));
    found.push(select("sentence", "Sentence", sentences, state.sentence, (v) => Atlas.app.go({ sentence: Number(v), query: null }), true));
    if (controls.length > 1) {
      found.push(select("control", "Control", controls, state.control, to("control")));
      found.push(select("beside", "Beside it", beside, state.beside, to("beside")));
    }
    return found;
  }

  function ofModel(state) {
    const roles = [["", "all heads"], ...Object.keys(Atlas.svg.MARKS).map((name) => [name, name]), ["none", "no role"]];
    return [
      select("role", "Role", roles, state.role, to("role")),
      select("relation", "Relation", relations(state), state.relation, to("relation")),
    ];
  }

  function place(state) {
    const seen = Atlas.app.current();
    const site = data.siteOf(seen, state.site);
    const sites = seen.sites.map((s) => [s.name, s.name]);
    return [
      ...(sites.length > 1 ? [select("site", "Site", sites, state.site, to("site"))] : []),
      select("layer", "Layer", numbers(site.layers, "layer"), state.layer, to("layer", true)),
    ];
  }

  // A piece of a head's line, as it is drawn.
  function swatch(k) {
    const sign = Atlas.svg.make("svg", { width: 24, height: 4, "aria-hidden": "true" });
    const line = { x1: 0, y1: 2, x2: 24, y2: 2, stroke: Atlas.svg.colour(`head-${k}`), "stroke-width": 3 };
    sign.append(Atlas.svg.make("line", { ...line, "stroke-dasharray": Atlas.svg.DASHES[k] }));
    return sign;
  }

  // A button for each head of the layer; those that are drawn carry a piece of their line.
  function chips(state) {
    const site = data.siteOf(Atlas.app.current(), state.site);
    const box = document.createElement("fieldset");
    const legend = document.createElement("legend");
    legend.textContent = "Heads";
    box.append(legend);
    for (let head = 0; head < site.heads; head += 1) {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `chip-${head}`;
      button.textContent = String(head);
      const at = state.heads.indexOf(head);
      button.setAttribute("aria-pressed", at >= 0);
      button.title = Atlas.grid.describe(site, state.layer, head);
      if (at >= 0) button.append(swatch(at % 8));
      button.addEventListener("click", () => {
        const heads = at >= 0 ? state.heads.filter((h) => h !== head) : [...state.heads, head];
        if (heads.length) Atlas.app.go({ heads, head: heads.includes(state.head) ? state.head : heads[0] });
      });
      box.append(button);
    }
    return box;
  }

  function ofHead(state) {
    const read = data.reading(Atlas.app.current(), state.sentence);
    const { pair } = data.doc.sentences[state.sentence];
    const units = [["pieces", "pieces"], ["words", "words"]];
    const arcs = ["dep_to_gov", "gov_to_dep"].map((way) => [way, Atlas.words.way(way)]);
    const found = [...place(state), chips(state), select("unit", "Lines between", units, state.unit, to("unit"))];
    if (state.site !== "cross") {
      found.push(select("arcs", "Gold arcs", [...arcs, ["none", "none"]], state.arcs, to("arcs")));
      found.push(select("relation", "Relation", relations(state), state.relation, to("relation")));
    }
    if (pair && read && read.source.segment) {
      const parts = [["all", "both sentences"], ...["AA", "AB", "BA", "BB"].map((p) => [p, `${p[0]} → ${p[1]}`])];
      found.push(select("part", "Part", parts, state.part, to("part")));
    }
    found.push(check("dim", "dim specials", state.dim, to("dim")));
    return found;
  }

  function ofNeuron(state) {
    const seen = Atlas.app.current();
    const site = data.siteOf(seen, state.site);
    const read = data.reading(seen, state.sentence);
    const pieces = read ? data.row(read, site.name, "queries").pieces : [];
    const query = Math.min(state.query || 0, Math.max(0, pieces.length - 1));
    const head = (v) => Atlas.app.go({ head: Number(v), heads: [Number(v)] });
    return [
      ...place(state),
      select("head", "Head", numbers(site.heads, "head"), state.head, head),
      select("query", "Query piece", pieces.map((p, k) => [k, `${k}: ${p}`]), query, to("query", true)),
    ];
  }

  function views(state) {
    const found = ["model", "head", "neuron"].map((name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `view-${name}`;
      button.textContent = `${name[0].toUpperCase()}${name.slice(1)}`;
      if (state.view === name) button.setAttribute("aria-current", "page");
      button.addEventListener("click", () => Atlas.app.go({ view: name }));
      return button;
    });
    $("views").replaceChildren(...found);
  }

  function sentence(state) {
    const shown = data.doc.sentences[state.sentence];
    const parts = [shown.source.words.join(" ")];
    if (shown.target && !shown.pair) parts.push(shown.target.words.join(" "));
    const why = document.createElement("span");
    why.className = "why";
    why.textContent = shown.why ? ` — ${printable(shown.why)}` : "";
    $("sentence").replaceChildren(printable(parts.join(" ⟶ ")), why);
  }

  function about() {
    const { doc } = data;
    const off = (error) => Number(error.toPrecision(2));
    $("about").textContent = printable(
      `${doc.corpus ? `Corpus ${doc.corpus}. ` : ""}Weights between pieces are the model's own to ${off(doc.weight_error)}, a small weight w to (√w + 1/${4 * doc.levels})/${doc.levels}; ` +
        `scores before bias and mask to ${off(doc.sum_error)} (found: ${off(doc.largest_sum_error)}). ` +
        "Arrow keys move, Enter opens, Escape goes back. Golden bands are the arcs of the tree, or the gold links of an alignment.",
    );
  }

  function draw(state) {
    views(state);
    sentence(state);
    about();
    const of = { model: ofModel, head: ofHead, neuron: ofNeuron }[state.view];
    $("settings").replaceChildren(...common(state), ...of(state));
  }

  return { draw };
})();

document.getElementById("settings").addEventListener("submit", (event) => event.preventDefault());
Atlas.app.start();
