// How alike heads are.

#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "lanes.h"

namespace {

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
at::Tensor js_divergences(const at::Tensor& flat) {
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
  at::Tensor found = at::zeros({H, H}, flat.options());
  float* out = found.mutable_data_ptr<float>();
  for (int64_t a = 0; a < H; a++)
    for (int64_t b = a + 1; b < H; b++) {
      const double apart = entropy[a * H + b] - 0.5 * (entropy[a * H + a] + entropy[b * H + b]);
      out[a * H + b] = out[b * H + a] = static_cast<float>(std::max(0.0, apart));
    }
  return found;
}

}  // namespace
