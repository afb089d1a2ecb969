// Drawing: elements, colours of the theme, matrices as pictures, and files of what is drawn.
Atlas.svg = (() => {
  const SPACE = "http://www.w3.org/2000/svg";
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const FONT = token("font");

  // XML knows no control characters, and an override of direction would reorder its line.
  const printable = (text) =>
    String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");

  function make(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function text(label, x, y, attributes = {}) {
    const element = make("text", { x, y, fill: colour("ink"), "font-size": 12, ...attributes });
    element.textContent = printable(label);
    return element;
  }

  function canvas(width, height, label, role = "group") {
    const drawn = make("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, "font-family": FONT, role,
    });
    drawn.setAttribute("aria-label", printable(label));
    return drawn;
  }

  // One stop for Tab among `elements`, at first number `start`. `moves(at)` says where a key leads;
  // Enter and the space bar open.
  function roving(drawn, elements, start, moves, open) {
    elements.forEach((element, k) => element.setAttribute("tabindex", k === start ? 0 : -1));
    drawn.addEventListener("keydown", (event) => {
      const at = elements.indexOf(document.activeElement);
      if (at < 0) return;
      const opens = event.key === "Enter" || event.key === " ";
      const to = moves(at)[event.key];
      if (!opens && to === undefined) return;
      event.preventDefault();
      if (opens) {
        open(at);
      } else if (elements[to]) {
        elements[at].setAttribute("tabindex", -1);
        elements[to].setAttribute("tabindex", 0);
        elements[to].focus();
      }
    });
  }

  const colour = token;

  // Lines of several heads are told apart by their dashes as well as by colour.
  const DASHES = [null, "7 3", "2 3", "9 3 2 3", "4 2", "1 5", "12 5", "6 2 1 2 1 2"];

  const channels = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

  // A colour between two, as three bytes.
  function ramp(from, to) {
    const [a, b] = [channels(colour(from)), channels(colour(to))];
    return (share) => a.map((start, k) => Math.round(start + (b[k] - start) * share));
  }

  // A picture of width × height pixels, each given by `pixel(x, y)` as three bytes or null.
  function picture(width, height, pixel, attributes) {
    const board = document.createElement("canvas");
    [board.width, board.height] = [width, height];
    const context = board.getContext("2d");
    const image = context.createImageData(width, height);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const found = pixel(x, y);
        if (found) image.data.set([...found, 255], 4 * (y * width + x));
      }
    }
    context.putImageData(image, 0, 0);
    const enlarged = attributes.width >= width && attributes.height >= height;
    return make("image", {
      href: board.toDataURL("image/png"),
      preserveAspectRatio: "none",
      "image-rendering": enlarged ? "pixelated" : "auto",
      ...attributes,
    });
  }

  const board = document.createElement("canvas").getContext("2d");
  function width(label, size = 12) {
    board.font = `${size}px ${FONT}`;
    return board.measureText(label).width;
  }

  // As much of a label as fits.
  function fitted(label, room, size = 12) {
    const signs = [...printable(label)];
    if (width(signs.join(""), size) <= room) return signs.join("");
    while (signs.length > 1 && width(`${signs.join("")}…`, size) > room) signs.pop();
    return `${signs.join("")}…`;
  }

  const MARKS = {
    tracks: (x, y, r) => make("circle", { cx: x, cy: y, r }),
    aligns: (x, y, r) => make("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r }),
    dumps: (x, y, r) => make("path", { d: `M${x} ${y + r}L${x - r} ${y - r}H${x + r}Z` }),
    positional: (x, y, r) => make("path", { d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z` }),
    broad: (x, y, r) => make("rect", { x: x - r, y: y - r / 2, width: 2 * r, height: r }),
  };

  // The sign of a role: told apart by shape as well as by colour.
  function mark(role, x, y, r) {
    const drawn = MARKS[role](x, y, r);
    drawn.setAttribute("fill", colour(role));
    drawn.setAttribute("stroke", colour("page"));
    return drawn;
  }

  // One file of several drawings with their headings, in rows no wider than `room`.
  function file(title, drawings, room = 1240) {
    let [x, y, tallest, widest] = [16, 34, 0, 0];
    const placed = [];
    for (const { heading, drawn } of drawings) {
      const [w, h] = ["width", "height"].map((side) => Number(drawn.getAttribute(side)));
      if (x > 16 && x + w > room) [x, y, tallest] = [16, y + tallest + 34, 0];
      placed.push(text(heading, x, y + 12, { "font-size": 13, "font-weight": 600 }));
      const copy = drawn.cloneNode(true);
      for (const [name, value] of [["x", x], ["y", y + 20]]) copy.setAttribute(name, value);
      copy.querySelectorAll("[tabindex]").forEach((element) => element.removeAttribute("tabindex"));
      placed.push(copy);
      [widest, tallest] = [Math.max(widest, x + w + 16), Math.max(tallest, h)];
      x += w + 24;
    }
    const heading = text(title, 16, 20, { "font-size": 14 });
    widest = Math.max(widest, Math.ceil(width(title, 14)) + 32);
    const whole = canvas(widest, y + tallest + 36, title, "img");
    whole.append(make("rect", { width: "100%", height: "100%", fill: colour("page") }), heading, ...placed);
    return new XMLSerializer().serializeToString(whole);
  }

  return { make, text, canvas, colour, ramp, picture, width, fitted, mark, roving, file, printable, MARKS, DASHES };
})();
