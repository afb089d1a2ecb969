"use strict";
// The document of the page, and what is unpacked of it when it is first looked at.
const Atlas = {};

Atlas.data = (() => {
  const doc = JSON.parse(document.getElementById("document").textContent);
  const unpacked = new WeakMap();
  // What is empty was left out: a model that can read none of the sentences has no sites.
  for (const seen of doc.subjects) seen.sites ??= [];

  // Once for each owner and key: what stands there as compressed bytes in base 64.
  function bytes(owner, key) {
    const known = unpacked.get(owner) || {};
    unpacked.set(owner, known);
    known[key] ??= inflate(owner[key]);
    return known[key];
  }

  async function inflate(text) {
    if (typeof DecompressionStream === "undefined")
      throw new Error("this browser cannot unpack the page: one of 2023 or later can");
    const packed = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  const subject = (model, control) =>
    doc.subjects.find((s) => s.model === model && s.control === control);
  const siteOf = (seen, name) => seen.sites.find((site) => site.name === name);
  const reading = (seen, sentence) => seen.readings[sentence] || null;
  const isSource = (name, side) => name === "encoder" || (name === "cross" && side === "keys");

  // The pieces that attend at a site (`queries`), or that are attended to (`keys`).
  function row(read, name, side) {
    return isSource(name, side) || !read.target ? read.source : read.target;
  }

  // The words of a sentence on one side of a site, with their tree.
  function text(read, shown, name, side) {
    return isSource(name, side) || !read.target ? shown.source : shown.target || shown.source;
  }

  // What is drawn as one item: a piece, or a word with all its pieces; specials stay pieces.
  // Without `words` a word is called by its pieces, as where others were read in its place.
  function units(row, words, byWord) {
    const found = [];
    const ofWord = new Map();
    row.pieces.forEach((piece, index) => {
      const word = row.word[index];
      const segment = row.segment ? row.segment[index] : 0;
      if (byWord && word >= 0 && ofWord.has(word)) {
        const unit = found[ofWord.get(word)];
        unit.pieces.push(index);
        if (!words) unit.label += ` ${piece}`;
        return;
      }
      if (byWord && word >= 0) ofWord.set(word, found.length);
      const label = byWord && word >= 0 && words ? words[word] : piece;
      found.push({ label, word, segment, special: row.special[index], pieces: [index] });
    });
    return found;
  }

  // Weights of all heads of a site for one sentence, by layer, head, query and key.
  async function patterns(seen, sentence, name) {
    const read = reading(seen, sentence);
    const site = siteOf(seen, name);
    const [nQueries, nKeys] = ["queries", "keys"].map((side) => row(read, name, side).pieces.length);
    const codes = await bytes(read.sites[name], "patterns");
    const of = (layer, head) => {
      const start = (layer * site.heads + head) * nQueries * nKeys;
      return codes.subarray(start, start + nQueries * nKeys);
    };
    return { nQueries, nKeys, of, weight: (code) => (code / doc.levels) ** 2 };
  }

  // A pattern over units: from a word the mean over its pieces, to a word the sum.
  function over(found, layer, head, queries, keys) {
    const codes = found.of(layer, head);
    return queries.map((query) =>
      keys.map((key) => {
        let sum = 0;
        for (const i of query.pieces)
          for (const j of key.pieces) sum += found.weight(codes[i * found.nKeys + j]);
        return sum / query.pieces.length;
      }),
    );
  }

  // Reads what `quantise.pack` wrote: steps and integers of parts of given shapes.
  function parts(packed, shapes) {
    let at = 0;
    const codes = (n) => {
      const [low, high] = [packed.subarray(at, at + n), packed.subarray(at + n, at + 2 * n)];
      at += 2 * n;
      return Int32Array.from(low, (byte, k) => (((byte | (high[k] << 8)) - 128) << 16) >> 16);
    };
    return shapes.map(([heads, rows, channels]) => {
      const view = new DataView(packed.buffer, packed.byteOffset + at, 4 * heads);
      const steps = Float64Array.from({ length: heads }, (_, k) => view.getFloat32(4 * k, true));
      at += 4 * heads;
      const means = codes(heads * channels);
      const found = codes(heads * rows * channels);
      const value = (head, row, channel) => {
        const code = found[(head * rows + row) * channels + channel] + means[head * channels + channel];
        return ((code << 16) >> 16) * steps[head];
      };
      return { rows, channels, value };
    });
  }

  // All that makes one query's row of a head: vectors, products, scores; null where not kept.
  async function neurons(seen, sentence, name, layer, head, query) {
    const read = reading(seen, sentence);
    const site = siteOf(seen, name);
    const call = read.sites[name].layers[layer];
    if (!call.neurons) return null;
    const found = await patterns(seen, sentence, name);
    const { nQueries, nKeys } = found;
    const { channels } = call;
    const packed = await bytes(call, "neurons");
    const [queries, keys] = parts(packed, [
      [site.heads, nQueries, channels],
      [call.key_heads, nKeys, channels],
    ]);
    const keyHead = Math.floor(head / (site.heads / call.key_heads));
    const visible = await bytes(read.masks, call.mask);
    const bias =
      call.bias === undefined
        ? null
        : parts(await bytes(read.biases, call.bias), [[site.heads, nQueries, nKeys]])[0];
    const vector = Array.from({ length: channels }, (_, c) => queries.value(head, query, c));
    const rows = Array.from({ length: nKeys }, (_, j) => {
      const key = vector.map((_, c) => keys.value(keyHead, j, c));
      const products = vector.map((q, c) => q * key[c]);
      const sum = products.reduce((a, b) => a + b, 0) * call.scaling;
      const capped = call.softcap ? Math.tanh(sum / call.softcap) * call.softcap : sum;
      const extra = bias ? bias.value(head, query, j) : 0;
      const seen = visible[query * nKeys + j] === 1;
      const weight = found.weight(found.of(layer, head)[query * nKeys + j]);
      return { key, products, sum, bias: extra, score: capped + extra, visible: seen, weight };
    });
    const sink = call.sinks ? call.sinks[head] : null;
    return { vector, rows, sink, scaling: call.scaling, softcap: call.softcap, biased: !!bias, keyHead };
  }

  const rolesOf = (site, layer, head) => (site.roles || {})[`${layer}.${head}`] || null;

  return { doc, subject, siteOf, reading, row, text, units, patterns, over, neurons, rolesOf };
})();
