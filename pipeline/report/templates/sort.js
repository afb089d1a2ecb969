// Tables sort by a column: a button in its header, by mouse or keyboard; up, down, then as printed.
document.querySelectorAll("table").forEach((table) => {
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];
  const printed = [...body.rows];
  const number = /^([+−-]?\d+(?:\.\d+)?)(?:$|[\s(–])/;
  const value = (row, k) => row.cells[k].textContent.trim();
  const compare = (a, b) => {
    const [x, y] = [a, b].map((said) => said.match(number));
    if (x && y) return parseFloat(x[1].replace("−", "-")) - parseFloat(y[1].replace("−", "-"));
    // Numbers stand before words, so that a column of both has one order.
    if (x || y) return x ? -1 : 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };

  function sort(k, order) {
    const by = (r, s) => {
      const [a, b] = [value(r, k), value(s, k)];
      // A missing number stays last in either order.
      if (a === "–" || b === "–") return (a === "–") - (b === "–");
      return order === "descending" ? compare(b, a) : compare(a, b);
    };
    body.append(...(order ? [...printed].sort(by) : printed));
    headers.forEach((header) => header.removeAttribute("aria-sort"));
    if (order) headers[k].setAttribute("aria-sort", order);
  }

  headers.forEach((header, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    const next = { ascending: "descending", descending: null };
    button.addEventListener("click", () => {
      const now = header.getAttribute("aria-sort");
      sort(k, now ? next[now] : "ascending");
    });
  });
});
