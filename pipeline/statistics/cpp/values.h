// What keys give: their transformed values, and how it goes with what they are given.

#pragma once

#include "head.h"

namespace {

// What each key's value is to the model, f(x) = vR: its length; and of the few keys itself.
FOR_EACH_MACHINE
void transform(const Head& h, Room& room) {
  const int n = padded(h.out_channels, h.readout_lanes * LANE);
  room.transformed.resize(static_cast<size_t>(n) * AT_ONCE);
  room.of_few.resize(static_cast<size_t>(n) * h.n_few);
  for (int i = 0; i < h.n_keys; i += AT_ONCE) {
    const auto [rows, stride] = rows_from(h.value, h.value_stride, i, h.n_keys, h.value_channels, room.rows);
    float* __restrict f = room.transformed.data();
    multiply(rows, stride, h.readout, h.readout_lanes, h.value_channels, n, f, n);
    for (int j = i; j < std::min(i + AT_ONCE, h.n_keys); j++, f += n) {
      float squares = 0;
#pragma omp simd reduction(+ : squares)
      for (int c = 0; c < n; c++) squares += f[c] * f[c];
      h.length[j] = std::sqrt(squares);
      for (int k = 0; k < h.n_few; k++)
        if (h.few[k] == j) std::copy_n(f, n, room.of_few.data() + k * n);
    }
  }
}

// Of what each class of the few keys gives every query: the sum, and the sum of its squared length.
FOR_EACH_MACHINE
void give(const Head& h, const Room& room) {
  const int n = padded(h.out_channels, h.readout_lanes * LANE);
  const auto is_in = [&](int k, int c) { return h.members[k * h.n_classes + c] > 0; };
  for (int k = 0; k < h.n_few; k++) {
    const float *weights = h.columns + k * h.longest_query, *f = room.of_few.data() + k * n;
    float received = 0;
    for (int i = 0; i < h.n_queries; i++) received += weights[i];
    for (int c = 0; c < h.n_classes; c++)
      for (int e = 0; is_in(k, c) && e < h.out_channels; e++) h.given[c * h.out_channels + e] += received * f[e];
    for (int l = 0; l <= k; l++) {
      const float together = dot(weights, h.columns + l * h.longest_query, h.n_queries) *
                             dot(f, room.of_few.data() + l * n, n) * (l < k ? 2.0f : 1.0f);
      for (int c = 0; c < h.n_classes; c++)
        if (is_in(k, c) && is_in(l, c)) h.energy[c] += together;
    }
  }
}

// Twice the ranks less their mean; equals have their mean rank. How many are less, and how many not
// more, is counted all against all: that is faster than sorting, as far as a few hundred.
FOR_EACH_MACHINE
void rank_few(const float* __restrict x, int n, float* __restrict ranks) {
  std::fill(ranks, ranks + n, static_cast<float>(-n));
  for (int k = 0; k < n; k++) {
    const float other = x[k];
    for (int j = 0; j < n; j++) ranks[j] += (other < x[j] ? 1.0f : 0.0f) + (other <= x[j] ? 1.0f : 0.0f);
  }
}

void rank(const float* x, int n, std::vector<std::pair<float, int>>& order, float* ranks) {
  constexpr int FEW = 256;
  if (n <= FEW) return rank_few(x, n, ranks);
  order.resize(n);
  for (int j = 0; j < n; j++) order[j] = {x[j], j};
  std::sort(order.begin(), order.end());
  for (int first = 0; first < n;) {
    int end = first + 1;
    while (end < n && order[end].first == order[first].first) end++;
    for (int k = first; k < end; k++) ranks[order[k].second] = static_cast<float>(first + end - n);
    first = end;
  }
}

// The rank correlation; NaN where there is none, as NaN has no rank.
float correlation(const float* a, const float* b, int n, Room& room) {
  float nan = 0;
  for (int j = 0; j < n; j++) nan += (a[j] - a[j]) + (b[j] - b[j]);
  if (nan != 0) return std::numeric_limits<float>::quiet_NaN();
  for (auto& ranks : room.ranks) ranks.resize(n);
  float *x = room.ranks[0].data(), *y = room.ranks[1].data();
  rank(a, n, room.order, x);
  rank(b, n, room.order, y);
  double both = 0, of_a = 0, of_b = 0;
  for (int j = 0; j < n; j++) {
    both += static_cast<double>(x[j]) * y[j];
    of_a += static_cast<double>(x[j]) * x[j];
    of_b += static_cast<double>(y[j]) * y[j];
  }
  if (!(of_a > 0 && of_b > 0)) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(both / std::sqrt(of_a * of_b));
}

}  // namespace
