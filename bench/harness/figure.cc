#include "harness/figure.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "harness/fail.h"

namespace bench {
namespace {

// A field of RFC 4180.
std::string quoted(const std::string &field) {
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  std::string out = "\"";
  for (const char c : field) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

void append(const std::string &path, const std::vector<std::string> &lines, bool fresh = false) {
  std::ofstream file(path, fresh ? std::ios::trunc : std::ios::app);
  for (const std::string &line : lines) file << line << '\n';
  file.close();
  if (!file) fail(path + ": cannot be written");
}

std::string exact(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

// Three significant digits, as far as decimals give them.
std::string shown(const std::vector<double> &values) {
  const Summary s = summarise(values);
  return with_spread(s, s.median >= 100 ? 0 : s.median >= 10 ? 1 : 2);
}

std::size_t index_of(const std::vector<std::string> &names, const std::string &name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

Figure::Figure(const Options &options, Text text, std::vector<std::string> systems)
    : text_(std::move(text)), systems_(std::move(systems)) {
  std::printf("%s: %s, median of %u\n  %-14s", text_.title.c_str(), text_.unit.c_str(), options.rounds,
              text_.axis.c_str());
  for (const std::string &system : systems_)
    std::printf("%*s", static_cast<int>(std::max<std::size_t>(14, system.size() + 2)), system.c_str());
  std::printf("\n");
  if (options.results.empty()) return;
  runs_path_ = options.results + "/" + text_.name + ".csv";
  ratios_path_ = options.results + "/" + text_.name + ".ratios.csv";
  append(runs_path_, {"figure,title,axis,unit,x,system,round,value"}, true);
  append(ratios_path_, {"figure,x,over,under,relation,aim,published"}, true);
}

void Figure::row(const std::string &x, const Rounds &values, const std::vector<Ratio> &ratios) {
  std::printf("  %-14s", x.c_str());
  std::vector<std::string> lines;
  const std::string start = quoted(text_.name) + ',' + quoted(text_.title) + ',' + quoted(text_.axis) + ',' +
                            quoted(text_.unit) + ',' + quoted(x) + ',';
  for (std::size_t i = 0; i < systems_.size(); ++i) {
    // printf counts bytes, and ± has two.
    std::printf("%*s", static_cast<int>(std::max<std::size_t>(15, systems_[i].size() + 3)),
                shown(values.at(i)).c_str());
    for (std::size_t round = 0; round < values[i].size(); ++round)
      lines.push_back(start + quoted(systems_[i]) + ',' + std::to_string(round) + ',' +
                      exact(values[i][round]));
  }
  std::printf("\n");
  if (!runs_path_.empty()) append(runs_path_, lines);
  for (const Ratio &ratio : ratios) print_ratio(ratio, values, x);
  std::fflush(stdout);
}

void Figure::print_ratio(const Ratio &ratio, const Rounds &values, const std::string &x) {
  const std::size_t over = index_of(systems_, ratio.over), under = index_of(systems_, ratio.under);
  const bool absolute = ratio.under.empty();
  if (over == systems_.size() || (under == systems_.size() && !absolute)) return;
  const Summary s = summarise(absolute ? values[over] : paired_ratios(values[over], values[under]));
  if (absolute)
    std::printf("    %s: %s %s", ratio.over.c_str(), shown(values[over]).c_str(), text_.unit.c_str());
  else
    std::printf("    %s / %s: %s", ratio.over.c_str(), ratio.under.c_str(), with_spread(s, 2).c_str());
  const bool least = ratio.relation == Relation::at_least;
  const char *const relation = ratio.aim == 0 ? "" : least ? "at least" : "at most";
  if (ratio.aim != 0)
    std::printf(" (aim: %s %g: %s)", relation, ratio.aim,
                words(least ? at_least(s, ratio.aim) : at_most(s, ratio.aim)));
  if (ratio.published != 0) std::printf(" (published: %g)", ratio.published);
  std::printf("\n");
  if (ratios_path_.empty()) return;
  const auto or_empty = [](double value) { return value != 0 ? exact(value) : ""; };
  append(ratios_path_,
         {quoted(text_.name) + ',' + quoted(x) + ',' + quoted(ratio.over) + ',' + quoted(ratio.under) + ',' +
          relation + ',' + or_empty(ratio.aim) + ',' + or_empty(ratio.published)});
}

}  // namespace bench
