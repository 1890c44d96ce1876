// The operations of the Yahoo! Cloud Serving Benchmark: Cooper, Silberstein, Tam, Ramakrishnan and Sears,
// "Benchmarking cloud serving systems with YCSB", SoCC 2010, with the letters of its core workloads, and one
// of writes alone:
//   A  50 % reads, 50 % updates       B  95 % reads, 5 % updates       C  reads
//   D  95 % reads of the latest records, 5 % inserts                   E  95 % short scans, 5 % inserts
//   F  50 % reads, 50 % read-modify-writes                             G  updates
// Which record: a Zipfian distribution, theta 0.99, scrambled, such that the popular ones lie anywhere; D:
// the same distribution counted back from the newest. Scans take 1 to 100 records, uniformly.
//
// As in YCSB but for two things: records are numbered in the order of insertion (YCSB's insertorder=ordered),
// so that "the next records" are the same in a store with and without an order of keys; and what E inserts is
// not chosen before the next letter.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "harness/random.h"

namespace bench {

constexpr double kTheta = 0.99;

inline double uniform(Random &random) { return static_cast<double>(random.next() >> 11) * 0x1p-53; }

// The sum of i^-theta for i from `from` to `to`: term by term, and what is beyond some thousands of terms by
// the formula of Euler and Maclaurin, of which the first term left out is below 1e-15.
inline double zeta(std::uint64_t from, std::uint64_t to, double theta) {
  double sum = 0;
  std::uint64_t i = from;
  for (; i <= to && i < from + 1000; ++i) sum += std::pow(static_cast<double>(i), -theta);
  if (i > to) return sum;
  const double a = static_cast<double>(i), b = static_cast<double>(to);
  sum += (std::pow(b, 1 - theta) - std::pow(a, 1 - theta)) / (1 - theta);
  sum += (std::pow(a, -theta) + std::pow(b, -theta)) / 2;
  return sum + theta / 12 * (std::pow(a, -theta - 1) - std::pow(b, -theta - 1));
}

// Numbers from 0 on, i with a probability proportional to (i + 1)^-theta: the algorithm of Gray, Sundaresan,
// Englert, Baclawski and Weinberger, "Quickly generating billion-record synthetic databases", SIGMOD 1994,
// which is exact for 0 and 1 and close for the others.
class Zipfian {
 public:
  explicit Zipfian(std::uint64_t items, double theta = kTheta)
      : theta_(theta), zeta2_(zeta(1, 2, theta)), zeta_(0), items_(0) {
    grow(items);
  }
  void grow(std::uint64_t items) {
    zeta_ += zeta(items_ + 1, items, theta_);
    items_ = items;
    eta_ = (1 - std::pow(2 / static_cast<double>(items), 1 - theta_)) / (1 - zeta2_ / zeta_);
  }
  std::uint64_t next(Random &random) const {
    const double u = uniform(random), weight = u * zeta_;
    if (weight < 1) return 0;
    if (weight < zeta2_) return 1;
    const double items = static_cast<double>(items_);
    return static_cast<std::uint64_t>(items * std::pow(eta_ * u - eta_ + 1, 1 / (1 - theta_)));
  }
  double total() const { return zeta_; }

 private:
  double theta_, zeta2_, zeta_, eta_ = 0;
  std::uint64_t items_;
};

// FNV-1a over the bytes of a number: YCSB's scrambling, without its sign bit.
inline std::uint64_t scramble(std::uint64_t number) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (int byte = 0; byte < 8; ++byte, number >>= 8) hash = (hash ^ (number & 0xff)) * 0x100000001b3;
  return hash & ~(std::uint64_t{1} << 63);
}

enum class Kind : std::uint8_t { read, update, insert, scan, read_modify_write };

struct Operation {
  std::uint64_t key;
  std::uint32_t length;  // of a scan
  Kind kind;
};

class Ycsb {
 public:
  Ycsb(std::uint64_t records, std::uint64_t seed)
      : random_(seed), popular_(kPopulation), latest_(records), chosen_from_(records), records_(records) {}

  static constexpr const char *kLetters = "ABCDEFG";
  void use(char letter) {
    mix_ = &mix(letter);
    chosen_from_ = records_;
    latest_.grow(records_);
  }
  std::uint64_t records() const { return records_; }

  Operation next() {
    const Kind kind = uniform(random_) < mix_->share ? mix_->kind : mix_->other;
    if (kind == Kind::insert) return insert();
    const std::uint64_t key =
        mix_->latest ? records_ - 1 - latest_.next(random_) : scramble(popular_.next(random_)) % chosen_from_;
    return {key, kind == Kind::scan ? scan_length(key) : 1, kind};
  }

 private:
  // YCSB draws from 10^10 items whatever the number of records, and takes the remainder.
  static constexpr std::uint64_t kPopulation = 10'000'000'000;
  struct Mix {
    double share;  // of kind; the rest is other
    Kind kind, other;
    bool latest;
  };
  static const Mix &mix(char letter) {
    static constexpr std::array<Mix, 7> all = {{{0.5, Kind::read, Kind::update, false},
                                                {0.95, Kind::read, Kind::update, false},
                                                {1, Kind::read, Kind::read, false},
                                                {0.95, Kind::read, Kind::insert, true},
                                                {0.95, Kind::scan, Kind::insert, false},
                                                {0.5, Kind::read, Kind::read_modify_write, false},
                                                {1, Kind::update, Kind::update, false}}};
    return all.at(static_cast<std::size_t>(letter - 'A'));
  }

  Operation insert() {
    if (mix_->latest) latest_.grow(records_ + 1);
    return {records_++, 1, Kind::insert};
  }
  // Not beyond the last record.
  std::uint32_t scan_length(std::uint64_t key) {
    const std::uint64_t wanted = 1 + random_.next() % 100, left = records_ - key;
    return static_cast<std::uint32_t>(wanted < left ? wanted : left);
  }

  Random random_;
  Zipfian popular_, latest_;
  std::uint64_t chosen_from_, records_;
  const Mix *mix_ = &mix('C');
};

}  // namespace bench
