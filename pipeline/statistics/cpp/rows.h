// A query at a time: its scores become weights, and these are added up.

#pragma once

#include "head.h"

namespace {

// Of a distance key − query: near ones have one each, on either side the rest share one.
INLINE int bin_of(int d) {
  return d < -HALF_WIDTH ? N_BINS - 2 : d > HALF_WIDTH ? N_BINS - 1 : d + HALF_WIDTH;
}

// Scores of one query as the model has them: capped, with its bias, and keys hidden that it may not see.
INLINE void finish_scores(const Head& h, int i, float* __restrict s) {
  const int n = h.n_keys;
  if (h.softcap > 0)
    for (int j = 0; j < n; j++) s[j] = std::tanh(s[j] / h.softcap) * h.softcap;
  if (h.bias) {
    const float* __restrict b = h.bias + static_cast<int64_t>(i) * h.longest_key;
#pragma omp simd
    for (int j = 0; j < n; j++) {
      const float x = s[j] + b[j];
      s[j] = x < HIDDEN ? HIDDEN : x;  // a bias of −∞ hides a key
    }
  }
  if (h.visible) {
    const bool* __restrict seen = h.visible + static_cast<int64_t>(i) * h.longest_key;
#pragma omp simd
    for (int j = 0; j < n; j++) s[j] = seen[j] ? s[j] : HIDDEN;
  }
}

// Scores become what they are e to the power of, less the highest; gives back 1 over their sum.
// −Σ p ln p is Σ p · ln z − Σ p (s − m).
INLINE float soften(const Head& h, int i, float* __restrict s, double* sums) {
  const int n = h.key_lanes * LANE;
  for (int j = h.n_keys; j < n; j++) s[j] = HIDDEN;
  float most = HIDDEN, nan = 0;
#pragma omp simd reduction(max : most) reduction(+ : nan)
  for (int j = 0; j < n; j++) {
    most = s[j] > most ? s[j] : most;
    nan += s[j] - s[j];
  }
  const float m = h.sink && *h.sink > most ? *h.sink : most;
  float z = nan, t = 0, high = 0;
#pragma omp simd reduction(+ : z, t) reduction(max : high)
  for (int j = 0; j < n; j++) {
    const float x = s[j] - m;
    const float e = s[j] > 0.5f * HIDDEN ? exponential(x) : 0.0f;
    z += e;
    t += e * x;
    high = e > high ? e : high;
    s[j] = e;
  }
  const float of_keys = z;
  if (h.sink) z += exponential(*h.sink - m);
  const float inverse = 1.0f / z;
  const float entropy = of_keys * inverse * std::log(z) - t * inverse;
  sums[ENTROPY] += entropy;
  sums[ENTROPY_NORMALISED] += entropy * h.per_choice[i];
  sums[CONFIDENCE] += high * inverse;
  if (h.is_self) h.largest_at[bin_of(first_of(s, h.key_lanes, high) - i)] += 1;
  return inverse;
}

// They become weights. What each key gets, and each distance; what lies on keys of no class, all of them; the
// largest weight on content.
INLINE void gather(const Head& h, Room& room, int i, float inverse, float* __restrict p, float* other,
                   float* norm_other) {
  const int n = h.key_lanes * LANE;
  float* __restrict received = room.received.data();
  float* __restrict apart = room.apart.data() + h.n_queries - i;
  const float *__restrict content = room.content.data(), *__restrict both = room.length_unclassed.data() + LANE;
  const float* __restrict unclassed = room.unclassed.data() + LANE;
  float high = 0, plain = 0, by_norm = 0;
#pragma omp simd reduction(max : high) reduction(+ : plain, by_norm)
  for (int j = 0; j < n; j++) {
    const float x = p[j] * inverse;
    p[j] = x;
    received[j] += x;
    apart[j] += x;
    plain += x * unclassed[j];
    by_norm += x * both[j];
    const float c = x * content[j];
    high = c > high ? c : high;
  }
  room.sums[CONFIDENCE_CONTENT] += high;
  *other = plain;
  *norm_other = by_norm;
  // Where another sentence has more of the few keys, some here stand for none, and may lie behind the end.
  for (int f = 0; f < h.n_few; f++)
    h.columns[f * h.longest_query + i] = h.few[f] < h.n_keys ? p[h.few[f]] : 0.0f;
}

// Of all weights by distance.
void spread(const Head& h, const float* apart, double* sums) {
  double bins[N_BINS] = {};
  for (int d = -h.n_queries; d < h.n_keys; d++) {
    const double weight = apart[h.n_queries + d];
    bins[bin_of(d)] += weight;
    sums[DISTANCE] += weight * std::abs(d);
    sums[DISPLACEMENT] += weight * d;
  }
  sums[BEFORE] = bins[HALF_WIDTH - 1], sums[BEHIND] = bins[HALF_WIDTH + 1];
  for (int k = 0; k < N_BINS; k++) h.bins[k] = static_cast<float>(bins[k]);
}

// Weights on the query itself and on its own word, and by norm on keys beside it; of the rest what lies on no
// class. Before the first key and behind the last there is 0.
INLINE void pair_up(const Head& h, Room& room, int i, const float* __restrict p, float other,
                    float norm_other) {
  double* sums = room.sums.data();
  const float* length = room.length.data() + LANE;
  const float *unclassed = room.unclassed.data() + LANE, *both = room.length_unclassed.data() + LANE;
  sums[ITSELF] += p[i];
  sums[NORM_ITSELF] += p[i] * length[i];
  room.by_class[AT_ITSELF] += p[i] * load<Short>(room.classes.data() + i * SQUARE, SQUARE);
  sums[NORM_BEFORE] += p[i - 1] * length[i - 1];
  sums[NORM_BEHIND] += p[i + 1] * length[i + 1];
  for (int j = i - 1; j <= i + 1; j++) {
    other -= p[j] * unclassed[j];
    norm_other -= p[j] * both[j];
  }
  if (const int64_t w = h.query_word[i]; w >= 0) {
    for (int j = room.first_piece[w]; j >= 0; j = room.next_piece[j]) {
      if (j == i) continue;
      sums[SAME_WORD] += p[j];
      sums[NORM_SAME_WORD] += p[j] * length[j];
      if (std::abs(i - j) > 1) {
        other -= p[j] * unclassed[j];
        norm_other -= p[j] * both[j];
      }
    }
  }
  sums[OTHER] += other;
  sums[NORM_OTHER] += norm_other;
}

// Of two sentences in one input: weights on words of the query's own, and of both.
INLINE void by_segment(const Head& h, int i, const float* p, double* sums) {
  const int64_t mine = h.segment[i];
  if (mine < 0) return;
  const bool* seen = h.visible ? h.visible + static_cast<int64_t>(i) * h.longest_key : nullptr;
  double own = 0, theirs = 0;
  bool sees_own = false, sees_theirs = false;
  for (int j = 0; j < h.n_keys; j++) {
    if (h.segment[j] < 0 || std::abs(i - j) <= 1 || (seen && !seen[j])) continue;
    (h.segment[j] == mine ? own : theirs) += p[j];
    (h.segment[j] == mine ? sees_own : sees_theirs) = true;
  }
  if (sees_own && sees_theirs) {
    sums[SEGMENT_OWN] += own;
    sums[SEGMENT_BOTH] += own + theirs;
  }
}

}  // namespace
