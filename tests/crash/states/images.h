// Which of the possible crash images are explored, each with a short name that brings it back:
//
//   0x1f        of all combinations, number 0x1f: the choices' options as digits, the first choice lowest
//   prefix:7    the first 7 choices are done, in the order in which they were made; the rest is not
//   without:3   all but choice 3
//   only:3      nothing but choice 3
//   words:12    sample 12, each word by itself
//   lines:12    sample 12, each line of 64 bytes whole or not at all
//
// All combinations if there are few enough, else the others.
#pragma once
#include "crash_model.h"

namespace states {

struct ImageName {
  enum Kind { number, prefix, without, only, words, lines } kind;
  u64 index;
  bool operator==(const ImageName &) const = default;
};

std::string to_string(const ImageName &name);
// false: not the name of an image.
bool parse(const std::string &text, ImageName *out);

struct Effort {
  u64 exhaustive_max = 1 << 16;  // as many combinations are all explored
  u64 samples = 400;             // of each kind otherwise
  u64 seed = 1;
};

// *exhaustive: they are all there are.
std::vector<ImageName> images_of(const std::vector<Choice> &choices, const Effort &effort, bool *exhaustive);
void options_of(const std::vector<Choice> &choices, const ImageName &name, u64 seed, std::vector<u32> *out);

// From outside in: an image of the trace's point; then of a point of its recovery, and so on.
struct ImageStep {
  u64 point;
  ImageName image;
};
using ImagePath = std::vector<ImageStep>;
std::string to_string(const ImagePath &path);  // "0x1f", "0x1f/2=0x3"; the first point goes without saying
bool parse(const std::string &text, ImagePath *out);

}  // namespace states
