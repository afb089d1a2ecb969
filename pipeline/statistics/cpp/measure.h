// One head of one sentence, from its queries, keys and values to its output and its sums.

#pragma once

#include "head.h"
#include "lanes.h"
#include "rows.h"
#include "values.h"
#include "words.h"

namespace {

// What all heads of a sentence share: 1 over the number of positions of each word; where each word's pieces
// are; which keys are what.
void prepare_sentence(const Head& h, Room& room) {
  const auto shares = [&](const int64_t* word, std::vector<float>& share) {
    share.assign(h.n_query_words, 0.0f);
    for (int i = 0; i < h.n_queries; i++)
      if (word[i] >= 0) share[word[i]] += 1.0f;
    for (float& s : share) s = s > 0 ? 1.0f / s : 0.0f;
  };
  shares(h.query_word, room.share);
  if (h.predicts) shares(h.predicts, room.share_said);
  room.next_piece.assign(h.n_keys, -1);
  room.first_piece.assign(h.n_key_words, -1);
  for (int j = h.n_keys; j-- > 0;) {
    const int w = static_cast<int>(h.key_word[j]);
    if (w < 0) continue;
    room.next_piece[j] = room.first_piece[w];
    room.first_piece[w] = j;
  }
  const int n_wide = h.word_lanes * LANE, n_wide_keys = h.key_lanes * LANE;
  room.at.assign(n_wide, 0);
  room.has_piece.assign(n_wide, 0.0f);
  room.first_length.assign(n_wide, 0.0f);
  room.later.clear();
  for (int b = 0; b < h.n_key_words; b++) {
    const int j = room.first_piece[b];
    room.at[b] = std::max(j, 0);
    room.has_piece[b] = j < 0 ? 0.0f : 1.0f;
    for (int k = j < 0 ? j : room.next_piece[j]; k >= 0; k = room.next_piece[k]) room.later.push_back(k);
  }
  room.content.assign(n_wide_keys, 0.0f);
  std::copy_n(h.content, h.n_keys, room.content.data());
  for (auto* of_keys : {&room.unclassed, &room.length, &room.length_unclassed})
    of_keys->assign(n_wide_keys + 2 * LANE, 0.0f);
  std::copy_n(h.unclassed, h.n_keys, room.unclassed.data() + LANE);
  room.classes.assign(static_cast<size_t>(h.n_keys) * SQUARE, 0.0f);
  for (int j = 0; j < h.n_keys; j++)
    std::copy_n(h.classes + j * N_CLASSES, N_CLASSES, room.classes.data() + j * SQUARE);
  room.rows.assign(static_cast<size_t>(std::max(h.channels, h.value_channels)) * AT_ONCE, 0.0f);
  room.best.resize(n_wide);
  room.from.resize(n_wide);
  if (h.trees) {
    room.tree_weights.assign(static_cast<size_t>(h.n_key_words) * n_wide, 0.0f);
    for (auto* of_words : {&room.node, &room.near, &room.some}) of_words->resize(n_wide);
    room.parent.resize(n_wide);
  }
}

// Keys and values in panels, how long what keys give is; and nothing counted yet.
void prepare(const Head& h, Room& room) {
  if (h.readout) transform(h, room);
  for (int j = 0; h.length && j < h.n_keys; j++) {
    room.length[LANE + j] = h.length[j];
    room.length_unclassed[LANE + j] = h.length[j] * h.unclassed[j];
  }
  for (int b = 0; h.length && b < h.n_key_words; b++)
    room.first_length[b] = room.first_piece[b] < 0 ? 0.0f : h.length[room.at[b]];
  const int width = h.panel_lanes * LANE, n_wide_keys = h.key_lanes * LANE;
  lay_columns(h.key, h.key_stride, h.n_keys, h.channels, width, h.scaling, room.key_panels);
  lay_rows(h.value, h.value_stride, h.n_keys, h.value_channels, width, room.value_panels);
  room.weights.assign(static_cast<size_t>(padded(h.n_keys, width) + 2 * LANE) * AT_ONCE, 0.0f);
  room.products.assign(static_cast<size_t>(padded(h.value_channels, width)) * AT_ONCE, 0.0f);
  const size_t n_words = static_cast<size_t>(h.n_query_words) * h.word_lanes * LANE;
  room.words.assign(n_words, 0.0f);
  room.words_norm.assign(h.length ? n_words : 0, 0.0f);
  room.said.assign(h.predicts ? n_words : 0, 0.0f);
  room.said_norm.assign(h.predicts && h.length ? n_words : 0, 0.0f);
  room.received.assign(n_wide_keys, 0.0f);
  room.apart.assign(h.n_queries + n_wide_keys, 0.0f);
  room.sums.assign(N_SUMS, 0.0);
  std::fill_n(room.by_class, N_BY_CLASS, Short{});
}

INLINE void digest_row(const Head& h, Room& room, int i, float* p) {
  finish_scores(h, i, p);
  const float inverse = soften(h, i, p, room.sums.data());
  float other, norm_other;
  gather(h, room, i, inverse, p, &other, &norm_other);
  if (h.is_self) {
    pair_up(h, room, i, p, other, norm_other);
    if (h.segment) by_segment(h, i, p, room.sums.data());
  }
  const int n = h.word_lanes * LANE;
  if (const int64_t w = h.query_word[i]; w >= 0)
    merge(h, room, p, room.share[w], room.words.data() + w * n,
          room.words_norm.data() + (h.length ? w * n : 0));
  if (const int64_t w = h.predicts ? h.predicts[i] : -1; w >= 0)
    merge(h, room, p, room.share_said[w], room.said.data() + w * n,
          room.said_norm.data() + (h.length ? w * n : 0));
}

FOR_EACH_MACHINE
void digest_rows(const Head& h, Room& room) {
  const int lanes = h.panel_lanes;
  // A row's first key has zeros before it, for `pair_up`.
  float *weights = room.weights.data() + LANE, *products = room.products.data();
  const int64_t stride = room.weights.size() / AT_ONCE, out_stride = room.products.size() / AT_ONCE;
  for (int i = 0; i < h.n_queries; i += AT_ONCE) {
    const int n = std::min(AT_ONCE, h.n_queries - i);
    const auto [rows, rows_stride] = rows_from(h.query, h.query_stride, i, h.n_queries, h.channels, room.rows);
    for (int r = i + AT_ONCE; r < std::min(i + 2 * AT_ONCE, h.n_queries); r++)
      ask_for(h.query + r * h.query_stride, h.channels);
    multiply(rows, rows_stride, room.key_panels.data(), lanes, h.channels, stride - 2 * LANE, weights, stride);
    for (int r = 0; r < n; r++) digest_row(h, room, i + r, weights + r * stride);
    multiply(weights, stride, room.value_panels.data(), lanes, h.n_keys, out_stride, products, out_stride);
    for (int r = 0; r < n; r++)
      std::copy_n(products + r * out_stride, h.value_channels, h.output + (i + r) * h.output_stride);
  }
}

// What keys got, by class and in all; and how it goes with what they give. Names are those of the lake.
FOR_EACH_MACHINE
void add_up(const Head& h, Room& room) {
  double* sums = room.sums.data();
  const float* length = room.length.data() + LANE;
  for (int j = 0; j < h.n_keys; j++) {
    const float received = room.received[j], weighted = received * length[j];
    const Short in = load<Short>(room.classes.data() + j * SQUARE, SQUARE);
    room.by_class[RECEIVED] += received * in;
    room.by_class[NORM] += weighted * in;
    room.by_class[LENGTH] += length[j] * in;
    sums[ROW_SUM] += received;
    sums[NORM_ROW_SUM] += weighted;
    sums[VALUE_NORM] += length[j];
    if (!h.is_self) {
      sums[OTHER] += received * h.unclassed[j];
      sums[NORM_OTHER] += weighted * h.unclassed[j];
    }
  }
  for (int f = 0; f < h.n_few; f++) {
    const float *weights = h.columns + f * h.longest_query, *members = h.members + f * h.n_classes;
    for (int k = 0; k < 2; k++)  // the classes, and the groups of queries, that are CLS and SEP
      if (members[k] > 0) sums[CLS_TO_CLS + k] += dot(weights, h.groups + (1 + k) * h.longest_query, h.n_queries);
  }
  for (int k = 0; k < 4; k++)
    sums[ALPHA + k] = k < h.n_keys ? room.received[k] / static_cast<float>(h.n_seeing[k]) : NAN;
  if (h.readout) {
    float* seen = room.received.data();
    for (int j = 0; j < h.n_keys; j++) seen[j] /= static_cast<float>(std::max<int64_t>(h.n_seeing[j], 1));
    sums[SPEARMAN] = correlation(seen, h.length, h.n_keys, room);
  }
  float* to = h.sums;
  for (int k = 0; k < N_SUMS; k++, to += h.sums_stride) *to = static_cast<float>(sums[k]);
  for (const Short& of_class : room.by_class)
    for (int c = 0; c < N_CLASSES; c++, to += h.sums_stride) *to = of_class[c];
}

void digest_head(const Head& h, Room& room) {
  prepare(h, room);
  digest_rows(h, room);
  digest_words(h, room);
  if (h.is_self) spread(h, room.apart.data(), room.sums.data());
  if (h.readout) give(h, room);
  add_up(h, room);
  for (int i = h.n_queries; i < h.n_outputs; i++)
    std::fill_n(h.output + i * h.output_stride, h.value_channels, 0.0f);
}

}  // namespace
