#include "harness/stats.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

double quantile(const std::vector<double> &sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

}  // namespace

Summary summarise(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

double geometric_mean(const std::vector<double> &values) {
  double sum = 0;
  for (const double v : values) sum += std::log(v);
  return std::exp(sum / static_cast<double>(values.size()));
}

std::vector<double> paired_ratios(const std::vector<double> &a, const std::vector<double> &b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) ratios.push_back(a[i] / b[i]);
  return ratios;
}

std::vector<std::vector<double>> means_of_programs(
    const std::vector<std::vector<std::vector<double>>> &by_program) {
  const std::size_t systems = by_program.front().size(), rounds = by_program.front().front().size();
  std::vector<std::vector<double>> means(systems);
  for (std::size_t system = 0; system < systems; ++system)
    for (std::size_t round = 0; round < rounds; ++round) {
      std::vector<double> ratios;
      for (const auto &times : by_program) ratios.push_back(times[system][round] / times[0][round]);
      means[system].push_back(geometric_mean(ratios));
    }
  return means;
}

Verdict at_least(const Summary &figure, double aim) {
  if (figure.low >= aim) return Verdict::met;
  return figure.high < aim ? Verdict::missed : Verdict::inconclusive;
}

Verdict at_most(const Summary &figure, double aim) {
  if (figure.high <= aim) return Verdict::met;
  return figure.low > aim ? Verdict::missed : Verdict::inconclusive;
}

const char *words(Verdict verdict) {
  switch (verdict) {
    case Verdict::met:
      return "met";
    case Verdict::missed:
      return "missed";
    case Verdict::inconclusive:
      break;
  }
  return "spread too wide to conclude";
}

std::string with_spread(const Summary &s, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f ±%.0f%%", decimals, s.median, 50 * s.spread());
  return text;
}

}  // namespace bench
