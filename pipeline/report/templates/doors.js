// A cell of a layer × head map opens its head in the atlas; without a mouse, the link below does.
document.querySelectorAll("svg[data-doors]").forEach((svg) => {
  const doors = JSON.parse(svg.dataset.doors).map(([left, top, width, height, layers, heads, page]) => ({ left, top, width, height, layers, heads, page }));
  const at = { door: 0, layer: 0, head: 0 };
  const link = document.createElement("a");
  const ring = document.createElementNS(svg.namespaceURI, "rect");
  for (const [name, value] of Object.entries({ fill: "none", stroke: "#0550ae", "stroke-width": 2, "pointer-events": "none", visibility: "hidden" })) ring.setAttribute(name, value);
  ring.style.filter = "drop-shadow(0 0 1px #fff) drop-shadow(0 0 1px #fff)"; // seen on dark cells too
  svg.append(ring);

  function show() {
    const { left, top, width, height, page } = doors[at.door];
    const said = new URLSearchParams(page.split("#")[1]);
    link.href = `${page}&layer=${at.layer}&head=${at.head}`;
    link.textContent = `${said.get("control")}, ${said.get("site")} layer ${at.layer} head ${at.head}`;
    const place = { x: left + at.head * width, y: top + at.layer * height, width, height };
    for (const [name, value] of Object.entries(place)) ring.setAttribute(name, value);
  }

  function under(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    for (const [k, door] of doors.entries()) {
      const head = Math.floor((point.x - door.left) / door.width);
      const layer = Math.floor((point.y - door.top) / door.height);
      if (layer >= 0 && layer < door.layers && head >= 0 && head < door.heads) return { door: k, layer, head };
    }
    return null;
  }

  function choose(found) {
    Object.assign(at, found);
    show();
  }
  const mark = (isShown) => ring.setAttribute("visibility", isShown ? "visible" : "hidden");

  svg.addEventListener("pointermove", (event) => {
    const found = under(event);
    if (found) choose(found);
    mark(found);
    svg.style.cursor = found ? "pointer" : "";
  });
  svg.addEventListener("pointerleave", () => mark(document.activeElement === link));
  svg.addEventListener("click", (event) => {
    const found = under(event);
    if (!found) return;
    choose(found);
    link.click();
  });
  link.addEventListener("focus", () => mark(true));
  link.addEventListener("blur", () => mark(false));
  link.addEventListener("keydown", (event) => {
    const moves = {
      ArrowLeft: { head: at.head - 1 }, ArrowRight: { head: at.head + 1 },
      ArrowUp: { layer: at.layer - 1 }, ArrowDown: { layer: at.layer + 1 },
      PageUp: { door: at.door - 1 }, PageDown: { door: at.door + 1 },
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const to = { ...at, ...moves[event.key] };
    const door = doors[to.door];
    if (!door || to.layer < 0 || to.layer >= door.layers || to.head < 0 || to.head >= door.heads) return;
    choose(to);
  });
  const line = document.createElement("p");
  line.className = "door";
  line.append("Click a cell to see its head in the atlas: ", link, " (arrow keys: another head, Page Down: another map)");
  svg.closest("figure").append(line);
  show();
});
