// Attention and its digest in one pass: the weights of a few heads at a time stay in the cache, and all
// of them are never in memory together. What is computed is what digest_of (portable.py) computes.
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
constexpr int64_t AT_ONCE = 1 << 20;                        // weights that are in the cache together

enum Sum { BEFORE, BEHIND, SAME_WORD, OTHER, DISTANCE, DISPLACEMENT, SEGMENT_OWN, SEGMENT_BOTH,
           NORM_BEFORE, NORM_BEHIND, NORM_SAME_WORD, NORM_OTHER, N_SUMS };

// One sentence at one head. Pointers that may be null say that the call has no such thing.
struct Head {
  int n_queries, n_keys, longest_query, longest_key;  // the last two with padding
  float softcap;                      // 0: none
  const float* bias;                  // [query, key]
  const bool* visible;                // [query, key]
  const float* sink;
  bool is_self, trees;
  int n_query_words, n_key_words;
  const int64_t *query_word, *key_word, *predicts, *segment;
  const float *content, *unclassed;   // 1 where a key is not special; is in no class
  const float* length;                // of each key's transformed value
  const int64_t* few;
  int n_few;
  const bool* node;                   // words that a tree joins
  // What is given back.
  float *received, *entropy, *largest, *highest_content, *columns, *itself, *bins, *sums;
  int64_t* where;
  int16_t *attends_to, *attended_by, *attends_to_norm, *attended_by_norm, *tree, *tree_max;
  int16_t *predicted, *predicted_norm;
};

// Of the sentence that is at hand; one per thread, so that nothing is allocated for each head.
struct Room {
  std::vector<float> words, words_norm, said, said_norm, share, share_said, length_unclassed;
  std::vector<float> best, tree_weights, node, near, entered, some;
  std::vector<int> first_piece, next_piece, slot, from;
  std::vector<double> bins, sums;
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

INLINE float highest(const float* __restrict x, int n) {
  float high = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : high)
  for (int j = 0; j < n; j++) high = x[j] > high ? x[j] : high;
  return high;
}

// Where a value that is there stands first.
INLINE int first_of(const float* __restrict x, int n, float value) {
  constexpr int STEP = 32;
  int start = 0;
  for (; start + STEP <= n; start += STEP) {
    int found = 0;
#pragma omp simd reduction(| : found)
    for (int j = start; j < start + STEP; j++) found |= x[j] == value;
    if (found) break;
  }
  while (start + 1 < n && x[start] != value) start++;
  return start;
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

// Scores become weights. −Σ p ln p is Σ p · ln z − Σ p (s − m).
INLINE void soften(const Head& h, int i, float* __restrict s) {
  const int n = h.n_keys;
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
  h.entropy[i] = of_keys * inverse * std::log(z) - t * inverse;
  h.largest[i] = high * inverse;
  h.where[i] = first_of(s, n, high);
#pragma omp simd
  for (int j = 0; j < n; j++) s[j] *= inverse;
}

// What each key gets; what lies on keys of no class, all of them; the largest weight on content.
INLINE void gather(const Head& h, int i, const float* __restrict p, const float* __restrict both,
                   float* other, float* norm_other) {
  float *__restrict received = h.received;
  const float *__restrict content = h.content, *__restrict unclassed = h.unclassed;
  float high = 0, plain = 0, by_norm = 0;
#pragma omp simd reduction(max : high) reduction(+ : plain, by_norm)
  for (int j = 0; j < h.n_keys; j++) {
    received[j] += p[j];
    plain += p[j] * unclassed[j];
    by_norm += p[j] * both[j];
    const float c = p[j] * content[j];
    high = c > high ? c : high;
  }
  h.highest_content[i] = high;
  *other = plain;
  *norm_other = by_norm;
  for (int f = 0; f < h.n_few; f++) h.columns[f * h.longest_query + i] = p[h.few[f]];
}

// Weights by distance: near ones each by itself, on either side the rest together.
INLINE void spread(int i, int n, const float* __restrict p, double* bins, double* sums) {
  const int low = std::max(0, i - HALF_WIDTH), high = std::min(n, i + HALF_WIDTH + 1);
  float below = 0, down = 0, above = 0, up = 0;
#pragma omp simd reduction(+ : below, down)
  for (int j = 0; j < low; j++) {
    below += p[j];
    down += p[j] * static_cast<float>(i - j);
  }
#pragma omp simd reduction(+ : above, up)
  for (int j = high; j < n; j++) {
    above += p[j];
    up += p[j] * static_cast<float>(j - i);
  }
  for (int j = low; j < high; j++) {
    bins[j - i + HALF_WIDTH] += p[j];
    (j < i ? down : up) += p[j] * static_cast<float>(std::abs(j - i));
  }
  bins[N_BINS - 2] += below;
  bins[N_BINS - 1] += above;
  sums[DISTANCE] += down + up;
  sums[DISPLACEMENT] += up - down;
}

// Weights on the query itself, beside it and on its own word; of the rest what lies on no class.
INLINE void pair_up(const Head& h, const Room& room, int i, const float* __restrict p, float other,
                    float norm_other, double* sums) {
  const auto length = [&](int j) { return h.length ? h.length[j] : 0.0f; };
  const auto leave_out = [&](int j) {
    other -= p[j] * h.unclassed[j];
    norm_other -= p[j] * h.unclassed[j] * length(j);
  };
  h.itself[i] = p[i];
  leave_out(i);
  if (i > 0) {
    sums[BEFORE] += p[i - 1];
    sums[NORM_BEFORE] += p[i - 1] * length(i - 1);
    leave_out(i - 1);
  }
  if (i + 1 < h.n_keys) {
    sums[BEHIND] += p[i + 1];
    sums[NORM_BEHIND] += p[i + 1] * length(i + 1);
    leave_out(i + 1);
  }
  if (const int64_t w = h.query_word[i]; w >= 0) {
    for (int j = room.first_piece[w]; j >= 0; j = room.next_piece[j]) {
      if (j == i) continue;
      sums[SAME_WORD] += p[j];
      sums[NORM_SAME_WORD] += p[j] * length(j);
      if (std::abs(i - j) > 1) leave_out(j);
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

// A query's share in its word's weights on words; the last column takes what is on pieces of no word.
INLINE void merge(const Head& h, const int* slot, const float* p, float share, float* plain,
                  float* by_norm) {
  if (h.length) {
    for (int j = 0; j < h.n_keys; j++) {
      const float x = p[j] * share;
      plain[slot[j]] += x;
      by_norm[slot[j]] += x * h.length[j];
    }
  } else {
    for (int j = 0; j < h.n_keys; j++) plain[slot[j]] += p[j] * share;
  }
}

// The largest weight above 0 of each row, and of each column; −1 where there is none.
INLINE void point(const Head& h, Room& room, const std::vector<float>& words, int16_t* rows,
                  int16_t* columns) {
  const int n = h.n_key_words, stride = n + 1;
  float* __restrict best = room.best.data();
  int* __restrict from = room.from.data();
  std::fill(best, best + n, 0.0f);
  std::fill(from, from + n, -1);
  for (int a = 0; a < h.n_query_words; a++) {
    const float* __restrict w = words.data() + static_cast<size_t>(a) * stride;
    const float high = highest(w, n);
    rows[a] = high > 0 ? first_of(w, n, high) : -1;
    if (columns) {
#pragma omp simd
      for (int b = 0; b < n; b++) {
        from[b] = w[b] > best[b] ? a : from[b];
        best[b] = w[b] > best[b] ? w[b] : best[b];
      }
    }
  }
  for (int b = 0; columns && b < n; b++) columns[b] = static_cast<int16_t>(from[b]);
}

// Weights of both directions together, a few rows and columns at a time: columns are far apart.
INLINE void fold(const float* __restrict words, int n, float* __restrict weight) {
  constexpr int SIDE = 32;
  for (int a0 = 0; a0 < n; a0 += SIDE)
    for (int b0 = 0; b0 < n; b0 += SIDE)
      for (int a = a0; a < std::min(n, a0 + SIDE); a++)
        for (int b = b0; b < std::min(n, b0 + SIDE); b++)
          weight[a * n + b] = words[a * (n + 1) + b] + words[b * (n + 1) + a];
}

// Of the words that a tree joins, the one that each attends to most; and the tree itself, by Prim's
// algorithm from the first of them. Parents follow from the order in which words enter: of those that
// entered before, the one of the largest weight, the first of equals.
INLINE void span(const Head& h, Room& room) {
  const int n = h.n_key_words, stride = n + 1;
  const float* words = room.words.data();
  float* weight = room.tree_weights.data();
  float *__restrict node = room.node.data(), *__restrict some = room.some.data();
  float *__restrict near = room.near.data(), *__restrict entered = room.entered.data();
  fold(words, n, weight);
  for (int b = 0; b < n; b++) {
    node[b] = h.node[b] ? 1.0f : 0.0f;
    near[b] = h.node[b] ? 0.0f : GONE;
    entered[b] = 0.0f;
    h.tree[b] = h.tree_max[b] = NOT_A_NODE;
  }
  // The largest of w where `there` is 1; where it stands, or −1 where nothing is above 0.
  const auto most = [&](const float* __restrict w, const float* __restrict there) {
#pragma omp simd
    for (int b = 0; b < n; b++) some[b] = w[b] * there[b];
    const float high = highest(some, n);
    return high > 0 ? first_of(some, n, high) : -1;
  };
  for (int a = 0; a < n; a++)
    if (h.node[a]) h.tree_max[a] = static_cast<int16_t>(most(words + a * stride, node));
  for (;;) {
    const float high = highest(near, n);
    if (high < 0) break;
    const int next = first_of(near, n, high);
    const float* __restrict w = weight + next * n;
    h.tree[next] = static_cast<int16_t>(most(w, entered));
    entered[next] = 1.0f;
    near[next] = GONE;
#pragma omp simd
    for (int b = 0; b < n; b++) near[b] = near[b] >= 0 && w[b] > near[b] ? w[b] : near[b];
  }
}

// 1 over the number of positions of each word; and where a key's weights are added up.
void prepare(const Head& h, Room& room) {
  const auto shares = [&](const int64_t* word, std::vector<float>& share) {
    share.assign(h.n_query_words, 0.0f);
    for (int i = 0; i < h.n_queries; i++)
      if (word[i] >= 0) share[word[i]] += 1.0f;
    for (float& s : share) s = s > 0 ? 1.0f / s : 0.0f;
  };
  shares(h.query_word, room.share);
  if (h.predicts) shares(h.predicts, room.share_said);
  room.slot.resize(h.n_keys);
  room.next_piece.assign(h.n_keys, -1);
  room.first_piece.assign(h.n_key_words, -1);
  for (int j = h.n_keys; j-- > 0;) {
    const int w = static_cast<int>(h.key_word[j]);
    room.slot[j] = w < 0 ? h.n_key_words : w;
    if (w < 0) continue;
    room.next_piece[j] = room.first_piece[w];
    room.first_piece[w] = j;
  }
  const size_t n_words = static_cast<size_t>(h.n_query_words) * (h.n_key_words + 1);
  room.words.assign(n_words, 0.0f);
  room.words_norm.assign(h.length ? n_words : 0, 0.0f);
  room.said.assign(h.predicts ? n_words : 0, 0.0f);
  room.said_norm.assign(h.predicts && h.length ? n_words : 0, 0.0f);
  room.length_unclassed.assign(h.n_keys, 0.0f);
  for (int j = 0; h.length && j < h.n_keys; j++) room.length_unclassed[j] = h.length[j] * h.unclassed[j];
  room.bins.assign(N_BINS, 0.0);
  room.sums.assign(N_SUMS, 0.0);
  room.best.resize(h.n_key_words);
  room.from.resize(h.n_key_words);
  if (h.trees) {
    room.tree_weights.resize(static_cast<size_t>(h.n_key_words) * h.n_key_words);
    for (auto* of_words : {&room.node, &room.near, &room.entered, &room.some})
      of_words->resize(h.n_key_words);
  }
}

FOR_EACH_MACHINE
void digest_rows(const Head& h, Room& room, float* scores) {
  const int stride = h.n_key_words + 1;
  for (int i = 0; i < h.n_queries; i++) {
    float* p = scores + static_cast<int64_t>(i) * h.longest_key;
    finish_scores(h, i, p);
    soften(h, i, p);
    float other, norm_other;
    gather(h, i, p, room.length_unclassed.data(), &other, &norm_other);
    if (h.is_self) {
      spread(i, h.n_keys, p, room.bins.data(), room.sums.data());
      pair_up(h, room, i, p, other, norm_other, room.sums.data());
      if (h.segment) by_segment(h, i, p, room.sums.data());
    }
    if (const int64_t w = h.query_word[i]; w >= 0)
      merge(h, room.slot.data(), p, room.share[w], room.words.data() + w * stride,
            room.words_norm.data() + (h.length ? w * stride : 0));
    if (const int64_t w = h.predicts ? h.predicts[i] : -1; w >= 0)
      merge(h, room.slot.data(), p, room.share_said[w], room.said.data() + w * stride,
            room.said_norm.data() + (h.length ? w * stride : 0));
  }
}

FOR_EACH_MACHINE
void digest_words(const Head& h, Room& room) {
  if (h.is_self) {  // no word points at itself
    for (int w = 0; w < h.n_key_words; w++) room.words[static_cast<size_t>(w) * (h.n_key_words + 2)] = 0;
    for (size_t w = 0; w < room.words_norm.size(); w += h.n_key_words + 2) room.words_norm[w] = 0;
  }
  point(h, room, room.words, h.attends_to, h.attended_by);
  if (h.length) point(h, room, room.words_norm, h.attends_to_norm, h.attended_by_norm);
  if (h.predicts) point(h, room, room.said, h.predicted, nullptr);
  if (h.predicts && h.length) point(h, room, room.said_norm, h.predicted_norm, nullptr);
  if (h.trees) span(h, room);
}

// `scores` become weights; those of padding are 0.
void digest_head(const Head& h, Room& room, float* scores) {
  prepare(h, room);
  digest_rows(h, room, scores);
  digest_words(h, room);
  for (int k = 0; k < N_BINS; k++) h.bins[k] = static_cast<float>(room.bins[k]);
  for (int k = 0; k < N_SUMS; k++) h.sums[k] = static_cast<float>(room.sums[k]);
  for (int i = 0; i < h.longest_query; i++) {
    float* p = scores + static_cast<int64_t>(i) * h.longest_key;
    std::fill(i < h.n_queries ? p + h.n_keys : p, p + h.longest_key, 0.0f);
  }
}

template <typename T>
const T* row(const optional<Tensor>& t, int64_t s) {
  return t ? t->const_data_ptr<T>() + (t->size(0) == 1 ? 0 : s) * t->stride(0) : nullptr;
}

template <typename T>
T* row(Tensor& t, int64_t s, int64_t k) {
  return t.numel() ? t.mutable_data_ptr<T>() + s * t.stride(0) + k * t.stride(1) : nullptr;
}

// Tables are contiguous: native.py sees to it.
std::vector<Tensor> digest(
    const Tensor& query, const Tensor& key, const Tensor& value, double scaling,
    const optional<Tensor>& bias, double softcap, const optional<Tensor>& sinks,
    const optional<Tensor>& visible, const Tensor& n_queries, const Tensor& n_keys,
    const Tensor& query_word, const Tensor& key_word, const Tensor& n_query_words,
    const Tensor& n_key_words, const optional<Tensor>& predicts, const optional<Tensor>& segment,
    const Tensor& content, const Tensor& unclassed, const Tensor& few,
    const optional<Tensor>& length, const optional<Tensor>& nodes, bool is_self) {
  const int64_t S = query.size(0), H = query.size(1), Q = query.size(2), K = key.size(2);
  const int64_t F = few.size(1), C = value.size(3);
  const int64_t W = S ? n_query_words.max().item<int64_t>() : 0;
  const int64_t V = S ? n_key_words.max().item<int64_t>() : 0;
  const auto real = query.options();
  const auto words = real.dtype(at::kShort);
  const auto of_heads = [&](const Tensor& t) {
    return (t.size(1) == H ? t : t.repeat_interleave(H / t.size(1), 1)).flatten(0, 1);
  };
  const Tensor queries = query.mul(scaling).flatten(0, 1);
  const Tensor keys = of_heads(key).transpose(1, 2), values = of_heads(value);
  Tensor output = at::empty({S * H, Q, C}, real), received = at::zeros({S, H, K}, real);
  Tensor entropy = at::zeros({S, H, Q}, real), largest = at::zeros({S, H, Q}, real);
  Tensor high = at::zeros({S, H, Q}, real), where = at::zeros({S, H, Q}, real.dtype(at::kLong));
  Tensor columns = at::zeros({S, H, F, Q}, real);
  Tensor itself = at::zeros({S, H, is_self ? Q : 0}, real);
  Tensor bins = at::zeros({S, H, N_BINS}, real), sums = at::zeros({S, H, N_SUMS}, real);
  const auto pointers = [&](bool there, int64_t n, int none) {
    return at::full({S, H, there ? n : 0}, none, words);
  };
  const bool trees = nodes.has_value();
  Tensor to = pointers(true, W, -1), by = pointers(true, V, -1);
  Tensor to_norm = pointers(length.has_value(), W, -1), by_norm = pointers(length.has_value(), V, -1);
  Tensor tree = pointers(trees, V, NOT_A_NODE), tree_max = pointers(trees, V, NOT_A_NODE);
  Tensor said = pointers(predicts.has_value(), W, -1);
  Tensor said_norm = pointers(predicts.has_value() && length.has_value(), W, -1);
  const auto number = [](const Tensor& t, int64_t s) {
    return static_cast<int>(t.const_data_ptr<int64_t>()[s]);
  };
  const int64_t threads = at::get_num_threads();
  const int64_t some = std::max<int64_t>(AT_ONCE / std::max<int64_t>(Q * K, 1) / threads, 1) * threads;
  for (int64_t start = 0; start < S * H; start += some) {
    const int64_t n = std::min(some, S * H - start);
    Tensor scores = at::bmm(queries.narrow(0, start, n), keys.narrow(0, start, n));
    float* of_some = scores.mutable_data_ptr<float>();
    at::parallel_for(start, start + n, 1, [&](int64_t begin, int64_t end) {
      Room room;
      for (int64_t at = begin; at < end; at++) {
        const int64_t s = at / H, k = at % H;
        Head h{};
        h.n_queries = number(n_queries, s), h.n_keys = number(n_keys, s);
        h.longest_query = Q, h.longest_key = K;
        h.softcap = softcap;
        h.bias = row<float>(bias, s);
        if (h.bias) h.bias += k * bias->stride(1);
        h.visible = row<bool>(visible, s);
        h.sink = sinks ? sinks->const_data_ptr<float>() + k : nullptr;
        h.is_self = is_self, h.trees = trees;
        h.n_query_words = number(n_query_words, s), h.n_key_words = number(n_key_words, s);
        h.query_word = query_word.const_data_ptr<int64_t>() + s * Q;
        h.key_word = key_word.const_data_ptr<int64_t>() + s * K;
        h.predicts = row<int64_t>(predicts, s), h.segment = row<int64_t>(segment, s);
        h.content = content.const_data_ptr<float>() + s * K;
        h.unclassed = unclassed.const_data_ptr<float>() + s * K;
        h.length = length ? length->const_data_ptr<float>() + (s * H + k) * K : nullptr;
        h.few = few.const_data_ptr<int64_t>() + s * F, h.n_few = F;
        h.node = row<bool>(nodes, s);
        h.received = row<float>(received, s, k), h.entropy = row<float>(entropy, s, k);
        h.largest = row<float>(largest, s, k), h.highest_content = row<float>(high, s, k);
        h.where = row<int64_t>(where, s, k);
        h.columns = row<float>(columns, s, k);
        h.itself = row<float>(itself, s, k);
        h.bins = row<float>(bins, s, k), h.sums = row<float>(sums, s, k);
        h.attends_to = row<int16_t>(to, s, k), h.attended_by = row<int16_t>(by, s, k);
        h.attends_to_norm = row<int16_t>(to_norm, s, k);
        h.attended_by_norm = row<int16_t>(by_norm, s, k);
        h.tree = row<int16_t>(tree, s, k), h.tree_max = row<int16_t>(tree_max, s, k);
        h.predicted = row<int16_t>(said, s, k), h.predicted_norm = row<int16_t>(said_norm, s, k);
        digest_head(h, room, of_some + (at - start) * Q * K);
      }
    });
    Tensor of_output = output.narrow(0, start, n);
    at::bmm_out(of_output, scores, values.narrow(0, start, n));
  }
  return {output.view({S, H, Q, C}), received, entropy, largest, where, high, columns, itself, bins, sums,
          to, by, to_norm, by_norm, tree, tree_max, said, said_norm};
}

}  // namespace

TORCH_LIBRARY(headcensus, m) {
  m.def(
      "digest(Tensor query, Tensor key, Tensor value, float scaling, Tensor? bias, float softcap,"
      " Tensor? sinks, Tensor? visible, Tensor n_queries, Tensor n_keys, Tensor query_word,"
      " Tensor key_word, Tensor n_query_words, Tensor n_key_words, Tensor? predicts,"
      " Tensor? segment, Tensor content, Tensor unclassed, Tensor few, Tensor? length,"
      " Tensor? nodes, bool is_self) -> Tensor[]");
}

TORCH_LIBRARY_IMPL(headcensus, CPU, m) { m.impl("digest", &digest); }
