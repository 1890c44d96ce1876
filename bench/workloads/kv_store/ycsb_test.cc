// The generator of ycsb.h against what its sources say: a few hundred thousand draws, all from fixed seeds.
#include "workloads/kv_store/ycsb.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <vector>

namespace bench {
namespace {

constexpr std::uint64_t kDraws = 200'000;

std::vector<Operation> draw(Ycsb &ycsb, char letter, std::uint64_t count) {
  ycsb.use(letter);
  std::vector<Operation> all;
  while (all.size() < count) all.push_back(ycsb.next());
  return all;
}

double share(const std::vector<Operation> &all, Kind kind) {
  const auto of_kind =
      std::count_if(all.begin(), all.end(), [&](const Operation &o) { return o.kind == kind; });
  return static_cast<double>(of_kind) / static_cast<double>(all.size());
}

}  // namespace

TEST_CASE("zeta is the sum, and for ten billion items the constant that YCSB has") {
  double sum = 0;
  for (int i = 1; i <= 50'000; ++i) sum += std::pow(i, -kTheta);
  CHECK(zeta(1, 50'000, kTheta) == Approx(sum).epsilon(1e-12));
  CHECK(zeta(1, 700, kTheta) + zeta(701, 50'000, kTheta) == Approx(sum).epsilon(1e-12));
  CHECK(zeta(1, 10'000'000'000, kTheta) == Approx(26.46902820178302).epsilon(1e-9));
}

TEST_CASE("a Zipfian draw has the probabilities of its definition") {
  constexpr std::uint64_t items = 1000;
  Random random(1);
  const Zipfian zipfian(items);
  std::vector<double> drawn(items);
  for (std::uint64_t i = 0; i < kDraws; ++i) drawn.at(zipfian.next(random)) += 1.0 / kDraws;
  const auto probability = [&](std::uint64_t from, std::uint64_t to) {
    return zeta(from + 1, to + 1, kTheta) / zipfian.total();
  };
  // Exact for the first two; the others as far as the approximation goes, by decades.
  CHECK(drawn[0] == Approx(probability(0, 0)).epsilon(0.02));
  CHECK(drawn[1] == Approx(probability(1, 1)).epsilon(0.03));
  for (const auto &[from, to] : {std::pair<std::uint64_t, std::uint64_t>{2, 9}, {10, 99}, {100, 999}}) {
    double sum = 0;
    for (std::uint64_t i = from; i <= to; ++i) sum += drawn[i];
    INFO(from << " to " << to);
    CHECK(sum == Approx(probability(from, to)).epsilon(0.1));
  }
}

TEST_CASE("a distribution that grows is that of its new size") {
  Zipfian grown(10);
  for (const std::uint64_t items : {11u, 12u, 5000u}) grown.grow(items);
  const Zipfian made(5000);
  CHECK(grown.total() == Approx(made.total()).epsilon(1e-12));
  Random a(7), b(7);
  for (int i = 0; i < 1000; ++i) CHECK(grown.next(a) == made.next(b));
}

TEST_CASE("the most popular record has its share, and popular ones lie anywhere") {
  constexpr std::uint64_t records = 10'000;
  Ycsb ycsb(records, 42);
  std::map<std::uint64_t, std::uint64_t> count;
  double mean = 0;
  for (const Operation &o : draw(ycsb, 'C', kDraws)) {
    REQUIRE(o.key < records);
    ++count[o.key];
    mean += static_cast<double>(o.key) / kDraws;
  }
  const auto most = std::max_element(count.begin(), count.end(),
                                     [](const auto &a, const auto &b) { return a.second < b.second; });
  CHECK(most->first == scramble(0) % records);
  CHECK(static_cast<double>(most->second) / kDraws == Approx(1 / 26.469).epsilon(0.1));
  CHECK(mean == Approx(records / 2).epsilon(0.1));
}

TEST_CASE("each letter has its mix, and two generators of one seed draw the same") {
  const std::map<char, std::map<Kind, double>> expected = {
      {'A', {{Kind::read, .5}, {Kind::update, .5}}},
      {'B', {{Kind::read, .95}, {Kind::update, .05}}},
      {'C', {{Kind::read, 1}}},
      {'D', {{Kind::read, .95}, {Kind::insert, .05}}},
      {'E', {{Kind::scan, .95}, {Kind::insert, .05}}},
      {'F', {{Kind::read, .5}, {Kind::read_modify_write, .5}}},
      {'G', {{Kind::update, 1}}}};
  Ycsb ycsb(1000, 3), other(1000, 3);
  for (const auto &[letter, mix] : expected) {
    INFO(letter);
    const std::vector<Operation> all = draw(ycsb, letter, 20'000), again = draw(other, letter, 20'000);
    for (const auto &[kind, wanted] : mix) CHECK(share(all, kind) == Approx(wanted).margin(0.01));
    CHECK(std::equal(all.begin(), all.end(), again.begin(), [](const Operation &a, const Operation &b) {
      return a.key == b.key && a.kind == b.kind && a.length == b.length;
    }));
  }
}

TEST_CASE("inserts take the next number; D reads the latest records; scans end with the last") {
  Ycsb ycsb(1000, 5);
  std::uint64_t records = 1000, near = 0, reads = 0;
  for (const Operation &o : draw(ycsb, 'D', 20'000)) {
    if (o.kind == Kind::insert) {
      REQUIRE(o.key == records++);
      continue;
    }
    REQUIRE(o.key < records);
    ++reads;
    near += records - o.key <= 10;
  }
  REQUIRE(ycsb.records() == records);
  // Of 1,000 to 2,000 records, the last ten have about zeta(10) / zeta(1500).
  CHECK(static_cast<double>(near) / static_cast<double>(reads) ==
        Approx(zeta(1, 10, kTheta) / zeta(1, 1500, kTheta)).epsilon(0.1));
  double length = 0, scans = 0;
  for (const Operation &o : draw(ycsb, 'E', 20'000)) {
    if (o.kind == Kind::insert) {
      REQUIRE(o.key == records++);
      continue;
    }
    REQUIRE(o.length >= 1);
    REQUIRE(o.length <= 100);
    REQUIRE(o.key + o.length <= records);
    length += o.length, ++scans;
  }
  CHECK(length / scans == Approx(50).epsilon(0.1));
}

}  // namespace bench
