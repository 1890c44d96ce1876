// Medians and spread of repeated measurements.
#pragma once
#include <string>
#include <vector>

namespace bench {

struct Summary {
  double median = 0;
  double low = 0;   // first quartile
  double high = 0;  // third quartile

  // Half of the runs lie in an interval this wide, relative to the median.
  double spread() const { return median == 0 ? 0 : (high - low) / median; }
};

// Quartiles by linear interpolation. values must not be empty.
Summary summarise(std::vector<double> values);

double geometric_mean(const std::vector<double> &values);

// a[i] / b[i] for all i: the runs of one round were made one after the other, so what slowed both of them
// cancels out.
std::vector<double> paired_ratios(const std::vector<double> &a, const std::vector<double> &b);

// by_program[program][system][round] are times. Their geometric means over the programs, as multiples of the
// first system's, by system and round: so their spread is that of the whole.
std::vector<std::vector<double>> means_of_programs(
    const std::vector<std::vector<std::vector<double>>> &by_program);

// How a figure stands to an aim. One is only called met or missed when the whole interquartile range agrees.
enum class Verdict { met, missed, inconclusive };
Verdict at_least(const Summary &figure, double aim);
Verdict at_most(const Summary &figure, double aim);
const char *words(Verdict verdict);

// "78.1 ±4%": the median, and half the interquartile range relative to it.
std::string with_spread(const Summary &s, int decimals);

}  // namespace bench
