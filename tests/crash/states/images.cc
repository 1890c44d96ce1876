#include "images.h"

#include <algorithm>
#include <sstream>

namespace states {
namespace {

constexpr const char *kinds[] = {"0x", "prefix:", "without:", "only:", "words:", "lines:"};

u64 combinations(const std::vector<Choice> &choices, u64 limit) {
  u64 product = 1;
  for (const Choice &c : choices) {
    product *= c.options;
    if (product > limit) return limit + 1;
  }
  return product;
}

// All of [0, count), or samples of them, the first and the last among them.
void add_some(ImageName::Kind kind, u64 count, const Effort &effort, std::vector<ImageName> *out) {
  const bool all = count <= effort.samples;
  for (u64 i = 0; i < std::min(count, effort.samples); ++i) {
    const u64 sample = i == 0 ? 0 : i == 1 ? count - 1 : mix(mix(effort.seed, kind), i) % count;
    out->push_back({kind, all ? i : sample});
  }
}

// With what chance something is done: differs from sample to sample, so that few and many come up.
bool done(u64 random, u64 sample) { return random % 8 < 1 + sample % 7; }

void sample(const std::vector<Choice> &choices, const ImageName &name, u64 seed, std::vector<u32> *out) {
  const u64 salt = mix(mix(seed, name.kind), name.index);
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Choice &c = choices[i];
    const bool by_line = name.kind == ImageName::lines && c.kind == Choice::word;
    const u64 unit = by_line ? mix(c.file, c.offset / 64) : i;
    const u64 random = mix(salt, unit);
    (*out)[i] = !done(random >> 32, name.index) ? 0
                : by_line                       ? c.options - 1
                                                : 1 + static_cast<u32>(random) % (c.options - 1);
  }
}

}  // namespace

std::string to_string(const ImageName &name) {
  if (name.kind != ImageName::number) return kinds[name.kind] + std::to_string(name.index);
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(name.index));
  return text;
}

bool parse(const std::string &text, ImageName *out) {
  for (int kind = 0; kind < 6; ++kind) {
    const std::string start = kinds[kind];
    if (!text.starts_with(start) || text.size() == start.size()) continue;
    char *end = nullptr;
    *out = {static_cast<ImageName::Kind>(kind),
            std::strtoull(text.c_str() + start.size(), &end, kind == 0 ? 16 : 10)};
    return *end == 0;
  }
  return false;
}

std::vector<ImageName> images_of(const std::vector<Choice> &choices, const Effort &effort, bool *exhaustive) {
  std::vector<ImageName> all;
  const u64 count = combinations(choices, effort.exhaustive_max);
  *exhaustive = count <= effort.exhaustive_max;
  if (*exhaustive) {
    for (u64 i = 0; i < count; ++i) all.push_back({ImageName::number, i});
    return all;
  }
  add_some(ImageName::prefix, choices.size() + 1, effort, &all);
  add_some(ImageName::without, choices.size(), effort, &all);
  add_some(ImageName::only, choices.size(), effort, &all);
  for (u64 i = 0; i < effort.samples; ++i) all.push_back({ImageName::words, i});
  for (u64 i = 0; i < effort.samples; ++i) all.push_back({ImageName::lines, i});
  return all;
}

void options_of(const std::vector<Choice> &choices, const ImageName &name, u64 seed, std::vector<u32> *out) {
  out->assign(choices.size(), 0);
  u64 rest = name.index;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const u32 last = choices[i].options - 1;
    switch (name.kind) {
      case ImageName::number:
        (*out)[i] = static_cast<u32>(rest % choices[i].options);
        rest /= choices[i].options;
        break;
      case ImageName::prefix:
        (*out)[i] = i < name.index ? last : 0;
        break;
      case ImageName::without:
        (*out)[i] = i != name.index ? last : 0;
        break;
      case ImageName::only:
        (*out)[i] = i == name.index ? last : 0;
        break;
      default:
        return sample(choices, name, seed, out);
    }
  }
}

std::string to_string(const ImagePath &path) {
  std::string text;
  for (const ImageStep &step : path)
    text += (&step == path.data() ? "" : "/" + std::to_string(step.point) + "=") + to_string(step.image);
  return text;
}

bool parse(const std::string &text, ImagePath *out) {
  out->clear();
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, '/');) {
    ImageStep step{0, {}};
    const std::size_t equals = part.find('=');
    if ((equals == part.npos) != out->empty()) return false;
    if (equals != part.npos) step.point = std::strtoull(part.c_str(), nullptr, 10);
    if (!parse(equals == part.npos ? part : part.substr(equals + 1), &step.image)) return false;
    out->push_back(step);
  }
  return !out->empty();
}

}  // namespace states
