// The neuron view: why one query piece has the weights it has. Query × key, channel by channel.
Atlas.neurons = (() => {
  const { make, text, canvas, colour, ramp, picture, width, fitted } = Atlas.svg;
  const { data } = Atlas;
  const ROW = 20;
  const TOP = 88;

  // Vectors as rows of coloured cells: blue above zero, orange below, paper at it.
  function strip(rows, at, cell, most, label) {
    const [plus, minus] = [ramp("page", "plus"), ramp("page", "minus")];
    const channels = rows.find((row) => row).length;
    const size = { x: at.x, y: at.y, width: channels * cell, height: rows.length * ROW };
    const gap = 4;
    const sub = ROW;
    // A pixel row in `sub` is a gap, so that neighbouring vectors stand apart.
    const drawn = picture(
      channels,
      rows.length * sub,
      (x, y) => {
        if (y % sub < gap / 2 || y % sub >= sub - gap / 2) return null;
        if (!rows[Math.floor(y / sub)]) return null;
        const share = Math.max(-1, Math.min(1, rows[Math.floor(y / sub)][x] / (most || 1)));
        return share >= 0 ? plus(share) : minus(-share);
      },
      { ...size, "image-rendering": "pixelated" },
    );
    drawn.setAttribute("data-hit", label);
    drawn.addEventListener("pointermove", (event) => {
      const box = drawn.getBoundingClientRect();
      const channel = Math.min(channels - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * channels)));
      const row = Math.min(rows.length - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows.length)));
      if (rows[row]) Atlas.app.say(`${label}, row ${row}, channel ${channel}: ${rows[row][channel].toFixed(3)}`);
    });
    return drawn;
  }

  const largest = (rows) => Math.max(1e-9, ...rows.flatMap((row) => row || []).map(Math.abs));

  function formula(found) {
    const parts = [`Σ query × key × ${Number(found.scaling.toPrecision(4))}`];
    if (found.softcap) parts[0] = `${found.softcap} · tanh(${parts[0]} / ${found.softcap})`;
    if (found.biased) parts.push("bias");
    const sink = found.sink === null ? "" : " and the sink";
    return [`score = ${parts.join(" + ")}`, `weight = softmax of the scores of keys in sight${sink}`];
  }

  // Where a screen is narrow, numbers stand without most of their bars.
  const sizes = (room) => (room < 560 ? { middle: 0, bar: 18 } : { middle: 20, bar: 60 });
  const numbersOf = ({ middle, bar }) => 2 * middle + 62 + bar + 46;
  const cellSize = (room, channels, size) =>
    Math.min(6, Math.floor((room - numbersOf(size) - 24) / channels) / 2);

  async function one(seen, state, room) {
    const read = data.reading(seen, state.sentence);
    const site = data.siteOf(seen, state.site);
    const [queries, keys] = ["queries", "keys"].map((side) => data.row(read, site.name, side));
    const query = Math.min(state.query ?? 0, queries.pieces.length - 1);
    const heading = `${seen.model}, ${seen.control}: ${site.name} layer ${state.layer} head ${state.head}, query ${queries.pieces[query]}`;
    const found = await data.neurons(seen, state.sentence, site.name, state.layer, state.head, query);
    if (!found) return { heading, note: "The queries and keys of this sentence were left out, for the size of the page; those of the first sentences stay longest." };
    const labels = Math.min(130, Math.max(56, ...keys.pieces.map((piece) => width(piece, 12) + 8)), room * 0.24);
    const channels = found.vector.length;
    const size = sizes(room);
    const cell = Math.max(1, cellSize(room - labels, channels, size));
    const [ofKey, ofProduct] = [labels + 4, labels + 16 + channels * cell];
    const ofSum = ofProduct + channels * cell + 10;
    const ofWeight = ofSum + 2 * size.middle + 52 + (found.biased ? 44 : 0);
    const places = { labels, ofSum, ofWeight, right: ofWeight + size.bar + 44, ...size };
    const rows = found.rows;
    const lines = rows.length + (found.sink === null ? 0 : 1);
    const drawn = canvas(places.right, TOP + lines * ROW + 8, heading);
    const head = (label, x, y, more = {}) => drawn.append(text(label, x, y, { "font-size": 11, fill: colour("faint"), ...more }));
    formula(found).forEach((words, k) => head(words, 0, 12 + 14 * k));
    drawn.append(text(fitted(queries.pieces[query], labels - 6), labels - 2, 55, { "text-anchor": "end", "font-weight": 600 }));
    const most = largest([found.vector, ...rows.map((row) => row.key)]);
    drawn.append(strip([found.vector], { x: ofKey, y: 41 }, cell, most, "query"));
    head("query", ofKey + channels * cell + 12, 55);
    head("keys", ofKey, TOP - 8);
    head("query × key", ofProduct, TOP - 8);
    head(found.biased ? "score (of it bias)" : "score", ofSum, TOP - 8);
    head("weight", ofWeight, TOP - 8);
    const products = rows.map((row) => (row.visible ? row.products : null));
    drawn.append(strip(rows.map((row) => row.key), { x: ofKey, y: TOP }, cell, most, "key"));
    drawn.append(strip(products, { x: ofProduct, y: TOP }, cell, largest(products), "product"));
    const groups = rows.map((row, k) => line(row, k, keys, found, places, site));
    drawn.append(...groups);
    if (site.name !== "cross") keysMove(drawn, groups, query);
    if (found.sink !== null) {
      const sink = { score: found.sink, weight: share(found), visible: true, bias: 0 };
      drawn.append(line(sink, rows.length, { pieces: [...keys.pieces, "(sink)"] }, found, places, site));
    }
    return { heading, drawn };
  }

  // What the sink takes of the softmax. What weights leave of 1 is not so near: each is rounded.
  function share(found) {
    const scores = found.rows.filter((row) => row.visible).map((row) => row.score);
    const most = Math.max(found.sink, ...scores);
    const all = [found.sink, ...scores].map((score) => Math.exp(score - most));
    return all[0] / all.reduce((a, b) => a + b, 0);
  }

  // Arrows move among keys, from the query's own piece; Enter makes one the query.
  function keysMove(drawn, groups, query) {
    const moves = (at) => ({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: groups.length - 1 });
    Atlas.svg.roving(drawn, groups, query, moves, (at) => Atlas.app.go({ query: at }));
  }

  // One key: its name, its score as a bar from the middle and a number, its weight likewise.
  function line(row, k, keys, found, places, site) {
    const y = TOP + k * ROW;
    const group = make("g", { "data-key": k });
    if (site.name !== "cross" && row.key) {
      const said = row.visible ? `score ${signed(row.score)}, weight ${row.weight.toFixed(3)}` : "masked";
      const label = Atlas.svg.printable(`${keys.pieces[k]}: ${said}`);
      for (const [name, value] of Object.entries({ "data-hit": "key", role: "button", "aria-label": label }))
        group.setAttribute(name, value);
      group.append(make("rect", { class: "ring", x: 1, y: y + 1, width: places.right - 2, height: ROW - 2, fill: colour("page"), "fill-opacity": 0, rx: 3 }));
      group.addEventListener("click", () => Atlas.app.go({ query: k }));
      group.addEventListener("focus", () => Atlas.app.say(`${label}. Enter: its own queries and keys.`));
    }
    const ink = row.visible ? {} : { fill: colour("faint") };
    const label = text(fitted(keys.pieces[k], places.labels - 6), places.labels - 2, y + 14, { "text-anchor": "end", ...ink });
    group.append(label);
    if (!row.visible) {
      group.append(text("masked", places.ofSum, y + 14, { "font-size": 11, fill: colour("faint") }));
      return group;
    }
    const most = Math.max(1e-9, ...found.rows.filter((r) => r.visible).map((r) => Math.abs(r.score)));
    const { middle } = places;
    const bar = Math.min(middle, (Math.abs(row.score) / most) * middle);
    const x = row.score >= 0 ? places.ofSum + middle : places.ofSum + middle - bar;
    group.append(make("rect", { x, y: y + 5, width: bar, height: 10, fill: colour(row.score >= 0 ? "plus" : "minus") }));
    const bias = found.biased ? ` (${signed(row.bias)})` : "";
    group.append(text(`${signed(row.score)}${bias}`, places.ofSum + 2 * middle + 4, y + 14, { "font-size": 11, "data-score": row.score }));
    group.append(make("rect", { x: places.ofWeight, y: y + 5, width: places.bar * row.weight, height: 10, fill: colour("head-0") }));
    group.append(text(row.weight.toFixed(3), places.ofWeight + places.bar + 4, y + 14, { "font-size": 11, "data-weight": row.weight }));
    return group;
  }

  const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

  async function draw(state, room) {
    const drawn = [];
    const shown = Atlas.app.shown().filter((seen) => data.reading(seen, state.sentence));
    const kept = data.reading(shown[0] || Atlas.app.current(), state.sentence);
    const channels = kept ? kept.sites[state.site].layers[state.layer].channels || 64 : 64;
    const half = (room - 26) / 2;
    const beside = shown.length > 1 && cellSize(half - 110, channels, sizes(half)) >= 3;
    for (const seen of shown) drawn.push(await one(seen, state, beside ? half : room));
    return drawn;
  }

  return { draw };
})();
