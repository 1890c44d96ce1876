// One figure: what was measured for each system along one axis, as a table on standard output and, with
// --results, as CSV for the report.
//
//   DIRECTORY/NAME.csv         figure,title,axis,unit,x,system,round,value    a line for each run
//   DIRECTORY/NAME.ratios.csv  figure,x,over,under,relation,aim,published     a line for each ratio of a row
//
// A ratio is over's value by under's, round by round; without under it is the value itself, for an aim in the
// figure's unit. relation is "at least" or "at most"; both it and aim are empty for a ratio that is only
// shown. published, or empty: what was published for a system like Snapshot, on other hardware. Not
// thread-safe.
#pragma once
#include <string>
#include <vector>

#include "harness/interleave.h"
#include "harness/options.h"
#include "harness/stats.h"

namespace bench {

enum class Relation { at_least, at_most };

struct Ratio {
  std::string over, under;  // systems; none is shown while one of them was not built. under "": the value
  Relation relation = Relation::at_least;
  double aim = 0;        // 0: only shown
  double published = 0;  // 0: none
};

class Figure {
 public:
  // name: of the files; title, axis and unit: for the reader.
  struct Text {
    std::string name, title, axis, unit;
  };

  // Prints the heading. Fails if options.results is a directory that cannot be written.
  Figure(const Options &options, Text text, std::vector<std::string> systems);

  // A row of the table: the systems' values at x, in the order of the constructor, and the ratios among them.
  // Written to the files before it returns, so that what was measured outlives a later failure.
  void row(const std::string &x, const Rounds &values, const std::vector<Ratio> &ratios = {});

 private:
  void print_ratio(const Ratio &ratio, const Rounds &values, const std::string &x);

  Text text_;
  std::vector<std::string> systems_;
  std::string runs_path_, ratios_path_;  // empty: no files
};

}  // namespace bench
