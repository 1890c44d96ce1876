#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "platform/settings.h"

using snapshot::matches_any;
using snapshot::path_selected;
using snapshot::Settings;

TEST_CASE("a glob matches the whole text, and '*' crosses slashes") {
  CHECK(matches_any("/a/b.db", "/a/b.db"));
  CHECK_FALSE(matches_any("/a/b.db", "/a/b.db2"));
  CHECK_FALSE(matches_any("b.db", "/a/b.db"));
  CHECK(matches_any("*.db", "/a/b.db"));
  CHECK(matches_any("/a/*", "/a/b/c/d"));
  CHECK(matches_any("*", ""));
  CHECK(matches_any("a**b", "ab"));
  CHECK_FALSE(matches_any("a*b", "acbd"));
}

TEST_CASE("'?' matches exactly one character") {
  CHECK(matches_any("/a?c", "/abc"));
  CHECK_FALSE(matches_any("/a?c", "/ac"));
  CHECK_FALSE(matches_any("?", ""));
}

TEST_CASE("a '*' gives back what a later part needs") {
  CHECK(matches_any("*ab*ab", "abxabyab"));
  CHECK(matches_any("*aab", "aaaaab"));
  CHECK_FALSE(matches_any("*aab*c", "aaaaabd"));
}

TEST_CASE("any of several globs is enough, and empty ones match nothing") {
  CHECK(matches_any("*.x:*.db", "/b.db"));
  CHECK(matches_any("*.db:*.x", "/b.db"));
  CHECK_FALSE(matches_any("*.x:*.y", "/b.db"));
  CHECK_FALSE(matches_any("", ""));
  CHECK_FALSE(matches_any(":", "/b.db"));
  CHECK(matches_any(":*.db:", "/b.db"));
}

TEST_CASE("ignored files stay out even if they are selected; without a selection all are in") {
  Settings settings;
  CHECK(path_selected(settings, "/a/b"));
  settings.files = "*.db";
  CHECK(path_selected(settings, "/a/b.db"));
  CHECK_FALSE(path_selected(settings, "/a/b.txt"));
  settings.ignore = "/a/*";
  CHECK_FALSE(path_selected(settings, "/a/b.db"));
  CHECK(path_selected(settings, "/c/b.db"));
}

TEST_CASE("a glob full of stars does not take exponential time") {
  std::string glob, text(2000, 'a');
  for (int i = 0; i < 60; ++i) glob += "*a";
  glob += "*b";
  const auto begin = std::chrono::steady_clock::now();
  CHECK_FALSE(matches_any(glob.c_str(), text.c_str()));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}
