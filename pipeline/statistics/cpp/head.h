// What is known of one head, and where its numbers go.

#pragma once

#include "lanes.h"

namespace {

constexpr float HIDDEN = -1e30f;  // the score of a key that may not be seen; finite, so that 0 times it is 0
constexpr int HALF_WIDTH = 8, N_BINS = 2 * HALF_WIDTH + 3;  // as in core/layout.py
constexpr int NOT_A_NODE = -3;  // as in statistics/trees.py; there −1 is a word without a parent
constexpr float GONE = -1.0f;   // how near a word is that has entered its tree, or never will

// Sums of a head, named in named.py; behind them come those by class.
enum Sum {
  ROW_SUM, ITSELF, BEFORE, BEHIND, SAME_WORD, OTHER, CLS_TO_CLS, SEP_TO_SEP, SEGMENT_OWN, SEGMENT_BOTH,
  ALPHA, ENTROPY = ALPHA + 4, ENTROPY_NORMALISED, CONFIDENCE, CONFIDENCE_CONTENT, DISTANCE, DISPLACEMENT,
  NORM_ROW_SUM, NORM_ITSELF, NORM_BEFORE, NORM_BEHIND, NORM_SAME_WORD, NORM_OTHER, VALUE_NORM, SPEARMAN, N_SUMS
};
enum ByClass { RECEIVED, AT_ITSELF, NORM, LENGTH, N_BY_CLASS };
constexpr int N_CLASSES = 7;  // as in core/names.py

// One sentence at one head. Pointers that may be null say that the call has no such thing.
struct Head {
  int n_queries, n_keys, longest_query, longest_key;  // the last two with padding
  int n_outputs;              // rows of output: with those of padding, where it has any
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

}  // namespace
