// Attention and its statistics in one pass: the weights of a few queries at a time stay in the cache, and all
// of them are never in memory. What is computed is what `reduce` (portable.py) computes.
//
// Floating point: sums may be reordered, and NaN has to stay NaN (a model that gives one must be found
// out), so that this is compiled without -ffinite-math-only.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
// Compiled for each of these; which one is run is found when the library is loaded.
#define FOR_EACH_MACHINE \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_MACHINE
#endif
#define INLINE __attribute__((always_inline)) inline

namespace {

using at::Tensor;
using std::optional;

constexpr float HIDDEN = -1e30f;  // the score of a key that may not be seen; finite, so that 0 times it is 0
constexpr int HALF_WIDTH = 8, N_BINS = 2 * HALF_WIDTH + 3;  // as in core/layout.py
constexpr int NOT_A_NODE = -3;  // as in statistics/trees.py; there −1 is a word without a parent
constexpr float GONE = -1.0f;   // how near a word is that has entered its tree, or never will
constexpr int LANE = 16;        // numbers of a wide register; rows of keys and of words are padded to it
constexpr int AT_ONCE = 6;      // queries whose weights are in the cache together

// Sums of a head, named in native.py; behind them come those by class.
enum Sum {
  ROW_SUM, ITSELF, BEFORE, BEHIND, SAME_WORD, OTHER, CLS_TO_CLS, SEP_TO_SEP, SEGMENT_OWN, SEGMENT_BOTH,
  ALPHA, ENTROPY = ALPHA + 4, ENTROPY_NORMALISED, CONFIDENCE, CONFIDENCE_CONTENT, DISTANCE, DISPLACEMENT,
  NORM_ROW_SUM, NORM_ITSELF, NORM_BEFORE, NORM_BEHIND, NORM_SAME_WORD, NORM_OTHER, VALUE_NORM, SPEARMAN, N_SUMS
};
enum ByClass { RECEIVED, AT_ITSELF, NORM, LENGTH, N_BY_CLASS };
constexpr int N_CLASSES = 7;  // as in core/names.py

constexpr int SQUARE = 8;  // rows and columns that are turned around at once, in registers of 256 bits
typedef float Lane __attribute__((vector_size(LANE * sizeof(float))));
typedef float Short __attribute__((vector_size(SQUARE * sizeof(float))));

// One sentence at one head. Pointers that may be null say that the call has no such thing.
struct Head {
  int n_queries, n_keys, longest_query, longest_key;  // the last two with padding
  int key_lanes, word_lanes;  // of a row of keys, of words; what is behind the last is 0
  float softcap;                      // 0: none
  const float* bias;                  // [query, key]
  const bool* visible;                // [query, key]
  const float* sink;
  bool is_self, trees;
  // Rows of `channels` and of `value_channels` numbers; how far apart rows are, of each its stride.
  const float *query, *key, *value;
  int64_t query_stride, key_stride, value_stride, output_stride, sums_stride;
  int channels, value_channels, panel_lanes;
  float scaling;
  int n_query_words, n_key_words;
  const int64_t *query_word, *key_word, *predicts, *segment, *n_seeing;
  const float *content, *unclassed;   // 1 where a key is not special; is in no class
  const float *classes;               // [key, class]: 1 where it is in it
  const float *per_choice, *groups;   // 1 / ln(keys in sight); queries that are real, that are CLS, SEP
  const float *readout, *members;     // panels of it; which of the few keys are in which class
  int readout_lanes, out_channels, n_classes;
  const int64_t* few;
  int n_few;
  const bool* node;                   // words that a tree joins
  // What is given back.
  float *output, *sums, *bins, *largest_at;
  float *given, *energy;              // of transformed values: what classes give
  int16_t *attends_to, *attended_by, *attends_to_norm, *attended_by_norm, *tree, *tree_max;
  int16_t *predicted, *predicted_norm;
  float *length, *columns;            // for its own use: each key's length of f(x); the few keys' weights
};

// Of the sentence that is at hand; one per thread, so that nothing is allocated for each head.
struct Room {
  int64_t sentence = -1;
  std::vector<float> words, words_norm, said, said_norm, share, share_said;
  std::vector<float> received, content;
  std::vector<float> unclassed, length, length_unclassed;  // with a lane of 0 before the first, and behind
  std::vector<float> best, tree_weights, node, near, some, has_piece, first_length;
  std::vector<float> key_panels, value_panels, rows, weights, products, transformed, of_few;
  std::vector<int> first_piece, next_piece, at, later, from, parent;
  std::vector<float> apart;  // weights by key − query, from as many below 0 as there are queries
  std::vector<float> lengths, columns, classes, ranks[2];
  std::vector<std::pair<float, int>> order;
  std::vector<double> sums;
  Short by_class[N_BY_CLASS];
};

// e^x for x ≤ 0 to two units in the last place: Cody and Waite's reduction, a polynomial of degree 6.
INLINE float exponential(float x) {
  x = x < -87.0f ? -87.0f : x;
  const float n = std::nearbyint(x * 1.44269504f);
  float r = x - n * 0.693145751953125f;
  r = r - n * 1.42860682e-6f;
  float p = 1.3888889e-3f;
  p = p * r + 8.3333333e-3f;
  p = p * r + 4.1666667e-2f;
  p = p * r + 1.6666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

// The first n numbers, and 0 behind them.
template <typename Vector>
INLINE Vector load(const float* x, int n) {
  Vector vector = {};
  constexpr int all = sizeof vector / sizeof *x;
  if (n >= all)
    std::memcpy(&vector, x, sizeof vector);
  else if (n > 0)
    std::memcpy(&vector, x, n * sizeof *x);
  return vector;
}

// Step of a transposition: in each pair of rows `S` apart, blocks of S columns change places.
template <int S>
INLINE void swap_blocks(Short* rows) {
  typedef int Places __attribute__((vector_size(SQUARE * sizeof(int))));
  Places upper, lower;
  for (int c = 0; c < SQUARE; c++) {
    upper[c] = c & S ? SQUARE + c - S : c;
    lower[c] = c & S ? SQUARE + c : c + S;
  }
#pragma GCC unroll 8
  for (int r = 0; r < SQUARE; r++)
    if (!(r & S)) {
      const Short a = rows[r], b = rows[r + S];
      rows[r] = __builtin_shuffle(a, b, upper);
      rows[r + S] = __builtin_shuffle(a, b, lower);
    }
}

INLINE void transpose(Short* rows) { swap_blocks<4>(rows), swap_blocks<2>(rows), swap_blocks<1>(rows); }

// Whether this machine's registers hold a whole lane.
bool is_wide() {
#if defined(__x86_64__) && defined(__GNUC__)
  static const bool wide = __builtin_cpu_supports("avx512f");
  return wide;
#else
  return false;
#endif
}

int padded(int n, int to) { return (n + to - 1) / to * to; }

// `AT_ONCE` rows of a, `depth` numbers each, times a panel of as many rows. Registers have `WIDTH`
// numbers: a sum that is wider than the machine's would be kept in memory, and take many times as long.
template <int WIDTH, int N>
INLINE void multiply(const float* __restrict a, int64_t stride, const float* __restrict panel, int depth,
                     float* __restrict out, int64_t out_stride) {
  typedef float Register __attribute__((vector_size(WIDTH * sizeof(float))));
  Register sum[AT_ONCE][N] = {};
  for (int k = 0; k < depth; k++, panel += N * WIDTH) {
    Register b[N];
#pragma GCC unroll 2
    for (int l = 0; l < N; l++) std::memcpy(&b[l], panel + l * WIDTH, sizeof(Register));
#pragma GCC unroll 6
    for (int r = 0; r < AT_ONCE; r++) {
      const float x = a[r * stride + k];
#pragma GCC unroll 2
      for (int l = 0; l < N; l++) sum[r][l] += x * b[l];
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < AT_ONCE; r++)
#pragma GCC unroll 2
    for (int l = 0; l < N; l++)
      std::memcpy(out + r * out_stride + l * WIDTH, &sum[r][l], sizeof(Register));
}

// The whole product, panel by panel: each as wide as two registers, or as one that is wide.
INLINE void multiply(const float* a, int64_t stride, const float* panels, int lanes, int depth,
                     int64_t across, float* out, int64_t out_stride) {
  for (int64_t c = 0; c < across; c += lanes * LANE) {
    const float* panel = panels + c * depth;
    if (lanes == 2)
      multiply<LANE, 2>(a, stride, panel, depth, out + c, out_stride);
    else if (is_wide())
      multiply<LANE, 1>(a, stride, panel, depth, out + c, out_stride);
    else
      multiply<LANE / 2, 2>(a, stride, panel, depth, out + c, out_stride);
  }
}

// Rows lie far apart, each in a page of its own: what is read soon is asked for before.
INLINE void ask_for(const float* row, int n) {
  for (int c = 0; c < n; c += 16) __builtin_prefetch(row + c);
}
constexpr int AHEAD = 8;

// Rows side by side in panels, and 0 behind their last column.
FOR_EACH_MACHINE
void lay_rows(const float* x, int64_t stride, int n_rows, int n_columns, int width,
              std::vector<float>& panels) {
  const int across = padded(n_columns, width);
  panels.resize(static_cast<size_t>(across) * n_rows);
  for (int r = 0; r < n_rows; r++) {
    if (r + AHEAD < n_rows) ask_for(x + (r + AHEAD) * stride, n_columns);
    for (int c = 0; c < across; c += LANE) {
      const Lane lane = load<Lane>(x + r * stride + c, n_columns - c);
      float* panel = panels.data() + static_cast<size_t>(c / width * width) * n_rows;
      std::memcpy(panel + r * width + c % width, &lane, sizeof lane);
    }
  }
}

// The same of the transposed matrix, whose columns the rows are, times a number.
FOR_EACH_MACHINE
void lay_columns(const float* x, int64_t stride, int n_rows, int n_columns, int width, float scaling,
                 std::vector<float>& panels) {
  const int across = padded(n_rows, width);
  panels.resize(static_cast<size_t>(across) * n_columns);
  for (int r = 0; r < across; r += SQUARE) {
    for (int k = r + AHEAD; k < std::min(r + AHEAD + SQUARE, n_rows); k++)
      ask_for(x + k * stride, n_columns);
    float* panel = panels.data() + static_cast<size_t>(r / width * width) * n_columns + r % width;
    for (int c = 0; c < n_columns; c += SQUARE) {
      Short square[SQUARE];
      for (int k = 0; k < SQUARE; k++)
        square[k] = load<Short>(x + (r + k) * stride + c, r + k < n_rows ? n_columns - c : 0) * scaling;
      transpose(square);
      for (int k = 0; k < std::min(SQUARE, n_columns - c); k++)
        std::memcpy(panel + (c + k) * width, &square[k], sizeof(Short));
    }
  }
}

// Of so many whole lanes.
INLINE float highest(const float* __restrict x, int lanes) {
  const int n = lanes * LANE;
  float high = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : high)
  for (int j = 0; j < n; j++) high = x[j] > high ? x[j] : high;
  return high;
}

// Where a value that is there stands first; 0 for NaN, which is equal to nothing.
INLINE int first_of(const float* __restrict x, int lanes, float value) {
  for (int lane = 0; lane < lanes; lane++) {
    const float* of_lane = x + lane * LANE;
    int found = 0;
#pragma omp simd reduction(| : found)
    for (int j = 0; j < LANE; j++) found |= (of_lane[j] == value) << j;
    if (found) return lane * LANE + __builtin_ctz(found);
  }
  return 0;
}

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

// `AT_ONCE` rows from the i-th, and how far apart they are. The last ones are copied: behind them there may be
// no memory.
INLINE std::pair<const float*, int64_t> rows_from(const float* x, int64_t stride, int i, int n_rows,
                                                  int n_columns, std::vector<float>& room) {
  if (i + AT_ONCE <= n_rows) return {x + i * stride, stride};
  for (int r = i; r < n_rows; r++) std::copy_n(x + r * stride, n_columns, room.data() + (r - i) * n_columns);
  return {room.data(), n_columns};
}

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

INLINE float dot(const float* __restrict a, const float* __restrict b, int n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
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
  for (int i = h.n_queries; i < h.longest_query; i++)
    std::fill_n(h.output + i * h.output_stride, h.value_channels, 0.0f);
}

template <typename T>
const T* row(const optional<Tensor>& t, int64_t s) {
  return t ? t->const_data_ptr<T>() + (t->size(0) == 1 ? 0 : s) * t->stride(0) : nullptr;
}

template <typename T>
T* row(Tensor& t, int64_t s, int64_t k) {
  return t.numel() ? t.mutable_data_ptr<T>() + s * t.stride(0) + k * t.stride(1) : nullptr;
}

// Tables are contiguous, and so are the channels of queries, keys and values: native.py sees to it.
std::vector<Tensor> digest(
    const Tensor& query, const Tensor& key, const Tensor& value, double scaling,
    const optional<Tensor>& bias, double softcap, const optional<Tensor>& sinks,
    const optional<Tensor>& visible, const Tensor& n_queries, const Tensor& n_keys,
    const Tensor& query_word, const Tensor& key_word, const Tensor& n_query_words,
    const Tensor& n_key_words, const optional<Tensor>& predicts, const optional<Tensor>& segment,
    const Tensor& content, const Tensor& unclassed, const Tensor& few, const Tensor& members,
    const Tensor& classes, const Tensor& groups, const Tensor& per_choice, const Tensor& n_seeing,
    const optional<Tensor>& readout, const optional<Tensor>& nodes, bool is_self) {
  TORCH_CHECK(classes.size(2) == N_CLASSES, "classes of keys are not those of the kernel");
  const int64_t S = query.size(0), H = query.size(1), Q = query.size(2), K = key.size(2);
  const int64_t F = few.size(1), C = value.size(3), G = members.size(2), E = readout ? readout->size(2) : 0;
  const int64_t W = S ? n_query_words.max().item<int64_t>() : 0;
  const int64_t V = S ? n_key_words.max().item<int64_t>() : 0;
  const auto real = query.options();
  const auto words = real.dtype(at::kShort);
  // Heads of a piece side by side, as the model goes on with them.
  Tensor output = at::empty({S, Q, H, C}, real).transpose(1, 2);
  Tensor sums = at::empty({N_SUMS + N_BY_CLASS * N_CLASSES, S, H}, real);
  Tensor bins = at::zeros({S, H, N_BINS}, real), largest_at = at::zeros({S, H, N_BINS}, real);
  const auto pointers = [&](bool there, int64_t n, int none) {
    return at::full({S, H, there ? n : 0}, none, words);
  };
  const bool by_norm = readout.has_value(), trees = nodes.has_value();
  Tensor given = at::zeros({S, H, G, E}, real), energy = at::zeros({S, H, by_norm ? G : 0}, real);
  Tensor to = pointers(true, W, -1), by = pointers(true, V, -1);
  Tensor to_norm = pointers(by_norm, W, -1), from_norm = pointers(by_norm, V, -1);
  Tensor tree = pointers(trees, V, NOT_A_NODE), tree_max = pointers(trees, V, NOT_A_NODE);
  Tensor said = pointers(predicts.has_value(), W, -1);
  Tensor said_norm = pointers(predicts.has_value() && by_norm, W, -1);
  const auto number = [](const Tensor& t, int64_t s) {
    return static_cast<int>(t.const_data_ptr<int64_t>()[s]);
  };
  const int readout_lanes = is_wide() && E > LANE ? 2 : 1;
  std::vector<std::vector<float>> readouts(by_norm ? H : 0);
  for (size_t k = 0; k < readouts.size(); k++)
    lay_rows(readout->const_data_ptr<float>() + k * C * E, E, C, E, readout_lanes * LANE, readouts[k]);
  at::parallel_for(0, S * H, 1, [&](int64_t begin, int64_t end) {
    Room room;
    for (int64_t at = begin; at < end; at++) {
      const int64_t s = at / H, k = at % H;
      Head h{};
      h.n_queries = number(n_queries, s), h.n_keys = number(n_keys, s);
      h.longest_query = Q, h.longest_key = K;
      const auto [a, b] = std::pair(k * key.size(1) / H, k * value.size(1) / H);
      h.query = query.const_data_ptr<float>() + s * query.stride(0) + k * query.stride(1);
      h.key = key.const_data_ptr<float>() + s * key.stride(0) + a * key.stride(1);
      h.value = value.const_data_ptr<float>() + s * value.stride(0) + b * value.stride(1);
      h.query_stride = query.stride(2), h.key_stride = key.stride(2);
      h.value_stride = value.stride(2), h.output_stride = output.stride(2);
      h.channels = query.size(3), h.value_channels = C;
      h.scaling = scaling;
      h.softcap = softcap;
      h.bias = row<float>(bias, s);
      if (h.bias) h.bias += k * bias->stride(1);
      h.visible = row<bool>(visible, s);
      h.sink = sinks ? sinks->const_data_ptr<float>() + k : nullptr;
      h.is_self = is_self, h.trees = trees;
      h.n_query_words = number(n_query_words, s), h.n_key_words = number(n_key_words, s);
      h.key_lanes = padded(h.n_keys, LANE) / LANE, h.word_lanes = padded(h.n_key_words, LANE) / LANE;
      h.panel_lanes = is_wide() && h.key_lanes > 1 ? 2 : 1;
      h.query_word = query_word.const_data_ptr<int64_t>() + s * Q;
      h.key_word = key_word.const_data_ptr<int64_t>() + s * K;
      h.predicts = row<int64_t>(predicts, s), h.segment = row<int64_t>(segment, s);
      h.n_seeing = n_seeing.const_data_ptr<int64_t>() + s * K;
      h.classes = classes.const_data_ptr<float>() + s * K * N_CLASSES;
      h.groups = groups.const_data_ptr<float>() + s * groups.stride(0);
      h.per_choice = per_choice.const_data_ptr<float>() + s * Q;
      h.content = content.const_data_ptr<float>() + s * K;
      h.unclassed = unclassed.const_data_ptr<float>() + s * K;
      h.few = few.const_data_ptr<int64_t>() + s * F, h.n_few = F;
      h.members = members.const_data_ptr<float>() + s * F * G, h.n_classes = G;
      h.readout = by_norm ? readouts[k].data() : nullptr;
      h.readout_lanes = readout_lanes, h.out_channels = E;
      room.lengths.resize(h.n_keys);
      room.columns.resize(F * Q);
      h.length = by_norm ? room.lengths.data() : nullptr;
      h.columns = room.columns.data();
      h.given = row<float>(given, s, k), h.energy = row<float>(energy, s, k);
      h.node = row<bool>(nodes, s);
      h.output = output.mutable_data_ptr<float>() + s * output.stride(0) + k * output.stride(1);
      h.sums = sums.mutable_data_ptr<float>() + at, h.sums_stride = S * H;
      h.bins = row<float>(bins, s, k), h.largest_at = row<float>(largest_at, s, k);
      h.attends_to = row<int16_t>(to, s, k), h.attended_by = row<int16_t>(by, s, k);
      h.attends_to_norm = row<int16_t>(to_norm, s, k);
      h.attended_by_norm = row<int16_t>(from_norm, s, k);
      h.tree = row<int16_t>(tree, s, k), h.tree_max = row<int16_t>(tree_max, s, k);
      h.predicted = row<int16_t>(said, s, k), h.predicted_norm = row<int16_t>(said_norm, s, k);
      if (room.sentence != s) prepare_sentence(h, room);
      room.sentence = s;
      digest_head(h, room);
    }
  });
  return {output, sums, bins, largest_at, given, energy, to, by, to_norm, from_norm, tree, tree_max, said, said_norm};
}

// As spearman in norms.py, over the first keys of each sentence.
Tensor spearman(const Tensor& a, const Tensor& b, const Tensor& lengths) {
  const int64_t S = a.size(0), H = a.size(1), K = a.size(2);
  Tensor found = at::empty({S, H}, a.options());
  Room room;
  for (int64_t at = 0; at < S * H; at++) {
    const int n = static_cast<int>(lengths.const_data_ptr<int64_t>()[at / H]);
    const float *x = a.const_data_ptr<float>() + at * K, *y = b.const_data_ptr<float>() + at * K;
    found.mutable_data_ptr<float>()[at] = correlation(x, y, n, room);
  }
  return found;
}

// ln x for normal x > 0, to 3e-8 of it: exponent, and a polynomial of degree 9 fitted at Chebyshev's nodes.
INLINE float logarithm(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int32_t exponent = (bits - 0x3f400000) >> 23;  // so that the mantissa is in [0.75, 1.5)
  bits -= exponent << 23;
  float f;
  std::memcpy(&f, &bits, sizeof f);
  f -= 1.0f;
  float p = 0.05425942689f;
  p = p * f - 0.12091521174f;
  p = p * f + 0.14996832609f;
  p = p * f - 0.16822813451f;
  p = p * f + 0.19975553453f;
  p = p * f - 0.24993263185f;
  p = p * f + 0.33333602548f;
  p = p * f - 0.50000065569f;
  p = p * f + 1.0f;
  return exponent * 0.69314718f + p * f;
}

// −Σ m ln m over the means m of two blocks of weights.
FOR_EACH_MACHINE
double mixed_entropy(const float* a, const float* b, int n) {
  float sum = 0;
  for (int j = 0; j < n; j++) {
    const float m = std::max(0.5f * (a[j] + b[j]), std::numeric_limits<float>::min());
    sum -= m * logarithm(m);
  }
  return sum;
}

// As js_divergences in similarity.py, of weights that are laid out flat.
Tensor js_divergences(const Tensor& flat) {
  constexpr int BLOCK = 512;  // of so many weights, those of all heads are in the cache together
  const int64_t H = flat.size(0), N = flat.size(1);
  const float* weights = flat.const_data_ptr<float>();
  std::vector<double> entropy(H * H, 0.0);
  at::parallel_for(0, H, 1, [&](int64_t begin, int64_t end) {
    for (int64_t first = 0; first < N; first += BLOCK) {
      const int n = static_cast<int>(std::min<int64_t>(BLOCK, N - first));
      for (int64_t a = begin; a < end; a++)
        for (int64_t b = a; b < H; b++)
          entropy[a * H + b] += mixed_entropy(weights + a * N + first, weights + b * N + first, n);
    }
  });
  Tensor found = at::zeros({H, H}, flat.options());
  float* out = found.mutable_data_ptr<float>();
  for (int64_t a = 0; a < H; a++)
    for (int64_t b = a + 1; b < H; b++) {
      const double apart = entropy[a * H + b] - 0.5 * (entropy[a * H + a] + entropy[b * H + b]);
      out[a * H + b] = out[b * H + a] = static_cast<float>(std::max(0.0, apart));
    }
  return found;
}

}  // namespace

TORCH_LIBRARY(headcensus, m) {
  m.def("js_divergences(Tensor flat) -> Tensor");
  m.def("spearman(Tensor a, Tensor b, Tensor lengths) -> Tensor");
  m.def(
      "digest(Tensor query, Tensor key, Tensor value, float scaling, Tensor? bias, float softcap,"
      " Tensor? sinks, Tensor? visible, Tensor n_queries, Tensor n_keys, Tensor query_word,"
      " Tensor key_word, Tensor n_query_words, Tensor n_key_words, Tensor? predicts,"
      " Tensor? segment, Tensor content, Tensor unclassed, Tensor few, Tensor members, Tensor classes, Tensor groups,"
      " Tensor per_choice, Tensor n_seeing,"
      " Tensor? readout, Tensor? nodes, bool is_self) -> Tensor[]");
}

TORCH_LIBRARY_IMPL(headcensus, CPU, m) {
  m.impl("digest", &digest);
  m.impl("spearman", &spearman);
  m.impl("js_divergences", &js_divergences);
}
