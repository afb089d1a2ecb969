// The head view: lines from what attends to what is attended to, over the arcs of the tree.
Atlas.heads = (() => {
  const { make, text, canvas, colour, width, fitted, DASHES } = Atlas.svg;
  const { data } = Atlas;
  const ROW = 21;
  const TOP = 22;
  const FAINTEST = 0.01;
  let peers = [];

  // Of a pair of sentences those units that the chosen part is about: A → B is from A to B.
  function inPart(units, s, part) {
    if (!part || part === "all") return units;
    const wanted = part[s] === "B" ? 1 : 0;
    return units.filter((unit) => unit.segment === wanted);
  }

  // From the row that reads a word, or from the one before it, which has to say it: as the head
  // aligns better.
  function convention(site, state) {
    const { awi = Infinity, awo = Infinity } = (data.rolesOf(site, state.layer, state.head) || {}).aligns || {};
    return awo < awi ? "awo" : "awi";
  }

  // Gold: pairs of units where a head that follows the relation would put its weight.
  function gold(read, shown, site, state, queries, keys) {
    const mid = (units, word) => {
      const found = units.map((unit, k) => (unit.word === word && !unit.special ? k : -1)).filter((k) => k >= 0);
      return found.length ? found.reduce((a, b) => a + b, 0) / found.length : null;
    };
    let pairs = [];
    let before = 0;
    if (site.name === "cross") {
      const links = shown.links || [];
      pairs = links.map(([source, target, sure]) => [target, source, sure ? "sure" : "possible"]);
      if (convention(site, state) === "awo") before = 1;
    } else if (state.arcs !== "none") {
      const arcs = data.text(read, shown, site.name, "queries").arcs || [];
      const chosen = arcs.filter((arc) => !state.relation || arc[2] === state.relation);
      pairs = chosen.map(([dependent, governor, name]) =>
        state.arcs === "gov_to_dep" ? [governor, dependent, name] : [dependent, governor, name],
      );
    }
    return pairs
      .map(([from, to, name]) => ({ from: mid(queries, from), to: mid(keys, to), name }))
      .filter((arc) => arc.from !== null && arc.to !== null)
      .map((arc) => ({ ...arc, from: Math.max(0, arc.from - before) }));
  }

  async function graph(seen, state, room) {
    const read = data.reading(seen, state.sentence);
    const site = data.siteOf(seen, state.site);
    const shown = data.doc.sentences[state.sentence];
    const found = await data.patterns(seen, state.sentence, site.name);
    const units = ["queries", "keys"].map((side, s) => {
      const words = seen.rewritten ? null : data.text(read, shown, site.name, side).words;
      const all = data.units(data.row(read, site.name, side), words, state.unit === "words");
      return shown.pair ? inPart(all, s, state.part) : all;
    });
    const [queries, keys] = units;
    const heads = state.heads.filter((head) => head < site.heads);
    const weights = heads.map((head) => data.over(found, state.layer, head, queries, keys));
    const room1 = Math.min(room, 620);
    const column = Math.min(Math.max(50, ...units.flat().map((u) => width(u.label, 13) + 10)), room1 * 0.29);
    const boxes = Math.max(46, 12 * heads.length + 6);
    const between = Math.max(70, Math.min(250, room1 - 2 * column - boxes));
    const [left, right] = [column, column + between];
    const full = right + column + boxes;
    const height = TOP + Math.max(queries.length, keys.length) * ROW + 6;
    const heading = `${seen.model}, ${seen.control}: ${site.name} layer ${state.layer} head ${heads.join(", ")}`;
    const drawn = canvas(full, height, `${heading}. Left attends to right.`);
    const caption = { fill: colour("faint"), "font-size": 11 };
    drawn.append(text(site.name === "cross" ? "decoder" : "attends", left - 6, 13, { ...caption, "text-anchor": "end" }));
    drawn.append(text(site.name === "cross" ? "encoder" : "attended to", right + 6, 13, caption));
    const y = (k) => TOP + k * ROW + ROW / 2;
    const arcs = make("g", { class: "gold" });
    for (const arc of gold(read, shown, site, state, queries, keys)) {
      const path = `M${left} ${y(arc.from)}C${left + between * 0.3} ${y(arc.from)} ${right - between * 0.3} ${y(arc.to)} ${right} ${y(arc.to)}`;
      const line = make("path", { d: path, fill: "none", stroke: colour("gold"), "stroke-width": 7, "stroke-opacity": 0.5, "stroke-linecap": "round" });
      if (arc.name === "possible") line.setAttribute("stroke-dasharray", "3 9");
      const title = make("title");
      title.textContent = Atlas.svg.printable(arc.name);
      line.append(title);
      arcs.append(line);
    }
    const lines = make("g", { class: "lines" });
    const marks = make("g", { class: "weights" });
    drawn.append(arcs, lines, marks);
    const strength = (weight, query, key) =>
      weight * (state.dim && (query.special || key.special) ? 0.12 : 1);

    // All lines, or those of one unit, then with the weights as numbers beside the other column.
    function show(side, index) {
      lines.replaceChildren();
      marks.replaceChildren();
      heads.forEach((head, h) => {
        const tint = colour(`head-${h % 8}`);
        const aside = 2 * (h - (heads.length - 1) / 2);
        queries.forEach((query, i) =>
          keys.forEach((key, j) => {
            if (side === "queries" && i !== index) return;
            if (side === "keys" && j !== index) return;
            const weight = weights[h][i][j];
            const opacity = strength(weight, query, key);
            if (side) box(side === "queries" ? j : i, side === "queries", h, weight, tint);
            if (opacity < FAINTEST) return;
            lines.append(make("line", {
              x1: left, y1: y(i) + aside, x2: right, y2: y(j) + aside, stroke: tint, "stroke-width": 2.2,
              "stroke-opacity": Math.min(1, opacity).toFixed(3), "stroke-dasharray": DASHES[h % 8],
            }));
          }),
        );
      });
    }

    function box(k, atKeys, h, weight, tint) {
      const x = atKeys ? right + column + 2 + 12 * h : left + 2 + 12 * h;
      marks.append(make("rect", { x, y: y(k) - 7, width: 10, height: 14, fill: tint, "fill-opacity": Math.max(0.04, Math.min(1, weight)).toFixed(3) }));
      if (heads.length === 1) marks.append(text(weight.toFixed(3), x + 13, y(k) + 4, { "font-size": 10, fill: colour("ink") }));
    }

    const labels = [];
    units.forEach((column_, s) => {
      const side = s ? "keys" : "queries";
      column_.forEach((unit, k) => {
        const label = fitted(unit.label, column - 8, 13);
        const at = s ? right + 6 : left - 6;
        const dimmed = state.dim && unit.special;
        const group = make("g", { role: s ? "img" : "button", "data-unit": `${side}.${k}` });
        group.append(make("rect", { class: "ring", x: s ? right + 1 : 1, y: y(k) - ROW / 2 + 1, width: column - 2, height: ROW - 2, fill: colour("page"), "fill-opacity": 0, rx: 3 }));
        group.append(text(label, at, y(k) + 4.5, { "font-size": 13, "text-anchor": s ? "start" : "end", fill: colour(dimmed ? "faint" : "ink") }));
        const most = strongest(weights, k, s, units[1 - s]);
        group.setAttribute("aria-label", `${Atlas.svg.printable(unit.label)}${most}`);
        const enter = () => {
          for (const peer of peers) peer(side, k, unit.label);
          Atlas.app.say(`${unit.label}${most}${s ? "" : " Enter: its queries and keys."}`);
        };
        group.addEventListener("pointerenter", enter);
        // Whoever came here by mouse sees all lines until the mouse is on a piece.
        const byKeys = () => group.matches(":focus-visible");
        group.addEventListener("focus", () => byKeys() && enter());
        group.addEventListener("pointerleave", () => byKeys() || peers.forEach((peer) => peer()));
        group.addEventListener("blur", () => peers.forEach((peer) => peer()));
        if (!s) group.addEventListener("click", () => openNeurons(seen, unit));
        labels.push(group);
        drawn.append(group);
      });
    });
    show();
    // What is pointed at in one drawing is shown in those beside it, where they have it there.
    peers.push((side, k, label) => {
      const unit = side ? units[side === "keys" ? 1 : 0][k] : null;
      if (!side || (unit && unit.label === label)) show(side, k);
    });
    const opens = (k) => k < queries.length && openNeurons(seen, queries[k]);
    Atlas.svg.roving(drawn, labels, 0, (at) => moves(at, queries.length, labels.length), opens);
    return { heading, drawn, note: leftOut(weights, (weight, i, j) => strength(weight, queries[i], keys[j])) };
  }

  // Lines too faint to be seen are not drawn: of many keys those may be most of a row's weight.
  function leftOut(weights, strength) {
    let [faint, total] = [0, 0];
    for (const head of weights)
      head.forEach((row, i) =>
        row.forEach((weight, j) => {
          total += weight;
          if (strength(weight, i, j) < FAINTEST) faint += weight;
        }),
      );
    const share = Math.round((100 * faint) / (total || 1));
    return share < 5 ? null : `Lines fainter than ${FAINTEST}, which are ${share} % of all weight here, are not drawn.`;
  }

  const openNeurons = (seen, unit) =>
    Atlas.app.go({ view: "neuron", control: seen.control, query: unit.pieces[0] });

  // In words: where most of a unit's weight goes, or comes from, by the first head shown.
  function strongest(weights, k, s, others) {
    if (!weights.length) return "";
    const row = s ? weights[0].map((of) => of[k]) : weights[0][k];
    const top = row.map((weight, j) => [weight, j]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    const said = top.map(([weight, j]) => `${others[j].label} ${weight.toFixed(3)}`).join(", ");
    return s ? ` is attended to by ${said}.` : ` attends to ${said}.`;
  }

  // Up and down through queries, then keys; left and right between the two.
  function moves(at, nQueries, n) {
    const isQuery = at < nQueries;
    const other = isQuery ? Math.min(at + nQueries, n - 1) : Math.min(at - nQueries, nQueries - 1);
    return { ArrowDown: at + 1, ArrowUp: at - 1, ArrowRight: isQuery ? other : at, ArrowLeft: isQuery ? at : other };
  }

  async function draw(state, room) {
    const drawn = [];
    peers = [];
    const shown = Atlas.app.shown().filter((seen) => data.reading(seen, state.sentence));
    const share = shown.length > 1 && room > 900 ? (room - 26) / 2 : room;
    for (const seen of shown) drawn.push(await graph(seen, state, share));
    return drawn;
  }

  return { draw };
})();
