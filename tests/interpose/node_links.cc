// Claim: the library's own linking of tree and list nodes does what libstdc++'s does, for containers
// anywhere. Method: random insertions and removals, checked against a sorted vector; after each, the tree is
// looked at: order, colours, the same number of black nodes on each path, first and last. (tests/writes
// checks that each store is marked.)
#include <dlfcn.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <random>
#include <set>
#include <vector>

namespace {

using Set = std::multiset<int>;

// The black nodes on each path below; -1: paths differ, or a red node has a red child.
int black_height(const std::_Rb_tree_node_base *node) {
  if (node == nullptr) return 0;
  const int left = black_height(node->_M_left), right = black_height(node->_M_right);
  if (left < 0 || left != right) return -1;
  for (const auto *child : {node->_M_left, node->_M_right}) {
    if (child == nullptr) continue;
    if (child->_M_parent != node) return -1;
    if (node->_M_color == std::_S_red && child->_M_color == std::_S_red) return -1;
  }
  return left + (node->_M_color == std::_S_black);
}

void check(const Set &set, const std::vector<int> &expected) {
  REQUIRE(std::equal(set.begin(), set.end(), expected.begin(), expected.end()));
  REQUIRE(std::equal(set.rbegin(), set.rend(), expected.rbegin(), expected.rend()));
  const auto *header = set.end()._M_node;
  REQUIRE(black_height(header->_M_parent) >= 0);
  if (!set.empty()) REQUIRE(header->_M_left == set.begin()._M_node);
}

}  // namespace

TEST_CASE("trees are linked as libstdc++ links them") {
  Dl_info where;
  REQUIRE(dladdr(reinterpret_cast<void *>(&std::_Rb_tree_insert_and_rebalance), &where) != 0);
  REQUIRE(std::string(where.dli_fname).find("libsnapshot") != std::string::npos);
  std::mt19937 random(20261120);
  Set set;
  std::vector<int> expected;
  for (int step = 0; step < 6000; ++step) {
    const bool grow = set.empty() || random() % 100 < (step / 500 % 2 ? 35u : 65u);
    if (grow) {
      const int value = static_cast<int>(random() % 1000);
      set.insert(value);
      expected.insert(std::upper_bound(expected.begin(), expected.end(), value), value);
    } else {
      const auto n = static_cast<std::ptrdiff_t>(random() % expected.size());
      set.erase(std::next(set.begin(), n));
      expected.erase(expected.begin() + n);
    }
    check(set, expected);
  }
}

TEST_CASE("lists are linked as libstdc++ links them") {
  std::mt19937 random(20261120);
  std::list<int> a, b;
  std::vector<int> va, vb;
  for (int step = 0; step < 3000; ++step) {
    const auto n = static_cast<std::ptrdiff_t>(random() % (va.size() + 1));
    switch (random() % 6) {
      case 0:
      case 1:
        a.insert(std::next(a.begin(), n), step);
        va.insert(va.begin() + n, step);
        break;
      case 2:
        if (n == static_cast<std::ptrdiff_t>(va.size())) break;
        a.erase(std::next(a.begin(), n));
        va.erase(va.begin() + n);
        break;
      case 3:
        a.reverse();
        std::reverse(va.begin(), va.end());
        break;
      case 4:
        a.swap(b);
        va.swap(vb);
        break;
      case 5: {
        const auto m = static_cast<std::ptrdiff_t>(random() % (vb.size() + 1));
        b.splice(std::next(b.begin(), m), a, a.begin(), std::next(a.begin(), n));
        vb.insert(vb.begin() + m, va.begin(), va.begin() + n);
        va.erase(va.begin(), va.begin() + n);
      }
    }
    REQUIRE(std::equal(a.begin(), a.end(), va.begin(), va.end()));
    REQUIRE(std::equal(b.rbegin(), b.rend(), vb.rbegin(), vb.rend()));
  }
}
