// The model view: the pattern of every head, layer by head, each with the marks of its roles.
Atlas.grid = (() => {
  const { make, text, canvas, colour, ramp, picture, mark } = Atlas.svg;
  const { data } = Atlas;
  const LEFT = 24;
  const TOP = 18;
  const GAP = 3;

  // Tiles as large as the room allows, with as many sites in a row as keep them legible.
  function tileSize(room, panels) {
    const widest = Math.max(...panels.map((panel) => panel.site.heads));
    for (let inRow = panels.length; inRow > 0; inRow -= 1) {
      const size = Math.floor((room - 26 * (inRow - 1)) / inRow - LEFT) / widest - GAP;
      if (size >= 26 || inRow === 1) return Math.max(16, Math.min(56, Math.floor(size)));
    }
    return 16;
  }

  function describe(site, layer, head) {
    const roles = data.rolesOf(site, layer, head);
    const place = `${site.name} layer ${layer} head ${head}`;
    if (!roles) return place;
    const said = [];
    for (const way of new Set((roles.relations || []).map((r) => r.direction))) {
      const of = roles.relations.filter((r) => r.direction === way);
      const each = of.map((r) => `${r.deprel} ${percent(r.accuracy)} (an offset: ${percent(r.baseline)})`);
      said.push(`tracks, ${Atlas.words.way(way)}, ${each.join(", ")}`);
    }
    const aligns = Object.entries(roles.aligns || {});
    said.push(...aligns.map(([how, aer]) => `aligns words ${Atlas.words.convention[how]} (${how}), error rate ${percent(aer)}`));
    if (roles.dumps_on) said.push(`dumps on ${roles.dumps_on.join(", ")}`);
    for (const name of ["positional", "broad"]) if ((roles.names || []).includes(name)) said.push(name);
    if (roles.unknown) said.push(`${roles.unknown.join(", ")}: not decided (no null, or too few arcs)`);
    return `${place}: ${said.join("; ") || "none of the roles"}`;
  }

  const percent = (share) => `${Math.round(100 * share)} %`;

  function fits(roles, state) {
    const names = (roles && roles.names) || [];
    const relations = ((roles && roles.relations) || []).map((r) => r.deprel);
    if (state.role === "none" && names.length) return false;
    if (state.role && state.role !== "none" && !names.includes(state.role)) return false;
    return !state.relation || relations.includes(state.relation);
  }

  // All patterns of a site in one picture, tiles apart by the gap.
  function patternsImage(found, site, size, step) {
    const shade = ramp("cold", "warm");
    const [w, h] = [found.nKeys, found.nQueries];
    const shades = Array.from({ length: data.doc.levels + 1 }, (_, code) => shade(code / data.doc.levels));
    const group = make("g");
    for (let layer = 0; layer < site.layers; layer += 1) {
      for (let head = 0; head < site.heads; head += 1) {
        const codes = found.of(layer, head);
        const at = { x: LEFT + head * step, y: TOP + layer * step, width: size, height: size };
        group.append(picture(w, h, (x, y) => shades[codes[y * w + x]], { ...at, "data-tile": `${layer}.${head}` }));
      }
    }
    return group;
  }

  async function panel(seen, site, state, size) {
    const found = await data.patterns(seen, state.sentence, site.name);
    const step = size + GAP;
    const [width, height] = [LEFT + site.heads * step, TOP + site.layers * step];
    const heading = `${seen.model}, ${seen.control}: ${site.name}`;
    const drawn = canvas(width, height, `${heading}, layers down, heads across`, "grid");
    drawn.append(patternsImage(found, site, size, step));
    const every = Math.ceil(16 / step);
    for (let head = 0; head < site.heads; head += every)
      drawn.append(text(head, LEFT + head * step + size / 2, 12, { "text-anchor": "middle", fill: colour("faint"), "font-size": 11 }));
    const cells = [];
    for (let layer = 0; layer < site.layers; layer += 1) {
      if (layer % every === 0)
        drawn.append(text(layer, LEFT - 6, TOP + layer * step + size / 2 + 4, { "text-anchor": "end", fill: colour("faint"), "font-size": 11 }));
      const row = make("g", { role: "row" });
      for (let head = 0; head < site.heads; head += 1) {
        const cell = tile(seen, site, state, layer, head, size, step);
        row.append(cell);
        cells.push(cell);
      }
      drawn.append(row);
    }
    keys(drawn, cells, site, seen);
    return { heading, drawn };
  }

  function tile(seen, site, state, layer, head, size, step) {
    const [x, y] = [LEFT + head * step, TOP + layer * step];
    const roles = data.rolesOf(site, layer, head);
    const fitting = fits(roles, state);
    const here = seen.control === state.control && site.name === state.site;
    const current = here && layer === state.layer && head === state.head;
    const cell = make("g", {
      role: "gridcell", "data-cell": `${layer}.${head}`, "data-fits": fitting ? 1 : 0,
    });
    const label = describe(site, layer, head);
    cell.setAttribute("aria-label", fitting ? label : `${label} (filtered out)`);
    const veil = { x: x - 1, y: y - 1, width: size + 2, height: size + 2, fill: colour("page") };
    cell.append(make("rect", { ...veil, "fill-opacity": fitting ? 0 : 0.88 }));
    const line = { x: x - 0.5, y: y - 0.5, width: size + 1, height: size + 1, fill: "none" };
    const stroke = current ? { stroke: colour("link"), "stroke-width": 2.5 } : { stroke: colour("line") };
    cell.append(make("rect", { ...line, ...stroke, class: "ring" }));
    const names = fitting && roles ? roles.names || [] : [];
    const radius = Math.max(3, Math.min(5, size / 9));
    names.forEach((name, k) => cell.append(mark(name, x + radius + 2 + k * (2 * radius + 2), y + size - radius - 2, radius)));
    cell.addEventListener("click", () => open(seen, site, layer, head));
    cell.addEventListener("pointerenter", () => Atlas.app.say(label));
    cell.addEventListener("focus", () => Atlas.app.say(label));
    return cell;
  }

  const open = (seen, site, layer, head) =>
    Atlas.app.go({ view: "head", control: seen.control, site: site.name, layer, head, heads: [head], query: null });

  // Arrows move within a grid, from the head that is open; Home and End within its layer.
  function keys(drawn, cells, site, seen) {
    const start = cells.findIndex((cell) => cell.querySelector(".ring").getAttribute("stroke-width"));
    const moves = (at) => ({
      ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + site.heads, ArrowUp: at - site.heads,
      Home: at - (at % site.heads), End: at - (at % site.heads) + site.heads - 1,
    });
    const opens = (at) => open(seen, site, Math.floor(at / site.heads), at % site.heads);
    Atlas.svg.roving(drawn, cells, Math.max(0, start), moves, opens);
  }

  async function draw(state, room) {
    const shown = Atlas.app.shown().filter((seen) => data.reading(seen, state.sentence));
    const panels = shown.flatMap((seen) => seen.sites.map((site) => ({ seen, site })));
    const size = tileSize(room, panels.length ? panels : [{ site: { heads: 12 } }]);
    const drawn = [];
    for (const { seen, site } of panels) drawn.push(await panel(seen, site, state, size));
    return drawn;
  }

  function legend() {
    const box = document.createElement("p");
    box.className = "legend";
    for (const role of Object.keys(Atlas.svg.MARKS)) {
      const item = document.createElement("span");
      const sign = canvas(14, 14, role, "img");
      sign.append(mark(role, 7, 7, 5));
      item.append(sign, role);
      box.append(item);
    }
    const item = document.createElement("span");
    item.textContent = "In a tile queries go down, keys across; a shade is the square root of its weight.";
    box.append(item);
    return box;
  }

  return { draw, legend, describe };
})();
