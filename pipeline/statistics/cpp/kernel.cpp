// Attention and its statistics in one pass: the weights of a few queries at a time stay in the cache, and all
// of them are never in memory. What is computed is what `reduce` (portable.py) computes.
//
// Floating point: sums may be reordered, and NaN has to stay NaN (a model that gives one must be found
// out), so that this is compiled without -ffinite-math-only.

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "divergences.h"
#include "head.h"
#include "lanes.h"
#include "measure.h"
#include "values.h"

namespace {

using at::Tensor;
using std::optional;

template <typename T>
const T* row(const optional<Tensor>& t, int64_t s) {
  return t ? t->const_data_ptr<T>() + (t->size(0) == 1 ? 0 : s) * t->stride(0) : nullptr;
}

template <typename T>
T* row(Tensor& t, int64_t s, int64_t k) {
  return t.numel() ? t.mutable_data_ptr<T>() + s * t.stride(0) + k * t.stride(1) : nullptr;
}

// Tables are contiguous, and so are the channels of queries, keys and values: native.py sees to it.
std::vector<Tensor> attend(
    const Tensor& query, const Tensor& key, const Tensor& value, double scaling,
    const optional<Tensor>& bias, double softcap, const optional<Tensor>& sinks,
    const optional<Tensor>& visible, const Tensor& n_queries, const Tensor& n_keys,
    const Tensor& query_word, const Tensor& key_word, const Tensor& n_query_words,
    const Tensor& n_key_words, const optional<Tensor>& predicts, const optional<Tensor>& segment,
    const Tensor& content, const Tensor& unclassed, const Tensor& few, const Tensor& members,
    const Tensor& classes, const Tensor& groups, const Tensor& per_choice, const Tensor& n_seeing,
    const optional<Tensor>& readout, const optional<Tensor>& nodes, bool is_self,
    const optional<Tensor>& packed_from) {
  TORCH_CHECK(classes.size(2) == N_CLASSES, "classes of keys are not those of the kernel");
  const int64_t S = query_word.size(0), H = query.size(1), Q = query_word.size(1), K = key_word.size(1);
  const int64_t F = few.size(1), C = value.size(3), G = members.size(2), E = readout ? readout->size(2) : 0;
  const int64_t W = S ? n_query_words.max().item<int64_t>() : 0;
  const int64_t V = S ? n_key_words.max().item<int64_t>() : 0;
  const auto real = query.options();
  const auto words = real.dtype(at::kShort);
  // Heads of a piece side by side, as the model goes on with them.
  Tensor output = at::empty({query.size(0), query.size(2), H, C}, real).transpose(1, 2);
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
  // Where a sentence begins in queries, keys, values or output: in a row of its own, or behind the others.
  const auto begin_of = [&](const Tensor& t, int64_t s) {
    return packed_from ? number(*packed_from, s) * t.stride(2) : s * t.stride(0);
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
      h.n_outputs = packed_from ? h.n_queries : h.longest_query;
      const auto [a, b] = std::pair(k * key.size(1) / H, k * value.size(1) / H);
      h.query = query.const_data_ptr<float>() + begin_of(query, s) + k * query.stride(1);
      h.key = key.const_data_ptr<float>() + begin_of(key, s) + a * key.stride(1);
      h.value = value.const_data_ptr<float>() + begin_of(value, s) + b * value.stride(1);
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
      h.output = output.mutable_data_ptr<float>() + begin_of(output, s) + k * output.stride(1);
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

}  // namespace

TORCH_LIBRARY(headcensus, m) {
  m.def("js_divergences(Tensor flat) -> Tensor");
  m.def("spearman(Tensor a, Tensor b, Tensor lengths) -> Tensor");
  m.def(
      "attend(Tensor query, Tensor key, Tensor value, float scaling, Tensor? bias, float softcap,"
      " Tensor? sinks, Tensor? visible, Tensor n_queries, Tensor n_keys, Tensor query_word,"
      " Tensor key_word, Tensor n_query_words, Tensor n_key_words, Tensor? predicts,"
      " Tensor? segment, Tensor content, Tensor unclassed, Tensor few, Tensor members, Tensor classes, Tensor groups,"
      " Tensor per_choice, Tensor n_seeing,"
      " Tensor? readout, Tensor? nodes, bool is_self, Tensor? packed_from) -> Tensor[]");
}

TORCH_LIBRARY_IMPL(headcensus, CPU, m) {
  m.impl("attend", &attend);
  m.impl("spearman", &spearman);
  m.impl("js_divergences", &js_divergences);
}
