#include "harness/bar_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "harness/fail.h"

namespace bench {
namespace {

constexpr int kLeft = 60, kBar = 34, kGap = 28, kPanelHeight = 180, kPanelPitch = 260, kTop = 70;
const char *const kColours[] = {"#bbbbbb", "#6699cc", "#004488", "#ee9933", "#bb5566"};

// Whole powers of ten around all values.
struct Scale {
  double low, high;  // exponents
  int height(double value) const {
    return static_cast<int>(kPanelHeight * (std::log10(value) - low) / (high - low));
  }
};

}  // namespace

void BarChart::write(const std::string &path) const {
  const std::unique_ptr<FILE, int (*)(FILE *)> file(std::fopen(path.c_str(), "w"), std::fclose);
  if (file == nullptr) fail(path + ": cannot be written");
  FILE *const f = file.get();
  const int group_width = kBar * static_cast<int>(series_.size()) + kGap;
  const int width = kLeft + group_width * static_cast<int>(panels_.front().groups.size()) + kGap;
  const int total = kTop + kPanelPitch * static_cast<int>(panels_.size());
  std::fprintf(f,
               "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' "
               "font-size='12'>\n<rect width='100%%' height='100%%' fill='white'/>\n"
               "<text x='%d' y='20' font-size='15'>%s</text>\n",
               width, total, kLeft, title_.c_str());
  for (std::size_t s = 0; s < series_.size(); ++s) {
    const int x = kLeft + 150 * static_cast<int>(s);
    std::fprintf(f, "<rect x='%d' y='32' width='12' height='12' fill='%s'/><text x='%d' y='42'>%s</text>\n",
                 x, kColours[s % 5], x + 17, series_[s].c_str());
  }
  int bottom = kTop + 30 + kPanelHeight;
  for (const Panel &panel : panels_) {
    Scale scale{1e9, -1e9};
    for (const Group &group : panel.groups)
      for (const double value : group.values) {
        scale.low = std::min(scale.low, std::floor(std::log10(value)));
        scale.high = std::max(scale.high, std::ceil(std::log10(value)));
      }
    std::fprintf(f, "<text x='%d' y='%d' font-weight='bold'>%s</text>\n", kLeft, bottom - kPanelHeight - 14,
                 panel.title.c_str());
    for (int e = static_cast<int>(scale.low); e <= static_cast<int>(scale.high); ++e) {
      const int y = bottom - scale.height(std::pow(10, e));
      std::fprintf(f,
                   "<line x1='%d' x2='%d' y1='%d' y2='%d' stroke='#dddddd'/>"
                   "<text x='%d' y='%d' text-anchor='end'>%g</text>\n",
                   kLeft, width - kGap, y, y, kLeft - 6, y + 4, std::pow(10, e));
    }
    int x = kLeft + kGap / 2;
    for (const Group &group : panel.groups) {
      for (std::size_t s = 0; s < group.values.size(); ++s, x += kBar) {
        const int height = scale.height(group.values[s]);
        std::fprintf(f,
                     "<rect x='%d' y='%d' width='%d' height='%d' fill='%s'/>"
                     "<text x='%d' y='%d' text-anchor='middle' font-size='10'>%.3g</text>\n",
                     x, bottom - height, kBar - 4, height, kColours[s % 5], x + kBar / 2 - 2,
                     bottom - height - 3, group.values[s]);
      }
      std::fprintf(f, "<text x='%d' y='%d' text-anchor='middle'>%s per commit</text>\n",
                   x - kBar * static_cast<int>(group.values.size()) / 2, bottom + 18, group.label.c_str());
      x += kGap;
    }
    bottom += kPanelPitch;
  }
  std::fprintf(f, "</svg>\n");
}

}  // namespace bench
