// A figure as SVG: panels below each other, each with groups of bars on a logarithmic scale.
#pragma once
#include <string>
#include <vector>

namespace bench {

class BarChart {
 public:
  BarChart(std::string title, std::vector<std::string> series)
      : title_(std::move(title)), series_(std::move(series)) {}
  void add_panel(const std::string &title) { panels_.push_back({title, {}}); }
  // To the last panel: one value for each series, all above 0.
  void add_group(const std::string &label, const std::vector<double> &values) {
    panels_.back().groups.push_back({label, values});
  }
  // Fails if the file cannot be written.
  void write(const std::string &path) const;

 private:
  struct Group {
    std::string label;
    std::vector<double> values;
  };
  struct Panel {
    std::string title;
    std::vector<Group> groups;
  };
  std::string title_;
  std::vector<std::string> series_;
  std::vector<Panel> panels_;
};

}  // namespace bench
