// Between words: weights of pieces merged, pointers, and the trees that are read off them.

#pragma once

#include "head.h"

namespace {

// A query's share in its word's weights on words: those on their first pieces, then on all others.
INLINE void merge(const Head& h, const Room& room, const float* __restrict p, float share,
                  float* __restrict plain, float* __restrict by_norm) {
  const int n = h.word_lanes * LANE;
  const int* __restrict at = room.at.data();
  const float* __restrict there = room.has_piece.data();
  if (h.length) {
    const float* __restrict length = room.first_length.data();
#pragma omp simd
    for (int b = 0; b < n; b++) {
      const float x = p[at[b]] * share;
      plain[b] += x * there[b];
      by_norm[b] += x * length[b];
    }
  } else {
#pragma omp simd
    for (int b = 0; b < n; b++) plain[b] += p[at[b]] * share * there[b];
  }
  for (const int j : room.later) {
    const float x = p[j] * share;
    plain[h.key_word[j]] += x;
    if (h.length) by_norm[h.key_word[j]] += x * h.length[j];
  }
}

// The largest weight above 0 of each row, and of each column; −1 where there is none.
INLINE void point(const Head& h, Room& room, const std::vector<float>& words, int16_t* rows,
                  int16_t* columns) {
  const int n = h.word_lanes * LANE;
  float* __restrict best = room.best.data();
  int* __restrict from = room.from.data();
  std::fill(best, best + n, 0.0f);
  std::fill(from, from + n, -1);
  for (int a = 0; a < h.n_query_words; a++) {
    const float* __restrict w = words.data() + static_cast<size_t>(a) * n;
    const float high = highest(w, h.word_lanes);
    rows[a] = high > 0 ? first_of(w, h.word_lanes, high) : -1;
    if (columns) {
#pragma omp simd
      for (int b = 0; b < n; b++) {
        from[b] = w[b] > best[b] ? a : from[b];
        best[b] = w[b] > best[b] ? w[b] : best[b];
      }
    }
  }
  for (int b = 0; columns && b < h.n_key_words; b++) columns[b] = static_cast<int16_t>(from[b]);
}

// Weights of both directions together, a square of rows and columns at a time. Behind the last word there
// are columns of 0, and no rows.
INLINE void fold(const float* __restrict words, int n_words, int lanes, float* __restrict weight) {
  const int n = lanes * LANE;
  for (int a0 = 0; a0 < n_words; a0 += SQUARE)
    for (int b0 = a0; b0 < n_words; b0 += SQUARE) {
      const int n_a = std::min(SQUARE, n_words - a0), n_b = std::min(SQUARE, n_words - b0);
      Short both[SQUARE] = {};
      for (int b = 0; b < n_b; b++) both[b] = load<Short>(words + (b0 + b) * n + a0, SQUARE);
      transpose(both);
      for (int a = 0; a < n_a; a++) {
        both[a] += load<Short>(words + (a0 + a) * n + b0, SQUARE);
        std::memcpy(weight + (a0 + a) * n + b0, &both[a], sizeof(Short));
      }
      for (int a = n_a; a < SQUARE; a++) both[a] = Short{};
      transpose(both);
      for (int b = 0; b < n_b; b++) std::memcpy(weight + (b0 + b) * n + a0, &both[b], sizeof(Short));
    }
}

// Of the words that a tree joins, the one that each attends to most; and the tree itself, by Prim's
// algorithm from the first of them. A word's parent is, of those that entered before, the one of the
// largest weight, the first of equals.
INLINE void span(const Head& h, Room& room) {
  const int n = h.word_lanes * LANE;
  const float* words = room.words.data();
  float* weight = room.tree_weights.data();
  float *__restrict node = room.node.data(), *__restrict some = room.some.data();
  float* __restrict near = room.near.data();
  int* __restrict parent = room.parent.data();
  fold(words, h.n_key_words, h.word_lanes, weight);
  std::fill(node, node + n, 0.0f);
  std::fill(near, near + n, GONE);
  std::fill(parent, parent + n, -1);
  for (int b = 0; b < h.n_key_words; b++) {
    if (h.node[b]) {
      node[b] = 1.0f;
      near[b] = 0.0f;
    }
    h.tree[b] = h.tree_max[b] = NOT_A_NODE;
  }
  for (int a = 0; a < h.n_key_words; a++) {
    if (!h.node[a]) continue;
    const int of_all = h.attends_to[a];
    if (of_all < 0 || h.node[of_all]) {
      h.tree_max[a] = static_cast<int16_t>(of_all);
      continue;
    }
#pragma omp simd
    for (int b = 0; b < n; b++) some[b] = words[a * n + b] * node[b];
    const float high = highest(some, h.word_lanes);
    h.tree_max[a] = static_cast<int16_t>(high > 0 ? first_of(some, h.word_lanes, high) : -1);
  }
  for (float high = highest(near, h.word_lanes); high >= 0;) {
    const int next = first_of(near, h.word_lanes, high);
    h.tree[next] = static_cast<int16_t>(parent[next]);
    near[next] = GONE;
    const float* __restrict w = weight + next * n;
    high = GONE;
#pragma omp simd reduction(max : high)
    for (int b = 0; b < n; b++) {
      const bool nearer = w[b] > near[b] || (w[b] == near[b] && next < parent[b]);
      parent[b] = near[b] >= 0 && nearer ? next : parent[b];
      near[b] = near[b] >= 0 && nearer ? w[b] : near[b];
      high = near[b] > high ? near[b] : high;
    }
  }
}

FOR_EACH_MACHINE
void digest_words(const Head& h, Room& room) {
  if (h.is_self) {  // no word points at itself
    const size_t step = h.word_lanes * LANE + 1;
    for (size_t w = 0; w < room.words.size(); w += step) room.words[w] = 0;
    for (size_t w = 0; w < room.words_norm.size(); w += step) room.words_norm[w] = 0;
  }
  point(h, room, room.words, h.attends_to, h.attended_by);
  if (h.length) point(h, room, room.words_norm, h.attends_to_norm, h.attended_by_norm);
  if (h.predicts) point(h, room, room.said, h.predicted, nullptr);
  if (h.predicts && h.length) point(h, room, room.said_norm, h.predicted_norm, nullptr);
  if (h.trees) span(h, room);
}

}  // namespace
