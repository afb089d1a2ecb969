// Numbers side by side in registers: what is done to many at once, whatever they mean.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
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

constexpr int LANE = 16;        // numbers of a wide register; rows of keys and of words are padded to it
constexpr int AT_ONCE = 6;      // queries whose weights are in the cache together
constexpr int SQUARE = 8;  // rows and columns that are turned around at once, in registers of 256 bits
typedef float Lane __attribute__((vector_size(LANE * sizeof(float))));
typedef float Short __attribute__((vector_size(SQUARE * sizeof(float))));

// e^x for x ≤ 0 to two units in the last place, and 0 where that is no normal number: Cody and Waite's
// reduction, a polynomial of degree 6.
INLINE float exponential(float x) {
  const bool is_none = x < -87.0f;
  x = is_none ? -87.0f : x;
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
  return is_none ? 0.0f : p * power;
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

INLINE float dot(const float* __restrict a, const float* __restrict b, int n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int k = 0; k < n; k++) sum += a[k] * b[k];
  return sum;
}

// `AT_ONCE` rows from the i-th, and how far apart they are. The last ones are copied: behind them there may be
// no memory.
INLINE std::pair<const float*, int64_t> rows_from(const float* x, int64_t stride, int i, int n_rows,
                                                  int n_columns, std::vector<float>& room) {
  if (i + AT_ONCE <= n_rows) return {x + i * stride, stride};
  for (int r = i; r < n_rows; r++) std::copy_n(x + r * stride, n_columns, room.data() + (r - i) * n_columns);
  return {room.data(), n_columns};
}

}  // namespace
